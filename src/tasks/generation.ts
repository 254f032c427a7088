/** What every task that writes text token by token has in common. */

/** How the next token is picked. Absent: the model's own default, else mofa's. Names as llama.cpp and Ollama spell them. */
export interface Sampling {
	/** 0 is greedy. */
	readonly temperature?: number | undefined;
	readonly top_p?: number | undefined;
	readonly top_k?: number | undefined;
	readonly min_p?: number | undefined;
	readonly seed?: number | undefined;
	readonly repeat_penalty?: number | undefined;
	readonly repeat_last_n?: number | undefined;
	readonly frequency_penalty?: number | undefined;
	readonly presence_penalty?: number | undefined;
	/** Settings that mofa does not know: each becomes a warning, none is dropped in silence. */
	readonly unknown?: Readonly<Record<string, unknown>> | undefined;
}

export type Format =
	| {readonly type: 'json'}
	/** Every keyword of the schema is enforced, or the request is refused naming the one that cannot be. */
	| {readonly type: 'json-schema'; readonly schema: Readonly<Record<string, unknown>>};

export interface Generation {
	readonly sampling?: Sampling | undefined;
	/** Tokens to write at most; absent: until the model stops or its context is full. */
	readonly maxTokens?: number | undefined;
	/** Generation ends before any of these would be written. */
	readonly stop?: readonly string[] | undefined;
	readonly format?: Format | undefined;
	/** Alternatives to report beside each token, 0..20; absent: no log probabilities. */
	readonly logprobs?: number | undefined;
}

export interface TokenLogprob {
	readonly token: string;
	/** Natural logarithm of the probability. */
	readonly logprob: number;
	readonly top: ReadonlyArray<{readonly token: string; readonly logprob: number}>;
}

/** Counts in tokens, times in milliseconds. */
export interface Usage {
	readonly promptTokens: number;
	/** Of `promptTokens`, those whose state was still there from an earlier turn. */
	readonly cachedTokens: number;
	readonly completionTokens: number;
	readonly promptMs: number;
	readonly completionMs: number;
}
