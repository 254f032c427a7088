import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseWav} from '../../../src/media/wav.ts';
import {resample, Resampler} from '../../../src/media/resampler.ts';
import {joined} from './make-wav.ts';

const pairs = [
	[8000, 16_000],
	[11_025, 16_000],
	[16_000, 8000],
	[16_000, 24_000],
	[16_000, 48_000],
	[22_050, 16_000],
	[24_000, 16_000],
	[44_100, 16_000],
	[44_100, 48_000],
	[48_000, 16_000],
	[48_000, 44_100],
	[96_000, 16_000],
	[192_000, 8000],
	// Ratios of large numbers, which read between the rows of the filter.
	[44_101, 16_000],
	[16_001, 47_999],
	[191_999, 48_000],
] as const;

const tone = (frequency: number, rate: number, seconds: number): Float32Array =>
	Float32Array.from({length: Math.round(rate * seconds)}, (_, n) => Math.sin((2 * Math.PI * frequency * n) / rate));

/** Without the ends, where the tone begins and stops at once and so holds every frequency. */
const middle = (samples: Float32Array): Float32Array =>
	samples.subarray(Math.floor(samples.length / 3), Math.ceil((samples.length * 2) / 3));

const decibels = (power: number, reference: number): number => 10 * Math.log10(power / reference);
const power = (samples: Float32Array): number => samples.reduce((sum, x) => sum + x * x, 0) / samples.length;

/** What remains of a full-scale tone, in decibels. */
const remains = (frequency: number, from: number, to: number): number =>
	decibels(power(middle(resample(tone(frequency, from, 0.3), from, to))), 0.5);

test.each(pairs.filter(([from, to]) => to < from))(
	'from %i to %i Hz tones above the new Nyquist are 60 dB down',
	(from, to) => {
		for (const times of [1.001, 1.01, 1.1, 1.37, 1.9]) {
			const frequency = (times * to) / 2;
			if (frequency < from / 2) expect(remains(frequency, from, to), `${frequency} Hz`).toBeLessThan(-60);
		}
	},
);

test.each(pairs)('from %i to %i Hz tones of the passband are the same tones', (from, to) => {
	for (const share of [0.02, 0.3, 0.6, 0.85, 0.9]) {
		const frequency = (share * Math.min(from, to)) / 2;
		const got = middle(resample(tone(frequency, from, 0.3), from, to));
		const start = Math.floor(Math.ceil((Math.round(from * 0.3) * to) / from) / 3);
		const wanted = got.map((_, n) => Math.sin((2 * Math.PI * frequency * (start + n)) / to));
		expect(Math.abs(decibels(power(got), power(wanted))), `ripple at ${frequency} Hz`).toBeLessThan(0.003);
		// Phase too: images and errors together stay 70 dB down.
		const error = got.map((x, n) => x - (wanted[n] ?? 0));
		expect(decibels(power(error), 0.5), `error at ${frequency} Hz`).toBeLessThan(-70);
	}
});

test.each(pairs)('from %i to %i Hz a steady level stays what it is', (from, to) => {
	for (const sample of middle(resample(new Float32Array(from / 5).fill(0.25), from, to)))
		expect(sample).toBeCloseTo(0.25, 6);
});

test('any chunking gives identical samples', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...pairs, [16_000, 16_000] as const),
			fc.array(fc.integer({min: 0, max: 400}), {maxLength: 12}),
			fc.integer({min: 1, max: 1000}),
			([from, to], lengths, seed) => {
				const samples = Float32Array.from({length: lengths.reduce((a, b) => a + b, 0)}, (_, n) =>
					Math.sin(n * n * seed),
				);
				const resampler = new Resampler(from, to);
				let at = 0;
				const blocks = lengths.map(length => {
					const piece = samples.slice(at, (at += length));
					const block = resampler.push(piece);
					piece.fill(9);
					return block;
				});
				expect(joined([...blocks, resampler.end()])).toEqual(resample(samples, from, to));
			},
		),
		{numRuns: 60},
	);
});

test('one sample at a time gives identical samples', () => {
	const samples = tone(440, 44_100, 0.02);
	const resampler = new Resampler(44_100, 16_000);
	const blocks = [...samples].map(sample => resampler.push(Float32Array.of(sample)));
	expect(joined([...blocks, resampler.end()])).toEqual(resample(samples, 44_100, 16_000));
});

test('any rates give the exact length, rounded up', () => {
	const rate = fc.integer({min: 8000, max: 192_000});
	fc.assert(
		fc.property(rate, fc.integer({min: 8000, max: 48_000}), fc.nat(3000), (from, to, length) => {
			expect(resample(new Float32Array(length), from, to)).toHaveLength(Math.ceil((length * to) / from));
		}),
		{numRuns: 20},
	);
});

test('a minute in blocks is a minute', () => {
	const resampler = new Resampler(11_025, 8000);
	const block = new Float32Array(11_025);
	let outputs = 0;
	for (let second = 0; second < 60; second += 1) outputs += resampler.push(block).length;
	expect(outputs + resampler.end().length).toBe(60 * 8000);
});

test('an output does not wait for more than half a filter', () => {
	const resampler = new Resampler(48_000, 16_000);
	const outputs = resampler.push(new Float32Array(48_000)).length;
	expect(16_000 - outputs).toBeLessThan(0.004 * 16_000);
});

test('rates that are none are refused', () => {
	for (const rate of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
		expect(() => new Resampler(16_000, rate)).toThrow(RangeError);
});

const recording = path.resolve(import.meta.dirname, '../../../../shared/media/jfk.wav');
const present = existsSync(recording);
if (!present) console.warn(`SKIPPED: a test of real speech needs ${recording}`);

test.skipIf(!present)('speech survives the way up and back', () => {
	const speech = parseWav(readFileSync(recording))?.samples.subarray(0, 32_000) ?? new Float32Array(0);
	const back = resample(resample(speech, 16_000, 44_100), 44_100, 16_000);
	expect(back).toHaveLength(speech.length);
	// What is lost is what lay above nine tenths of the band.
	const lost = decibels(power(back.map((x, n) => x - (speech[n] ?? 0))), power(speech));
	expect(lost).toBeLessThan(-25);
});
