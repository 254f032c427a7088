import type {Warning} from '../../contract/task.ts';
import {shortWords} from './failure.ts';
import {createNative} from './native-create.ts';
import {sessionOptions} from './session-options.ts';
import type {OnnxModule} from './session.ts';
import {smallestGraph} from './smallest-graph.ts';

/** What computes, and why nothing faster does. */
export interface StartedProvider {
	readonly provider: string;
	readonly warnings: readonly Warning[];
}

/** The first of these that computes a graph of one operator, else the processor. Never throws. */
export async function startProvider(module: OnnxModule, wanted: readonly string[]): Promise<StartedProvider> {
	const create = createNative(module);
	const warnings: Warning[] = [];
	const built = new Set(module.listSupportedBackends().map(({name}) => name));
	for (const provider of wanted.filter(name => built.has(name))) {
		try {
			const session = await create(smallestGraph, sessionOptions(1, provider));
			await session.release();
			return {provider, warnings: []};
		} catch (error) {
			warnings.push(fellBack(provider, shortWords('', error)));
		}
	}
	return {provider: 'cpu', warnings};
}

export function fellBack(provider: string, problem: string): Warning {
	return {setting: 'accelerator', message: `${provider} could not be used, so the processor computes: ${problem}`};
}
