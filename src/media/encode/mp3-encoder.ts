import {createMp3Encoder} from 'wasm-media-encoders';
import {Resampler} from '../resampler.ts';
import type {SoundEncoder, SoundShape} from './sound-encoder.ts';

/** Hertz that the format knows. */
const rates: ReadonlySet<number> = new Set([8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]);
const otherwise = 44_100;
/** Thousand bits a second: speech at its rates gains nothing beyond. */
const bitrates = {mono: 64, stereo: 128} as const;

/** LAME in WebAssembly. Computes on the calling thread, some 20 ms for each second of sound: give it short pieces. */
export async function mp3Encoder({sampleRate, channels}: SoundShape): Promise<SoundEncoder> {
	const encoder = await createMp3Encoder();
	const resampler = rates.has(sampleRate) || channels === 2 ? null : new Resampler(sampleRate, otherwise);
	encoder.configure({
		sampleRate: resampler === null ? sampleRate : otherwise,
		channels,
		bitrate: channels === 1 ? bitrates.mono : bitrates.stereo,
	});
	// What it gives lies in its own memory, and is overwritten with the next piece.
	const encode = (samples: Float32Array): Uint8Array =>
		Uint8Array.from(encoder.encode(channels === 1 ? [samples] : apart(samples)));
	return {
		encode: samples => encode(resampler === null ? samples : resampler.push(samples)),
		finish() {
			const rest = resampler === null ? new Uint8Array() : encode(resampler.end());
			return Buffer.concat([rest, encoder.finalize()]);
		},
	};
}

/** Left and right, which come interleaved. */
function apart(samples: Float32Array): [Float32Array, Float32Array] {
	const half = samples.length / 2;
	const side = (which: 0 | 1): Float32Array =>
		Float32Array.from({length: half}, (_, at) => samples[at * 2 + which] ?? 0);
	return [side(0), side(1)];
}
