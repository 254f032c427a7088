import {z} from 'zod';
import type {ContextWish, Header} from '../../backends/llama/memory.ts';
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
