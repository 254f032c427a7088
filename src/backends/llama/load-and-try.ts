import type {LlamaModel} from 'node-llama-cpp';
import type {LlamaSession} from './llama.ts';
import {loadFailure, loadWeights, type WeightOptions} from './load-weights.ts';

export interface EngineOptions extends WeightOptions {
	/** Cores handed to this engine for now, and those of the machine. */
	readonly threads: number;
	readonly cores: number;
	/** Memory pool the context lies in beside `ram`, where an accelerator computes. */
	readonly pool: string;
}

/** What a model is loaded for: a context on its weights, and what a first trial of it shows. */
export interface Steps<Context, Trial> {
	readonly createContext: (model: LlamaModel) => Promise<Context>;
	/** Throws where the model cannot do what it is for. */
	readonly tryOut: (model: LlamaModel, context: Context) => Promise<Trial>;
}

export interface Loaded<Context, Trial> {
	readonly model: LlamaModel;
	readonly context: Context;
	readonly trial: Trial;
}

/**
 * Weights, a context, a trial; the threads are set by what that found. What fails on the way frees what was there before it.
 * Throws `load-failed`, `cancelled`.
 */
export async function loadAndTry<
	Context extends {dispose(): Promise<void>},
	Trial extends {readonly usefulThreads: number},
>(
	session: LlamaSession,
	options: EngineOptions,
	{createContext, tryOut}: Steps<Context, Trial>,
): Promise<Loaded<Context, Trial>> {
	const model = await loadWeights(session, options);
	try {
		const context = await createContext(model);
		try {
			const trial = await tryOut(model, context);
			session.llama.maxThreads = Math.min(trial.usefulThreads, options.threads);
			options.progress(1);
			return {model, context, trial};
		} catch (error) {
			await context.dispose();
			throw error;
		}
	} catch (error) {
		await model.dispose();
		throw loadFailure(session, options, error);
	}
}
