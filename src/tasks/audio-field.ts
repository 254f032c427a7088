import * as z from 'zod';
import type {Audio} from '../contract/media.ts';
import {sampleRates} from '../media/wav-header.ts';
import {parseWith} from './parse.ts';

/** Recorded sound, or sound as it comes in: then events come while it runs. */
export type AudioInput = Audio | AsyncIterable<Audio>;

/** Samples in one piece: three hours at 16 kHz. Longer sound comes as a stream of pieces. */
const mostSamples = 16_000 * 3600 * 3;

const piece: z.ZodType<Audio> = z.strictObject({
	samples: z
		.instanceof(Float32Array, {error: 'samples as 32-bit floating point numbers'})
		.refine(({length}) => length <= mostSamples, `at most ${mostSamples} samples in one piece; send a stream`),
	sampleRate: z.int().min(sampleRates.least).max(sampleRates.most),
	channels: z.union([z.literal(1), z.literal(2)]),
});

const live = z.custom<AsyncIterable<Audio>>(
	value => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

/** The field of a request that holds sound. The pieces of a stream are checked as they are read, by `audioPieces`. */
export const audioField: z.ZodType<AudioInput> = z.union([live, piece], {
	error: issue =>
		issue.code === 'invalid_union' ? 'sound: {samples, sampleRate, channels}, or a stream of it' : undefined,
});

/** One stream, whatever was given. Throws `invalid-request` for a piece that is none: it may come from anywhere. */
export async function* audioPieces(input: AudioInput): AsyncGenerator<Audio> {
	if (Symbol.asyncIterator in input) for await (const audio of input) yield parseWith(pieceField, {audio}).audio;
	else yield input;
}

const pieceField: z.ZodType<{readonly audio: Audio}> = z.object({audio: piece});
