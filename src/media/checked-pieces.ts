import {MofaError} from '../contract/error.ts';
import type {Audio} from '../contract/media.ts';

/** Hertz a microphone or a file may have. */
const rates = {least: 1000, most: 768_000} as const;

/**
 * Sound that came from outside, checked, in pieces of a second at most, so that nobody works on three hours at once. What is
 * no number becomes silence, since one of them spreads over everything that is computed from it; what is beyond -1..1 is
 * clipped. Views where nothing was wrong. Throws `invalid-request`.
 */
export function* checkedPieces({samples, sampleRate, channels}: Audio): Generator<Audio> {
	if (!Number.isSafeInteger(sampleRate) || sampleRate < rates.least || sampleRate > rates.most)
		throw invalid(`a sample rate of ${rates.least} to ${rates.most} Hz in whole numbers, not ${sampleRate}`);
	if (![1, 2].includes(channels)) throw invalid(`one channel or two, not ${channels}`);
	if (!(samples instanceof Float32Array) || samples.length % channels !== 0)
		throw invalid('whole frames of 32-bit floating point samples');
	const second = sampleRate * channels;
	for (let at = 0; at < samples.length; at += second)
		yield {samples: harmless(samples.subarray(at, at + second)), sampleRate, channels};
}

function harmless(samples: Float32Array): Float32Array {
	return samples.every(sample => Math.abs(sample) <= 1)
		? samples
		: samples.map(sample => (Number.isNaN(sample) ? 0 : Math.max(-1, Math.min(1, sample))));
}

function invalid(expected: string): MofaError {
	return new MofaError('invalid-request', {path: 'audio', expected});
}
