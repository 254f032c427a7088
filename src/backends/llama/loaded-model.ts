import type {LlamaGrammarEvaluationState, LlamaModel, Token} from 'node-llama-cpp';
import type {Footprint} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {AnswerPlan, Outcome} from './answer.ts';
import {fewestTokens, longestToken} from './fewest-tokens.ts';
import type {LlamaSession} from './llama.ts';
import {LoadedContext} from './loaded-context.ts';
import type {ContextShape} from './memory.ts';
import {loadAndTry, type EngineOptions, type Loaded} from './load-and-try.ts';
import {inPools, loadFailure, sum} from './load-weights.ts';
import type {ThreadChoice} from './thread-choice.ts';

export interface LoadOptions extends EngineOptions {
	readonly shape: ContextShape;
}

/** As llama.cpp numbers the kinds of tokens in a file. */
const controlType = 3;

/** Weights in memory, and a context that comes with the first answer and goes with `shrink`. */
export class LoadedModel implements AsyncDisposable {
	readonly #session: LlamaSession;
	readonly #model: LlamaModel;
	readonly #options: LoadOptions;
	readonly #threads: ThreadChoice;
	#context: Promise<LoadedContext> | undefined;
	/** Resolves when the context before this one is gone: two at a time may not fit. */
	#shrunk: Promise<void> = Promise.resolve();
	readonly #footprint: {readonly weights: Footprint; readonly context: Footprint};
	/** One for each answer under way or waiting. */
	readonly #ends = new Set<AbortController>();
	#disposed = false;
	/** In bytes; found with the first text that might be too long. */
	#longestToken: number | undefined;

	private constructor(
		session: LlamaSession,
		{model, context, threads}: Loaded<LoadedContext, void>,
		options: LoadOptions,
	) {
		this.#session = session;
		this.#model = model;
		this.#options = options;
		this.#context = Promise.resolve(context);
		this.#threads = threads;
		this.#footprint = {
			weights: inPools(model.memoryUsage, options.pool),
			context: inPools(context.memory, options.pool),
		};
	}

	/** Owns the session once it returns. */
	static async load(session: LlamaSession, options: LoadOptions): Promise<LoadedModel> {
		const loaded = await loadAndTry(session, options, {
			createContext: (model, threads) => LoadedContext.create(model, options.shape, threads),
			tryOut,
		});
		return new LoadedModel(session, loaded, options);
	}

	get model(): LlamaModel {
		return this.#model;
	}

	/** Tokens one slot really holds. */
	get contextLength(): number {
		return this.#options.shape.contextLength;
	}

	get vocabularySize(): number {
		return this.#model.fileInfo.metadata.tokenizer?.ggml.tokens.length ?? 0;
	}

	get slots(): number {
		return this.#options.shape.slots;
	}

	get footprint(): Footprint {
		return this.#context === undefined
			? this.#footprint.weights
			: sum(this.#footprint.weights, this.#footprint.context);
	}

	get reclaimable(): Footprint {
		return this.#context === undefined ? {} : this.#footprint.context;
	}

	/** Changes when a trial is repeated. */
	get usefulThreads(): number {
		return this.#threads.useful;
	}

	/** Takes effect with the next step; never more than helped in a trial. */
	setThreads(count: number): void {
		this.#threads.allot(count);
	}

	/** What the vocabulary has for steering a model and not for saying something, such as `<|im_end|>`. */
	get controlTexts(): readonly string[] {
		const {tokens = [], token_type: types = []} = this.#model.fileInfo.metadata.tokenizer?.ggml ?? {};
		return tokens.filter((_text, index) => types[index] === controlType);
	}

	/**
	 * Text as the model reads it; special tokens in it count as such. Throws `context-overflow`, before the work, for what is
	 * surely more than the context holds.
	 */
	tokenize(text: string): Token[] {
		this.#refuseLong(text);
		return this.#model.tokenize(text, true);
	}

	/** Goes on after other text, so no space is put before it; special tokens count where `isPlain` is false. Throws alike. */
	tokenizeMore(text: string, isPlain: boolean): Token[] {
		this.#refuseLong(text);
		return this.#model.tokenize(text, !isPlain, 'trimLeadingSpace');
	}

	#refuseLong(text: string): void {
		const limit = this.contextLength - 1;
		if (text.length <= limit) return;
		const tokens = fewestTokens(text, (this.#longestToken ??= this.#findLongestToken()));
		if (tokens > limit)
			throw new MofaError('context-overflow', {model: this.#options.name, tokens, limit, atLeast: true});
	}

	#findLongestToken(): number {
		const {spm, bpe} = this.#session.module.LlamaVocabularyType;
		const {vocabularyType} = this.#model;
		if (vocabularyType !== spm && vocabularyType !== bpe) return Number.POSITIVE_INFINITY;
		return longestToken(this.#model.fileInfo.metadata.tokenizer?.ggml.tokens ?? [], vocabularyType === spm);
	}

	/** Throws `invalid-request` for a grammar llama.cpp cannot read. */
	async grammar(source: string): Promise<LlamaGrammarEvaluationState> {
		try {
			const grammar = await this.#session.llama.createGrammar({grammar: source});
			return new this.#session.module.LlamaGrammarEvaluationState({model: this.#model, grammar});
		} catch (error) {
			throw new MofaError(
				'invalid-request',
				{path: 'format', expected: 'a schema that makes a grammar'},
				{cause: error},
			);
		}
	}

	/**
	 * Writes one answer; waits for a slot when all are busy. Throws `context-overflow` for a prompt that leaves
	 * no room for a single token, and `cancelled` as soon as the signal fires: no text is taken after that.
	 */
	async answer(plan: AnswerPlan, signal: AbortSignal): Promise<Outcome> {
		return this.#untilDisposed(signal, async end => {
			const context = await this.#currentContext();
			if (this.#disposed) throw new MofaError('cancelled', {});
			const limit = context.contextLength - 1;
			if (plan.tokens.length > limit)
				throw new MofaError('context-overflow', {model: this.#options.name, tokens: plan.tokens.length, limit});
			return context.answer(plan, end);
		});
	}

	/** Drops the context once the answers on it have ended; the weights stay. */
	async shrink(): Promise<void> {
		await this.#dropContext();
	}

	/** Ends what is under way, then frees context, weights and runtime, in this order; another can hang or crash. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#disposed) return;
		this.#disposed = true;
		for (const end of this.#ends) end.abort();
		await this.#dropContext();
		await this.#model.dispose();
		await this.#session[Symbol.asyncDispose]();
	}

	/** Not AbortSignal.any: each signal made from one that lives on stays in its list on Node 20. */
	async #untilDisposed<T>(signal: AbortSignal, work: (end: AbortSignal) => Promise<T>): Promise<T> {
		const end = new AbortController();
		const leave = (): void => end.abort(signal.reason);
		signal.addEventListener('abort', leave, {once: true});
		this.#ends.add(end);
		try {
			if (signal.aborted) leave();
			return await work(end.signal);
		} finally {
			this.#ends.delete(end);
			signal.removeEventListener('abort', leave);
		}
	}

	/** The context there is when this resolves: one may have been given back meanwhile. */
	async #currentContext(): Promise<LoadedContext> {
		for (;;) {
			if (this.#disposed) throw new MofaError('cancelled', {});
			const pending = (this.#context ??= this.#createContext());
			const context = await pending;
			if (this.#context === pending) return context;
		}
	}

	async #createContext(): Promise<LoadedContext> {
		await this.#shrunk;
		try {
			return await LoadedContext.create(this.#model, this.#options.shape, this.#threads);
		} catch (error) {
			this.#context = undefined;
			throw loadFailure(this.#session, this.#options, error);
		}
	}

	async #dropContext(): Promise<void> {
		const context = this.#context;
		this.#context = undefined;
		const before = this.#shrunk;
		this.#shrunk = (async () => {
			await before;
			const loaded = await context?.catch(() => undefined);
			await loaded?.dispose();
		})();
		await this.#shrunk;
	}
}

/** Decodes a few tokens. */
async function tryOut(model: LlamaModel, context: LoadedContext, threads: ThreadChoice): Promise<void> {
	const token = model.tokens.bos ?? model.tokens.eos ?? model.tokenize(' ')[0];
	if (token === undefined) return;
	await context.borrow(async sequence => {
		await threads.tryOut(() => sequence.evaluateWithoutGeneratingNewTokens([token]));
		await sequence.clearHistory();
	});
}
