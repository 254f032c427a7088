import * as z from 'zod';

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

const samplingFields = {
	temperature: z.number().min(0).max(10).optional(),
	top_p: z.number().min(0).max(1).optional(),
	top_k: z.int().min(0).optional(),
	min_p: z.number().min(0).max(1).optional(),
	seed: z.int().optional(),
	repeat_penalty: z.number().min(0).optional(),
	repeat_last_n: z.int().min(-1).optional(),
	frequency_penalty: z.number().min(-2).max(2).optional(),
	presence_penalty: z.number().min(-2).max(2).optional(),
	unknown: z.record(z.string(), z.unknown()).optional(),
};
/** Settings that one request may be warned of. */
const mostUnknown = 64;

export const samplingSchema: z.ZodType<Sampling> = z.preprocess(gatherUnknown, z.object(samplingFields));

/** What has no name here goes to `unknown`, and so becomes a warning. */
function gatherUnknown(given: unknown): unknown {
	if (!isObject(given)) return given;
	const {unknown = {}, ...fields} = given;
	if (!isObject(unknown)) return given;
	const others = Object.entries(fields).filter(([name]) => !Object.hasOwn(samplingFields, name));
	const gathered = [...Object.entries(unknown), ...others].slice(0, mostUnknown);
	return gathered.length === 0 ? given : {...fields, unknown: Object.fromEntries(gathered)};
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

export const formatSchema: z.ZodType<Format> = z.discriminatedUnion('type', [
	z.strictObject({type: z.literal('json')}),
	z.strictObject({type: z.literal('json-schema'), schema: z.record(z.string(), z.unknown())}),
]);

/** The fields of `Generation`, to spread into a task's own object schema. */
export const generationFields: {
	readonly sampling: z.ZodOptional<z.ZodType<Sampling>>;
	readonly maxTokens: z.ZodOptional<z.ZodInt>;
	readonly stop: z.ZodOptional<z.ZodArray<z.ZodString>>;
	readonly format: z.ZodOptional<z.ZodType<Format>>;
	readonly logprobs: z.ZodOptional<z.ZodInt>;
} = {
	sampling: samplingSchema.optional(),
	maxTokens: z.int().min(0).optional(),
	stop: z.array(z.string().min(1)).max(64).optional(),
	format: formatSchema.optional(),
	logprobs: z.int().min(0).max(20).optional(),
};
