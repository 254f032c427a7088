import type {LlamaEmbeddingContext, LlamaModel, Token} from 'node-llama-cpp';
import type {Footprint} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {LlamaSession} from './llama.ts';
import {loadAndTry, type EngineOptions, type Loaded} from './load-and-try.ts';
import {inPools, loadFailure, sum} from './load-weights.ts';
import type {ThreadChoice} from './thread-choice.ts';

export interface EncoderLoadOptions extends EngineOptions {
	/** Tokens of a row at most, all computed at once. */
	readonly longest: number;
	/** Bytes that reading such a row takes beside the weights; the library does not tell. */
	readonly contextBytes: number;
}

/** Tokens that a model wants around a text. */
export interface Surroundings {
	readonly before: readonly Token[];
	readonly after: readonly Token[];
}

/**
 * A model that turns rows of tokens into vectors, pooled as its header says; for rank pooling, into one number for each label.
 * The library gives the vector of one row at a time, so rows are computed one after the other. The context comes
 * with the first row and goes with `shrink`.
 */
export class LoadedEncoder implements AsyncDisposable {
	/** Numbers it gives for a row. */
	readonly size: number;
	readonly #session: LlamaSession;
	readonly #model: LlamaModel;
	readonly #options: EncoderLoadOptions;
	readonly #threads: ThreadChoice;
	readonly #weights: Footprint;
	#context: Promise<LlamaEmbeddingContext> | undefined;
	/** Settles when what was asked for before is over. */
	#last: Promise<unknown> = Promise.resolve();
	#disposed = false;

	private constructor(
		session: LlamaSession,
		{model, context, threads, trial: size}: Loaded<LlamaEmbeddingContext, number>,
		options: EncoderLoadOptions,
	) {
		this.#session = session;
		this.#model = model;
		this.#options = options;
		this.#context = Promise.resolve(context);
		this.#weights = inPools(model.memoryUsage, options.pool);
		this.#threads = threads;
		this.size = size;
	}

	/** Owns the session once it returns. Throws `load-failed`, `cancelled`. */
	static async load(session: LlamaSession, options: EncoderLoadOptions): Promise<LoadedEncoder> {
		const loaded = await loadAndTry(session, options, {
			createContext: (model, threads) => createContext(model, threads, options),
			tryOut: (model, context, threads) => tryOut(session, model, context, threads, options),
		});
		return new LoadedEncoder(session, loaded, options);
	}

	/** As the vocabulary of the file says it. */
	get surroundings(): Surroundings {
		return surroundingsOf(this.#session, this.#model);
	}

	/** What stands between two texts of one row, and ends the second. */
	get separator(): {readonly end: Token | null; readonly separator: Token | null} {
		const {eos, sep} = this.#model.tokens;
		return {end: eos, separator: sep};
	}

	/** Whether the file has what makes a score out of a vector. */
	get hasHead(): boolean {
		return this.#model.fileInsights.supportsRanking;
	}

	get vocabularySize(): number {
		return this.#model.fileInfo.metadata.tokenizer?.ggml.tokens.length ?? 0;
	}

	get footprint(): Footprint {
		return this.#context === undefined ? this.#weights : sum(this.#weights, this.reclaimable);
	}

	get reclaimable(): Footprint {
		if (this.#context === undefined) return {};
		return Object.hasOwn(this.#weights, this.#options.pool)
			? {[this.#options.pool]: this.#options.contextBytes}
			: {ram: this.#options.contextBytes};
	}

	/** Changes when a trial is repeated. */
	get usefulThreads(): number {
		return this.#threads.useful;
	}

	/** Takes effect with the next row; never more than helped in a trial. */
	setThreads(count: number): void {
		this.#threads.allot(count);
	}

	/** Without the tokens around it; what looks like a special token counts as such where `isMarked`. */
	tokenize(text: string, isMarked = false): readonly Token[] {
		return this.#model.tokenize(text, isMarked, ...(isMarked ? (['trimLeadingSpace'] as const) : []));
	}

	/** `row` is no longer than the longest. Where it lacks what stands around a text, the library adds it, and the end is cut for that. */
	async vector(row: readonly Token[], signal: AbortSignal): Promise<Float32Array> {
		return this.#inTurn(async () => {
			signal.throwIfAborted();
			if (this.#disposed) throw new MofaError('cancelled', {});
			const context = await this.#openContext();
			const {kind, size} = rowKind(row.length);
			const {vector} = await this.#threads.take(kind, () => context.getEmbeddingFor(this.#fitting(row)), size);
			const numbers = Float32Array.from(vector);
			if (numbers.some(Number.isNaN))
				throw new MofaError('internal', {problem: `${this.#options.name} gave something that is no number`});
			return numbers;
		});
	}

	/** Drops the context once the row under way is through; the weights stay. */
	async shrink(): Promise<void> {
		await this.#inTurn(() => this.#dropContext());
	}

	/** Ends what waits, then frees context, weights and runtime, in this order; under a running row that hangs or crashes. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#disposed) return;
		this.#disposed = true;
		await this.#inTurn(async () => {
			await this.#dropContext();
			await this.#model.dispose();
			await this.#session[Symbol.asyncDispose]();
		});
	}

	#fitting(row: readonly Token[]): Token[] {
		const {before, after} = this.surroundings;
		const added = Number(row[0] !== (before[0] ?? row[0])) + Number(row.at(-1) !== (after[0] ?? row.at(-1)));
		return row.slice(0, this.#options.longest - added);
	}

	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#last.then(work);
		this.#last = result.catch(() => undefined);
		return result;
	}

	async #openContext(): Promise<LlamaEmbeddingContext> {
		this.#context ??= createContext(this.#model, this.#threads, this.#options);
		try {
			return await this.#context;
		} catch (error) {
			this.#context = undefined;
			throw loadFailure(this.#session, this.#options, error);
		}
	}

	async #dropContext(): Promise<void> {
		const context = this.#context;
		this.#context = undefined;
		await (await context)?.dispose();
	}
}

function createContext(
	model: LlamaModel,
	threads: ThreadChoice,
	{longest}: EncoderLoadOptions,
): Promise<LlamaEmbeddingContext> {
	return model.createEmbeddingContext({
		// The library wants a cell more than there are tokens.
		contextSize: longest + 1,
		// What is pooled must be computed at once.
		batchSize: longest,
		threads: threads.forNewContext(),
	});
}

/** The library puts the same around a row that lacks it, so ours never does. */
function surroundingsOf({module}: LlamaSession, {tokens, vocabularyType, fileInfo}: LlamaModel): Surroundings {
	const {wpm, ugm} = module.LlamaVocabularyType;
	const before = vocabularyType === wpm || tokens.shouldPrependBosToken ? tokens.bos : null;
	// What the library says of the end holds for models alone that have a token for the beginning.
	const ends = vocabularyType === ugm || fileInfo.metadata.tokenizer?.ggml.add_eos_token === true;
	const last = ends || tokens.shouldAppendEosToken ? tokens.eos : null;
	const after = vocabularyType === wpm ? tokens.sep : last;
	return {before: before === null ? [] : [before], after: after === null ? [] : [after]};
}

/** Rows of up to twice the length take equally long for each token. */
function rowKind(length: number): {readonly kind: number; readonly size: number} {
	const kind = Math.floor(Math.log2(Math.max(1, length)));
	return {kind, size: Math.max(1, length) / 2 ** kind};
}

/** Tokens of the row that threads are tried with: about a sentence. */
const trialTokens = 32;

/** Reads a sentence: a file that makes no vectors is known now, and so is how many threads are worth it. Returns the size of a vector. */
async function tryOut(
	session: LlamaSession,
	model: LlamaModel,
	context: LlamaEmbeddingContext,
	threads: ThreadChoice,
	{longest}: EncoderLoadOptions,
): Promise<number> {
	const {before, after} = surroundingsOf(session, model);
	const [token = before[0] ?? after[0]] = model.tokenize('a', false);
	if (token === undefined) throw new Error('it has no tokens');
	const inner = Math.max(1, Math.min(trialTokens, longest) - before.length - after.length);
	const row = [...before, ...Array.from({length: inner}, () => token), ...after].slice(0, longest);
	let size = 0;
	await threads.tryOut(async () => {
		size = (await context.getEmbeddingFor(row)).vector.length;
	});
	return size;
}
