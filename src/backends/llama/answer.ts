import {setImmediate as dispatched} from 'node:timers/promises';
import type {LlamaGrammarEvaluationState, LlamaModel, SequenceEvaluateOptions, Token} from 'node-llama-cpp';
import {MofaError} from '../../contract/error.ts';
import {pickToken, seededRandom, type ResolvedSampling} from './sampling.ts';
import type {Slot} from './slots.ts';
import {TokenText} from './token-text.ts';

export interface TokenLogprob {
	readonly token: string;
	/** Natural logarithm. */
	readonly logprob: number;
	readonly top: ReadonlyArray<{readonly token: string; readonly logprob: number}>;
}

/** All that one answer needs; the prompt is tokens already and fits the context. */
export interface AnswerPlan {
	readonly tokens: readonly Token[];
	/** Tokens to write at most; absent: as many as the context holds. */
	readonly maxTokens?: number | undefined;
	readonly sampling: ResolvedSampling;
	readonly grammar?: LlamaGrammarEvaluationState | undefined;
	/** Whether the grammar rules the next token; asked before each one. Absent: always. */
	readonly grammarRules?: (() => boolean) | undefined;
	/** Alternatives to report for each token; absent: none, nor the token's own. */
	readonly logprobs?: number | undefined;
	/** Special tokens whose text belongs to the answer. */
	readonly kept: ReadonlySet<Token>;
	/** Gets text as it becomes whole, while the next token is being computed already; `enough` ends the answer. */
	readonly take: (text: string, logprobs: readonly TokenLogprob[]) => 'more' | 'enough';
	/** Whether `take` may say `enough`: it is then asked before the next token is begun, which nobody would want. */
	readonly endsByText?: boolean | undefined;
}

export interface Outcome {
	/** `length`: the limit or the end of the context came first. */
	readonly reason: 'stop' | 'length';
	readonly promptTokens: number;
	readonly cachedTokens: number;
	readonly completionTokens: number;
	readonly promptMs: number;
	readonly completionMs: number;
}

/** Below any probability a 32-bit float can hold. */
const impossible = -9999;

interface WrittenToken {
	readonly token: Token;
	readonly probabilities: ReadonlyMap<Token, number> | undefined;
}

type Generation = ReturnType<Slot['sequence']['evaluateWithMetadata']>;

/** One answer being written on one slot. The batch loop moves it on, step by step. */
export class Answer {
	readonly outcome: Promise<Outcome>;
	readonly slot: Slot;
	readonly #model: LlamaModel;
	readonly #plan: AnswerPlan;
	readonly #text: TokenText;
	readonly #random: () => number;
	readonly #cached: number;
	readonly #startedAt = performance.now();
	readonly #history: Token[];
	#firstTokenAt: number | undefined;
	#unread: Token[];
	#written = 0;
	/** The token that came last, where its text was not given out yet. */
	#untold: WrittenToken | undefined;
	#generation: Generation | undefined;
	#replacement: Token | undefined;
	#logprobs: TokenLogprob[] = [];
	#settle: {readonly resolve: (outcome: Outcome) => void; readonly reject: (error: unknown) => void};
	#result: Outcome | undefined;
	#over = false;
	#broken = false;

	/** The slot's state must be a prefix of the prompt by now. */
	constructor(model: LlamaModel, slot: Slot, plan: AnswerPlan) {
		this.#model = model;
		this.slot = slot;
		this.#plan = plan;
		this.#text = new TokenText(model, plan.tokens, plan.kept);
		this.#random = seededRandom(plan.sampling.seed);
		this.#cached = slot.sequence.nextTokenIndex;
		this.#unread = plan.tokens.slice(this.#cached);
		this.#history = plan.sampling.penalties === undefined ? [] : [...plan.tokens];
		const {promise, ...settle} = deferred<Outcome>();
		this.outcome = promise;
		this.#settle = settle;
	}

	get over(): boolean {
		return this.#over;
	}

	/** The native side failed under it: what the slot holds is not to be trusted. */
	get broken(): boolean {
		return this.#broken;
	}

	/** Tokens it would like to put into the next step; 1 once the prompt is read. */
	get appetite(): number {
		return Math.max(1, this.#unread.length);
	}

	get reading(): boolean {
		return this.#generation === undefined;
	}

	/** Ends it from outside; no text comes after this call. */
	cancel(reason: unknown): void {
		if (this.#over) return;
		this.#over = true;
		this.#settle.reject(reason);
	}

	/** Takes part in one step: reads `count` more tokens of the prompt, or writes one. Never rejects. */
	async advance(count: number): Promise<void> {
		try {
			if (this.#generation !== undefined) await this.#write(this.#generation);
			else if (count < this.#unread.length || this.#plan.maxTokens === 0) await this.#read(count);
			else await this.#readLast();
		} catch (error) {
			this.#broken = true;
			this.cancel(new MofaError('internal', {problem: `generation failed: ${problemOf(error)}`}, {cause: error}));
		}
	}

	/** Tells the outcome. Comes after the slot is given back, so that the very next question finds it idle. */
	settle(): void {
		if (this.#result !== undefined) this.#settle.resolve(this.#result);
	}

	/** Lets go of native helpers; the slot can be used again afterwards. */
	async close(): Promise<void> {
		await this.#generation?.return().catch(() => undefined);
	}

	/** The text of a token is made while the next is computed: what that takes, a step would else begin later by. */
	async #write(generation: Generation): Promise<void> {
		const [next] = await Promise.all([generation.next(this.#replacement), dispatched().then(() => this.#tell())]);
		this.#receive(next);
	}

	async #read(count: number): Promise<void> {
		const chunk = this.#unread.splice(0, count);
		await this.slot.sequence.evaluateWithoutGeneratingNewTokens(chunk);
		if (this.#unread.length === 0) this.#finish('length');
	}

	async #readLast(): Promise<void> {
		const {sequence} = this.slot;
		if (sequence.needsCheckpoints && this.#unread.length > 1) {
			// Memory that cannot be cut back (recurrent, sliding window) is copied at the end of the prompt instead.
			await sequence.evaluateWithoutGeneratingNewTokens(this.#unread.splice(0, this.#unread.length - 1));
			await sequence.takeCheckpoint();
		}
		const metadata = {probabilities: this.#plan.logprobs !== undefined} as const;
		this.#generation = sequence.evaluateWithMetadata(this.#unread, metadata, this.#options());
		this.#unread = [];
		this.#receive(await this.#generation.next());
	}

	#options(): SequenceEvaluateOptions {
		const {sampling, grammar, grammarRules} = this.#plan;
		const {penalties} = sampling;
		return {
			temperature: this.#picksItself ? 0 : sampling.temperature,
			topK: sampling.topK,
			topP: sampling.topP,
			minP: sampling.minP,
			seed: sampling.seed,
			yieldEogToken: true,
			...(grammar === undefined
				? {}
				: {grammarEvaluationState: () => (this.#isRuled(grammarRules) ? grammar : undefined)}),
			...(penalties === undefined
				? {}
				: {
						repeatPenalty: {
							punishTokens: () => this.#history.slice(-penalties.window),
							maxPunishTokens: Math.min(penalties.window, this.slot.sequence.contextSize),
							penalty: penalties.repeat,
							frequencyPenalty: penalties.frequency,
							presencePenalty: penalties.presence,
						},
					}),
		};
	}

	/** Whoever says whether the grammar rules goes by the text so far. */
	#isRuled(grammarRules: (() => boolean) | undefined): boolean {
		if (grammarRules === undefined) return true;
		this.#tell();
		return grammarRules();
	}

	/**
	 * Where log probabilities are asked for, the native chain only reports the distribution and the token is
	 * picked here. Under a grammar it cannot be: the grammar follows the token that the chain picks, and the
	 * probabilities are those among what the chain left.
	 */
	get #picksItself(): boolean {
		return this.#plan.logprobs !== undefined && this.#plan.grammar === undefined;
	}

	#receive(next: Awaited<ReturnType<Generation['next']>>): void {
		this.#firstTokenAt ??= performance.now();
		if (this.#over) return;
		if (next.done === true) return this.#finish('stop');
		const {probabilities} = next.value as {readonly probabilities?: Map<Token, number>};
		const token = this.#pick(next.value.token, probabilities);
		if (this.#model.isEogToken(token)) return this.#finish('stop');
		this.#written += 1;
		if (this.#plan.sampling.penalties !== undefined) this.#history.push(token);
		this.#untold = {token, probabilities};
		const isLast = this.#written === this.#plan.maxTokens || this.#isFull();
		if (isLast || this.#plan.endsByText === true) this.#tell();
		if (isLast && !this.#over) this.#finish('length');
	}

	#tell(): void {
		const told = this.#untold;
		if (told === undefined || this.#over) return;
		this.#untold = undefined;
		const {token, probabilities} = told;
		if (probabilities !== undefined) this.#logprobs.push(this.#describe(token, probabilities));
		if (this.#emit(this.#text.push(token)) === 'enough') this.#finish('stop');
	}

	#pick(sampled: Token, probabilities: Map<Token, number> | undefined): Token {
		if (!this.#picksItself || probabilities === undefined) return sampled;
		this.#replacement = pickToken(probabilities, this.#plan.sampling, this.#random) ?? sampled;
		return this.#replacement;
	}

	#describe(token: Token, probabilities: ReadonlyMap<Token, number>): TokenLogprob {
		const logprobOf = (probability: number): number => (probability > 0 ? Math.log(probability) : impossible);
		const top: Array<{token: string; logprob: number}> = [];
		for (const [alternative, probability] of probabilities) {
			if (top.length >= (this.#plan.logprobs ?? 0)) break;
			top.push({token: this.#text.peek(alternative), logprob: logprobOf(probability)});
		}
		return {token: this.#text.peek(token), logprob: logprobOf(probabilities.get(token) ?? 0), top};
	}

	#emit(text: string): 'more' | 'enough' {
		if (text === '') return 'more';
		return this.#plan.take(text, this.#logprobs.splice(0));
	}

	/** The next token would need a cell that is not there; earlier ones are never pushed out in silence. */
	#isFull(): boolean {
		return this.slot.sequence.nextTokenIndex >= this.slot.sequence.contextSize - 1;
	}

	#finish(reason: 'stop' | 'length'): void {
		this.#over = true;
		const rest = this.#text.end();
		if (rest !== '') this.#emit(rest);
		const firstTokenAt = this.#firstTokenAt ?? performance.now();
		this.#result = {
			reason,
			promptTokens: this.#plan.tokens.length,
			cachedTokens: this.#cached,
			completionTokens: this.#written,
			promptMs: firstTokenAt - this.#startedAt,
			completionMs: performance.now() - firstTokenAt,
		};
	}
}

function deferred<T>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void} {
	let resolve: (value: T) => void = () => undefined;
	let reject: (error: unknown) => void = () => undefined;
	const promise = new Promise<T>((accept, refuse) => {
		resolve = accept;
		reject = refuse;
	});
	return {promise, resolve, reject};
}

function problemOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
