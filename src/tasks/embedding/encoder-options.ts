import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';

/** How the vectors of the tokens become one for the text. */
export type Pooling = 'mean' | 'cls' | 'last' | 'max';

/** What a manifest of the registry says of a model whose repository does not. */
export interface EncoderOptions {
	readonly pooling?: Pooling | undefined;
	readonly prompts?: {readonly query?: string | undefined; readonly document?: string | undefined} | undefined;
}

const schema: z.ZodType<EncoderOptions> = z.object({
	pooling: z.enum(['mean', 'cls', 'last', 'max']).optional(),
	prompts: z.object({query: z.string().max(2000).optional(), document: z.string().max(2000).optional()}).optional(),
});

/** Keys meant for others pass by. Throws `invalid-request` naming the setting. */
export function parseEncoderOptions(input: Readonly<Record<string, unknown>>): EncoderOptions {
	const parsed = schema.safeParse(input);
	if (parsed.success) return parsed.data;
	const path = parsed.error.issues[0]?.path.map(String).join('.') ?? 'pooling';
	throw new MofaError('invalid-request', {path, expected: 'mean, cls, last or max, and prompts as texts'});
}
