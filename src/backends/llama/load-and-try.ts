import type {LlamaModel} from 'node-llama-cpp';
import type {LlamaSession} from './llama.ts';
import {loadFailure, loadWeights, type WeightOptions} from './load-weights.ts';
import {ThreadChoice} from './thread-choice.ts';

export interface EngineOptions extends WeightOptions {
	/** Cores handed to this engine for now, and those of the machine. */
	readonly threads: number;
	readonly cores: number;
	/** Memory pool the context lies in beside `ram`, where an accelerator computes. */
	readonly pool: string;
}

/** What a model is loaded for: a context on its weights, and what a first trial of it shows. */
export interface Steps<Context, Trial> {
	readonly createContext: (model: LlamaModel, threads: ThreadChoice) => Promise<Context>;
	/** Throws where the model cannot do what it is for. */
	readonly tryOut: (model: LlamaModel, context: Context, threads: ThreadChoice) => Promise<Trial>;
}

export interface Loaded<Context, Trial> {
	readonly model: LlamaModel;
	readonly context: Context;
	readonly threads: ThreadChoice;
	readonly trial: Trial;
}

/**
 * Weights, a context, a trial. What fails on the way frees what was there before it.
 * Throws `load-failed`, `cancelled`.
 */
export async function loadAndTry<Context extends {dispose(): Promise<void>}, Trial>(
	session: LlamaSession,
	options: EngineOptions,
	{createContext, tryOut}: Steps<Context, Trial>,
): Promise<Loaded<Context, Trial>> {
	const threads = new ThreadChoice({
		allotted: options.threads,
		cores: options.cores,
		use: count => (session.llama.maxThreads = count),
		clock: {now: () => performance.now(), cpu: options.pool === 'ram' ? computedMs : undefined},
	});
	const model = await loadWeights(session, options);
	try {
		const context = await createContext(model, threads);
		try {
			const trial = await tryOut(model, context, threads);
			options.progress(1);
			return {model, context, threads, trial};
		} catch (error) {
			await context.dispose();
			throw error;
		}
	} catch (error) {
		await model.dispose();
		throw loadFailure(session, options, error);
	}
}

/** Milliseconds of all threads of this process together. */
function computedMs(): number {
	const {user, system} = process.cpuUsage();
	return (user + system) / 1000;
}
