import * as z from 'zod';
import {MofaError} from '../../contract/error.ts';

/** What a manifest says of how the model is best used. */
export interface DiffusionOptions {
	readonly steps?: number | undefined;
	readonly guidance?: number | undefined;
	/** Pixels. */
	readonly width?: number | undefined;
	readonly height?: number | undefined;
}

const schema: z.ZodType<DiffusionOptions> = z.object({
	steps: z.int().min(1).max(1000).optional(),
	guidance: z.number().min(0).max(100).optional(),
	width: z.int().min(8).max(8192).optional(),
	height: z.int().min(8).max(8192).optional(),
});

/** Throws `invalid-request` naming the setting. */
export function parseDiffusionOptions(input: Readonly<Record<string, unknown>>): DiffusionOptions {
	const parsed = schema.safeParse(input);
	if (parsed.success) return parsed.data;
	const path = parsed.error.issues[0]?.path.map(String).join('.') ?? 'steps';
	throw new MofaError('invalid-request', {
		path,
		expected: 'steps 1 to 1000, guidance 0 to 100, width and height 8 to 8192',
	});
}
