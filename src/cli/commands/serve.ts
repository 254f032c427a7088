import type {Invocation} from '../invocation.ts';
import {textOf} from '../invocation.ts';

/** The daemon in this terminal, until Ctrl-C. It prints its log on stderr and takes the signals itself. */
export async function run({options}: Invocation): Promise<number> {
	const {serve} = await import('../../daemon/main.ts');
	const host = options['http'] === false ? 'off' : textOf(options, 'host');
	return serve(host === undefined ? {} : {host});
}
