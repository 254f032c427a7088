import type {LlamaModel, LlamaModelOptions} from 'node-llama-cpp';
import type {Footprint} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {LlamaSession} from './llama.ts';

export interface WeightOptions {
	/** Name for errors. */
	readonly name: string;
	readonly path: string;
	/** Map the file instead of reading it. */
	readonly mapped: boolean;
	/** Facts to put in the place of those of the header, by architecture. */
	readonly overrides?: LlamaModelOptions['metadataOverrides'];
	readonly signal: AbortSignal;
	readonly progress: (fraction: number) => void;
}

/** Throws `load-failed`, or `cancelled`. */
export async function loadWeights(session: LlamaSession, options: WeightOptions): Promise<LlamaModel> {
	try {
		return await session.llama.loadModel({
			modelPath: options.path,
			loadSignal: options.signal,
			useMmap: options.mapped,
			...(options.overrides === undefined ? {} : {metadataOverrides: options.overrides}),
			// The last tenth is the context and the trial.
			onLoadProgress: fraction => options.progress(fraction * 0.9),
		});
	} catch (error) {
		throw loadFailure(session, options, error);
	}
}

/** With the last words of the native code, which say most. */
export function loadFailure(session: LlamaSession, options: WeightOptions, error: unknown): MofaError {
	if (MofaError.is(error)) return error;
	if (options.signal.aborted) return new MofaError('cancelled', {}, {cause: error});
	const words = error instanceof Error ? error.message : String(error);
	const log = session.log();
	const problem = log === '' ? words : `${words}: ${log.slice(-300)}`;
	return new MofaError('load-failed', {model: options.name, problem}, {cause: error});
}

export function inPools(memory: {readonly ram: number; readonly vram: number}, pool: string): Footprint {
	return memory.vram > 0 ? sum({ram: memory.ram}, {[pool]: memory.vram}) : {ram: memory.ram};
}

export function sum(a: Footprint, b: Footprint): Footprint {
	const pools = new Set([...Object.keys(a), ...Object.keys(b)]);
	return Object.fromEntries([...pools].map(pool => [pool, (a[pool] ?? 0) + (b[pool] ?? 0)]));
}
