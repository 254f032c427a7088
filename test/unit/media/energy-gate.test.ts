import {expect, test} from 'vitest';
import {EnergyGate} from '../../../src/media/energy-gate.ts';
import {FrameCutter} from '../../../src/media/frame-cutter.ts';
import {SpeechGate} from '../../../src/media/speech-gate.ts';
import {whiteNoise} from '../../helpers/features.ts';

const rate = 16_000;

/** Stretches of speech, in seconds. */
function stretches(samples: Float32Array, sampleRate = rate): ReadonlyArray<readonly [number, number]> {
	const energy = new EnergyGate(sampleRate);
	const {frameSamples} = energy;
	const gate = new SpeechGate({frameSamples, sampleRate, threshold: 0.5, minSpeech: 0.1, minSilence: 0.2, padding: 0});
	const events = [...new FrameCutter(frameSamples).push(samples)].map(frame => gate.push(energy.probability(frame)));
	const times = [...events, gate.end(samples.length / sampleRate)].flatMap(event =>
		event === undefined ? [] : [event.at],
	);
	return Array.from({length: times.length / 2}, (_, at) => [times[2 * at] ?? 0, times[2 * at + 1] ?? 0]);
}

/** A voice as simple as can be: pulses at 120 Hz through a resonance. */
function voiced(seconds: number, loudness: number, sampleRate = rate): Float32Array {
	return Float32Array.from({length: seconds * sampleRate}, (_, at) => {
		const phase = (at % Math.round(sampleRate / 120)) / sampleRate;
		return loudness * Math.exp(-phase * 300) * Math.cos(2 * Math.PI * 600 * phase);
	});
}

function placed(
	length: number,
	background: Float32Array,
	...parts: ReadonlyArray<readonly [number, Float32Array]>
): Float32Array {
	const all = background.slice(0, length * rate);
	for (const [start, part] of parts)
		for (const [at, sample] of part.entries()) all[start * rate + at] = (all[start * rate + at] ?? 0) + sample;
	return all;
}

test.each([
	['a quiet room', 0.001, 0.3],
	['a noisy one', 0.02, 0.3],
	['a whisper in a quiet one', 0.0005, 0.02],
])('in %s a voice is found where it is', (_name, noise, loudness) => {
	const sound = placed(6, whiteNoise(6 * rate, noise), [1.5, voiced(0.6, loudness)], [3.5, voiced(1, loudness)]);
	const found = stretches(sound);
	expect(found).toHaveLength(2);
	for (const [at, [start, end]] of (
		[
			[1.5, 2.1],
			[3.5, 4.5],
		] as const
	).entries()) {
		expect(Math.abs((found[at]?.[0] ?? 0) - start)).toBeLessThan(0.06);
		expect(Math.abs((found[at]?.[1] ?? 0) - end)).toBeLessThan(0.06);
	}
});

test('who speaks from the first sample on is heard', () => {
	const [first] = stretches(placed(3, whiteNoise(3 * rate, 0.001), [0, voiced(0.4, 0.3)]));
	expect(first?.[0]).toBe(0);
	expect(first?.[1]).toBeCloseTo(0.4, 1);
});

test.each([
	['silence', new Float32Array(5 * rate)],
	['a constant offset', new Float32Array(5 * rate).fill(0.7)],
	['faint noise', whiteNoise(5 * rate, 0.005)],
	['a clock of one sample each second', Float32Array.from({length: 5 * rate}, (_, at) => (at % rate === 0 ? 0.5 : 0))],
])('%s is no voice', (_name, sound) => {
	expect(stretches(sound)).toEqual([]);
});

test.each([0.05, 0.2, 1])('noise of loudness %d that stays becomes the noise of the place', loudness => {
	const found = stretches(whiteNoise(10 * rate, loudness));
	expect(found.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(0.7);
	// And a voice over it is heard still.
	const sound = placed(10, whiteNoise(10 * rate, loudness / 16), [6, voiced(0.5, loudness)]);
	expect(stretches(sound).at(-1)?.[0]).toBeCloseTo(6, 1);
});

test.each([8000, 11_025, 48_000])('at %d Hz it hears the same', sampleRate => {
	const sound = new Float32Array(3 * sampleRate);
	sound.set(voiced(0.5, 0.3, sampleRate), sampleRate);
	const found = stretches(sound, sampleRate);
	expect(found).toHaveLength(1);
	expect(found[0]?.[0]).toBeCloseTo(1, 1);
	expect(found[0]?.[1]).toBeCloseTo(1.5, 1);
});
