import {MofaError} from '../contract/error.ts';
import type {Audio} from '../contract/media.ts';
import {WavReader} from './wav-reader.ts';

/** A whole WAV file in memory, mono or stereo, of every encoding `WavReader` knows; undefined for anything else. */
export function parseWav(bytes: Uint8Array): Audio | undefined {
	const reader = new WavReader('');
	try {
		const samples = reader.push(bytes);
		const {sampleRate, channels} = reader.header ?? {sampleRate: 0, channels: 0};
		return channels === 1 || channels === 2 ? {samples, sampleRate, channels} : undefined;
	} catch (error) {
		if (MofaError.is(error, 'invalid-request')) return undefined;
		throw error;
	}
}
