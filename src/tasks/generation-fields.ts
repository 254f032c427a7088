import * as z from 'zod';
import type {Format, Sampling} from './generation.ts';

// Beside the types and not with them: those are published, and name no library that is not.

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
