import * as z from 'zod';
import type {Format, Sampling} from './generation.ts';
import {generationRanges as ranges, rangeText, type NumberRange} from './generation-ranges.ts';

// Beside the types and not with them: those are published, and name no library that is not.

const samplingFields = {
	temperature: within(ranges.temperature).optional(),
	top_p: within(ranges.top_p).optional(),
	top_k: within(ranges.top_k).optional(),
	min_p: within(ranges.min_p).optional(),
	seed: within(ranges.seed).optional(),
	repeat_penalty: within(ranges.repeat_penalty).optional(),
	repeat_last_n: within(ranges.repeat_last_n).optional(),
	frequency_penalty: within(ranges.frequency_penalty).optional(),
	presence_penalty: within(ranges.presence_penalty).optional(),
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
	readonly maxTokens: z.ZodOptional<z.ZodNumber>;
	readonly stop: z.ZodOptional<z.ZodArray<z.ZodString>>;
	readonly format: z.ZodOptional<z.ZodType<Format>>;
	readonly logprobs: z.ZodOptional<z.ZodNumber>;
} = {
	sampling: samplingSchema.optional(),
	maxTokens: within(ranges.maxTokens).optional(),
	stop: z.array(z.string().min(1)).max(64).optional(),
	format: formatSchema.optional(),
	logprobs: within(ranges.logprobs).optional(),
};

function within(range: NumberRange): z.ZodNumber {
	const words = rangeText(range);
	const {least = -Infinity, most = Infinity, whole} = range;
	return (whole === true ? z.int(words) : z.number(words)).min(least, words).max(most, words);
}
