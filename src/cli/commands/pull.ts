import type {Invocation} from '../invocation.ts';
import {isPath} from '../model-name.ts';
import {pullAll} from '../pull/pull-all.ts';
import {usageFailure} from '../report-failure.ts';

/**
 * In this process and not in the daemon's, so that the token, the proxy and Ctrl-C are the user's. A daemon elsewhere fetches
 * for itself.
 */
export async function run(invocation: Invocation): Promise<number> {
	const {words, terminal} = invocation;
	const file = words.find(isPath);
	if (file !== undefined) return usageFailure(terminal, `${file} is a path, and needs no download`, `mofa run ${file}`);
	return pullAll(words, invocation);
}
