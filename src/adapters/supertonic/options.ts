import * as z from 'zod';
import {parseWith} from '../../tasks/parse.ts';

export interface SupertonicOptions {
	/** From noise to sound: more take longer, and sound better. */
	readonly steps: number;
	/** Of the noise that each sentence starts from: the same request sounds the same. */
	readonly seed: number;
}

export const mostSteps = 100;
const optionsSchema: z.ZodType<SupertonicOptions> = z.object({
	steps: z.coerce.number().int().min(1, `1 to ${mostSteps} steps`).max(mostSteps, `1 to ${mostSteps} steps`).default(5),
	seed: z.coerce
		.number()
		.int()
		.min(0)
		.max(2 ** 32 - 1)
		.default(0),
});

/** Keys meant for others pass by. Throws `invalid-request` naming the setting. */
export function parseSupertonicOptions(input: Readonly<Record<string, unknown>>): SupertonicOptions {
	return parseWith(optionsSchema, input);
}
