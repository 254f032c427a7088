import * as z from 'zod';
import type {Device} from '../../contract/backend.ts';
import type {Footprint} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {
	contextBytes,
	shapeContext,
	type ContextShape,
	type ContextWish,
	type Header,
} from '../../backends/llama/memory.ts';
import {poolOf, weightBytes} from '../../backends/llama/model-memory.ts';
import type {SamplingOptions} from '../../backends/llama/sampling.ts';
import {parseWith} from '../../tasks/parse.ts';
import {samplingSchema} from '../../tasks/generation-fields.ts';

export interface GgufOptions {
	readonly context: ContextWish;
	/** Scalars of the file's header, as read before loading. */
	readonly header: Header;
	/** What the manifest or the file itself asks for. */
	readonly sampling: SamplingOptions;
	/** A chat template that replaces the file's own. */
	readonly template?: string | undefined;
}

const count = z.coerce.number().int().positive();
const schema = z.object({
	contextLength: count.max(2 ** 24).optional(),
	/** As Ollama spells it. */
	num_ctx: count.max(2 ** 24).optional(),
	slots: count.max(64).optional(),
	template: z.string().optional(),
	sampling: samplingSchema.optional(),
	gguf: z.record(z.string(), z.unknown()).optional(),
});

/** Settings of the variant and of the request; keys meant for others pass by. Throws `invalid-request`. */
export function parseOptions(input: Readonly<Record<string, unknown>>): GgufOptions {
	const parsed = parseWith(schema, input);
	const header = parsed.gguf ?? {};
	return {
		context: {contextLength: parsed.contextLength ?? parsed.num_ctx, slots: parsed.slots},
		header,
		sampling: {...headerSampling(header), ...parsed.sampling},
		...(parsed.template === undefined ? {} : {template: parsed.template}),
	};
}

/** Where the file's authors wrote down how to sample it. */
const samplingKeys = {
	temperature: 'temp',
	top_k: 'top_k',
	top_p: 'top_p',
	min_p: 'min_p',
	repeat_penalty: 'penalty_repeat',
	repeat_last_n: 'penalty_last_n',
} as const;

function headerSampling(header: Header): SamplingOptions {
	const entries = Object.entries(samplingKeys).map(([name, key]) => [name, header[`general.sampling.${key}`]] as const);
	const parsed = samplingSchema.safeParse(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
	return parsed.success ? parsed.data : {};
}

/** Context and slots that a load on this machine will allot. */
export function shapeFor(model: InstalledModel, options: GgufOptions, device: Device): ContextShape {
	const pool = poolOf(device);
	const bytes = device.pools[pool] ?? Infinity;
	return shapeContext(options.header, options.context, weightBytes(model), {bytes, accelerated: pool !== 'ram'});
}

/** Pure: file sizes and header facts alone. */
export function estimate(model: InstalledModel, options: GgufOptions, device: Device): Footprint {
	const context = contextBytes(options.header, shapeFor(model, options, device));
	return {[poolOf(device)]: weightBytes(model) + context};
}
