import * as z from 'zod';
import {
	contextBytes,
	shapeContext,
	type ContextShape,
	type ContextWish,
	type Header,
} from '../../backends/llama/memory.ts';
import {poolOf, weightBytes} from '../../backends/llama/model-memory.ts';
import type {Device} from '../../contract/backend.ts';
import type {Footprint} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {parseWith} from '../../tasks/parse.ts';

export interface GgufVisionOptions {
	readonly context: ContextWish;
	/** Scalars of the file's header, as read before loading. */
	readonly header: Header;
}

const count = z.coerce.number().int().positive();
const schema = z.object({
	contextLength: count.max(2 ** 24).optional(),
	/** As Ollama spells it. */
	num_ctx: count.max(2 ** 24).optional(),
	slots: count.max(64).optional(),
	gguf: z.record(z.string(), z.unknown()).optional(),
});

/** Settings of the variant and of the request; keys meant for others pass by. Throws `invalid-request`. */
export function parseOptions(input: Readonly<Record<string, unknown>>): GgufVisionOptions {
	const {contextLength, num_ctx: wanted, slots, gguf = {}} = parseWith(schema, input);
	return {context: {contextLength: contextLength ?? wanted, slots}, header: gguf};
}

export function shapeFor(model: InstalledModel, {header, context}: GgufVisionOptions, device: Device): ContextShape {
	const pool = poolOf(device);
	const bytes = device.pools[pool] ?? Infinity;
	return shapeContext(header, context, weightBytes(model), {bytes, accelerated: pool !== 'ram'});
}

/** Pure: file sizes and header facts alone. */
export function estimate(model: InstalledModel, options: GgufVisionOptions, device: Device): Footprint {
	const projector = model.variant.files.find(({role}) => role === 'projector')?.bytes ?? 0;
	const context = contextBytes(options.header, shapeFor(model, options, device));
	return {[poolOf(device)]: weightBytes(model) + projector + context};
}
