import {z} from 'zod';
import type {Audio} from '../contract/media.ts';

/** Recorded sound, or sound as it comes in: then events come while it runs. */
export type AudioInput = Audio | AsyncIterable<Audio>;

/** Hertz a microphone or a file may have. */
const rates = {least: 4000, most: 192_000} as const;
/** Samples in one piece: three hours at 16 kHz. Longer sound comes as a stream of pieces. */
const mostSamples = 16_000 * 3600 * 3;

const piece: z.ZodType<Audio> = z.strictObject({
	samples: z
		.instanceof(Float32Array, {error: 'samples as 32-bit floating point numbers'})
		.refine(({length}) => length <= mostSamples, `at most ${mostSamples} samples in one piece; send a stream`),
	sampleRate: z.number().min(rates.least).max(rates.most),
	channels: z.union([z.literal(1), z.literal(2)]),
});

const live = z.custom<AsyncIterable<Audio>>(
	value => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

/** The field of a request that holds sound. The pieces of a stream are checked by whoever reads them. */
export const audioField: z.ZodType<AudioInput> = z.union([live, piece], {
	error: issue =>
		issue.code === 'invalid_union' ? 'sound: {samples, sampleRate, channels}, or a stream of it' : undefined,
});

/** One stream, whatever was given. */
export async function* audioPieces(input: AudioInput): AsyncGenerator<Audio> {
	if (Symbol.asyncIterator in input) yield* input;
	else yield input;
}
