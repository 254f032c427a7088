import {setImmediate as nextTurn} from 'node:timers/promises';
import {toPcm16} from '../pcm.ts';
import {Resampler} from '../resampler.ts';
import {wavHeader} from '../wav-encoder.ts';
import type {SoundEncoder, SoundShape} from './sound-encoder.ts';

/** Formats that are written here. `pcm` is what OpenAI means by it: 16-bit samples, 24,000 a second, without a header. */
export const ownFormats = ['wav', 'pcm', 'mp3'] as const;
export type OwnFormat = (typeof ownFormats)[number];

const pcmRate = 24_000;
/** Seconds encoded in one go; between two pieces others get their turn. */
const turn = 0.1;

/** The bytes of a sound file as they can be had; how long it all is, nobody knows at the start. */
export async function* encodeSound(
	format: OwnFormat,
	shape: SoundShape,
	pieces: AsyncIterable<Float32Array>,
): AsyncGenerator<Uint8Array> {
	if (format === 'wav') yield wavHeader(shape, null);
	const encoder = await encoderFor(format, shape);
	const most = Math.ceil(shape.sampleRate * turn) * shape.channels;
	for await (const samples of pieces)
		for (let at = 0; at < samples.length; at += most) {
			const bytes = encoder.encode(samples.subarray(at, at + most));
			if (bytes.length > 0) yield bytes;
			if (format === 'mp3') await nextTurn();
		}
	const rest = encoder.finish();
	if (rest.length > 0) yield rest;
}

async function encoderFor(format: OwnFormat, shape: SoundShape): Promise<SoundEncoder> {
	switch (format) {
		case 'wav':
			return {encode: toPcm16, finish: () => new Uint8Array()};
		case 'pcm': {
			const resampler = new Resampler(shape.sampleRate, pcmRate);
			return {encode: samples => toPcm16(resampler.push(samples)), finish: () => toPcm16(resampler.end())};
		}
		case 'mp3':
			return (await import('./mp3-encoder.ts')).mp3Encoder(shape);
		default:
			throw new TypeError(`nothing here writes ${String(format)}`);
	}
}
