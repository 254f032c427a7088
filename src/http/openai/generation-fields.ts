import * as z from 'zod';
import type {LoadSettings} from '../../contract/adapter.ts';
import type {Warning} from '../../contract/task.ts';
import type {Sampling} from '../../tasks/generation.ts';
import {parseDuration} from '../../lib/duration.ts';
import {invalid} from '../envelope.ts';
import {boundedKeepAlive} from '../keep-alive.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';
import {droppedFields} from './dropped-fields.ts';
import {isEmpty} from './is-empty.ts';

/** What chat and text completions share: OpenAI's own parameters, and the extensions local servers agree on. */
export interface GenerationAsk {
	readonly model: string;
	readonly stream: boolean;
	readonly includeUsage: boolean;
	readonly count: number;
	readonly keepAlive?: number | undefined;
	readonly settings: LoadSettings;
	readonly sampling: Sampling;
	readonly stop?: readonly string[] | undefined;
	readonly maxTokens?: number | undefined;
	/** Of fields inside the shared parameters that nobody knows. */
	readonly warnings: readonly Warning[];
}

const sampling = {
	temperature: z.number().min(0).max(2).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	top_k: z.int().min(0).nullish(),
	min_p: z.number().min(0).max(1).nullish(),
	seed: z.int().nullish(),
	repeat_penalty: z.number().min(0).nullish(),
	frequency_penalty: z.number().min(-2).max(2).nullish(),
	presence_penalty: z.number().min(-2).max(2).nullish(),
};
const listed = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);
const stop = z.preprocess(listed, z.array(z.string().min(1)).max(64).nullish());
const contextLength = z
	.int()
	.min(1)
	.max(2 ** 31)
	.nullish();

/** Ollama's block of options; what is not named here goes to the model's adapter, which warns of what it does not know. */
const options = z.looseObject({
	...sampling,
	repeat_last_n: z.int().min(-1).nullish(),
	num_ctx: contextLength,
	num_predict: z.int().min(-2).nullish(),
	stop,
});
const knownOptions: ReadonlySet<string> = new Set(Object.keys(options.shape));

const fields = z.looseObject({
	...sampling,
	stop,
	model: modelName,
	stream: z.boolean().nullish(),
	stream_options: z.object({include_usage: z.boolean().nullish()}).nullish(),
	n: z.int().min(1).max(8).nullish(),
	keep_alive: z.union([z.string(), z.number()], 'a duration such as 5m, or seconds').nullish(),
	num_ctx: contextLength,
	options: options.nullish(),
});

/** Names of the shared parameters. */
export const generationFields: ReadonlySet<string> = new Set(Object.keys(fields.shape));

/**
 * An absent temperature or top_p is left to the model, whose authors often publish the right one, and not set to the
 * 1.0 that OpenAI documents for its own models: small models read badly at 1.0.
 */
export function parseGeneration(body: JsonObject): GenerationAsk {
	const parsed = parseFields(fields, body);
	const block = parsed.options ?? {};
	const predict = parsed.options?.num_predict;
	const context = parsed.num_ctx ?? parsed.options?.num_ctx;
	return {
		model: parsed.model,
		stream: parsed.stream ?? false,
		includeUsage: parsed.stream_options?.include_usage ?? false,
		count: parsed.n ?? 1,
		keepAlive: keepAliveOf(parsed.keep_alive ?? undefined),
		settings: context === undefined || context === null ? {} : {contextLength: context},
		sampling: present({
			...present(pick(block, [...Object.keys(sampling), 'repeat_last_n'])),
			...present(pick(parsed, Object.keys(sampling))),
			unknown: unknownOptions(block),
		}),
		stop: parsed.stop ?? parsed.options?.stop ?? undefined,
		maxTokens: predict !== undefined && predict !== null && predict >= 0 ? predict : undefined,
		warnings: droppedFields(body, parsed),
	};
}

/** Like a schema's own parse, with our error; the path is as the client wrote it. */
export function parseFields<T>(schema: z.ZodType<T>, body: unknown, at = ''): T {
	const parsed = schema.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const path = [...(at === '' ? [] : [at]), ...(issue?.path ?? []).map(String)].join('.');
	throw invalid(path === '' ? 'body' : path, issue?.message ?? 'something else');
}

/** Refuses what cannot be honoured, unless it asks for nothing: null, false, or empty. */
export function refuseUnsupported(body: JsonObject, unsupported: Readonly<Record<string, string>>): void {
	for (const [name, expected] of Object.entries(unsupported)) if (!isEmpty(body[name])) throw invalid(name, expected);
}

/** One warning for each parameter this endpoint has never heard of. */
export function unknownFields(body: JsonObject, ...known: ReadonlyArray<ReadonlySet<string>>): readonly Warning[] {
	return Object.keys(body)
		.filter(name => !known.some(names => names.has(name)) && !isEmpty(body[name]))
		.slice(0, 64)
		.map(name => ({setting: name.slice(0, 128), message: 'not a parameter of this endpoint; ignored'}));
}

/** Without the keys whose value is null or undefined. */
export function present<T extends object>(values: T): {[K in keyof T]: Exclude<T[K], null>} {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null)) as {
		[K in keyof T]: Exclude<T[K], null>;
	};
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Sampling {
	return Object.fromEntries(names.map(name => [name, values[name]])) as Sampling;
}

function unknownOptions(block: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
	const entries = Object.entries(block)
		.filter(([name, value]) => !knownOptions.has(name) && value !== null)
		.slice(0, 64)
		.map(([name, value]) => [name.slice(0, 128), value]);
	return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Numbers are seconds, as Ollama has them; negative is forever. */
export function keepAliveOf(value: string | number | undefined): number | undefined {
	if (value === undefined) return undefined;
	if (typeof value === 'number') return value < 0 ? Infinity : boundedKeepAlive(value * 1000);
	const ms = parseDuration(value);
	if (ms === undefined) throw invalid('keep_alive', 'a duration such as 5m, or seconds');
	return boundedKeepAlive(ms);
}
