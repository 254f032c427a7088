import * as z from 'zod';
import {contextBytes, numberOf, type Header} from '../../backends/llama/memory.ts';
import {poolOf, weightBytes} from '../../backends/llama/model-memory.ts';
import type {Device} from '../../contract/backend.ts';
import type {Footprint} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {parseEncoderOptions, type EncoderOptions} from '../../tasks/embedding/encoder-options.ts';
import {parseWith} from '../../tasks/parse.ts';

export interface GgufEncoderOptions extends EncoderOptions {
	/** Scalars of the file's header, as read before loading. */
	readonly header: Header;
	/** Tokens of a row, where somebody asked for a number. */
	readonly contextLength?: number | undefined;
}

const count = z.coerce
	.number()
	.int()
	.positive()
	.max(2 ** 20);
const schema = z.object({
	contextLength: count.optional(),
	/** As Ollama spells it. */
	num_ctx: count.optional(),
	gguf: z.record(z.string(), z.unknown()).optional(),
});

/** Settings of the variant and of the request; keys meant for others pass by. Throws `invalid-request`. */
export function parseOptions(input: Readonly<Record<string, unknown>>): GgufEncoderOptions {
	const {contextLength, num_ctx: asked, gguf = {}} = parseWith(schema, input);
	return {...parseEncoderOptions(input), header: gguf, contextLength: contextLength ?? asked};
}

/** All tokens of a row are computed at once, and what that takes grows with their square: who wants more asks for it. */
const defaultLongest = 2048;

export interface EncoderShape {
	/** Tokens of a row. */
	readonly longest: number;
	/** Bytes that reading it takes. */
	readonly contextBytes: number;
}

/** Beyond what it was trained on an encoder has no positions, and asking for them ends the process. Pure. */
export function shapeOf({header, contextLength}: GgufEncoderOptions): EncoderShape {
	const trained = numberOf(header, 'context_length') ?? defaultLongest;
	const longest = Math.max(1, Math.min(contextLength ?? defaultLongest, trained));
	const heads = numberOf(header, 'attention.head_count') ?? 1;
	const attention = 4 * heads * longest * longest;
	return {
		longest,
		contextBytes: contextBytes(header, {contextLength: longest, slots: 1, batchSize: longest}) + attention,
	};
}

/** Pure: file sizes and header facts alone. */
export function estimate(model: InstalledModel, options: GgufEncoderOptions, device: Device): Footprint {
	return {[poolOf(device)]: weightBytes(model) + shapeOf(options).contextBytes};
}
