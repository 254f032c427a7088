import {expect, test} from 'vitest';
import {RealFft} from '../../../src/media/fft.ts';
import {chirp, featureReference, largestDifference} from '../../helpers/features.ts';

/** By the definition of the transform. */
function plainPower(samples: Float64Array): Float64Array {
	const sum = (bin: number, wave: (angle: number) => number): number =>
		samples.reduce((total, sample, at) => {
			return total + sample * wave((-2 * Math.PI * ((bin * at) % samples.length)) / samples.length);
		}, 0);
	return Float64Array.from(
		{length: samples.length / 2 + 1},
		(_, bin) => sum(bin, Math.cos) ** 2 + sum(bin, Math.sin) ** 2,
	);
}

/** Every factor of a size has a pass of its own: 2, 4, 8, 3, 5 and larger ones, first, in the midst and last. */
test.each([2, 4, 6, 8, 10, 14, 16, 30, 32, 62, 64, 120, 126, 202, 220, 320, 400, 480, 512, 1024])(
	'the power of %d samples is what the definition says',
	size => {
		const samples = Float64Array.from(chirp(size));
		const fft = new RealFft(size);
		const power = new Float64Array(fft.bins);
		fft.power(samples, power);
		const expected = plainPower(samples);
		expect(fft.bins).toBe(expected.length);
		const loudest = expected.reduce((most, value) => Math.max(most, value), 0);
		expect(largestDifference(power, expected) / loudest).toBeLessThan(1e-12);
	},
);

test.each([400, 480, 512])('its power of %d samples is that of torch', size => {
	const fft = new RealFft(size);
	const power = new Float64Array(fft.bins);
	fft.power(Float64Array.from(chirp(size)), power);
	const expected = featureReference.power[String(size)] ?? [];
	const loudest = Math.max(...expected);
	expect(largestDifference(power, expected) / loudest).toBeLessThan(1e-6);
});

test('an object is used again and again, and each result is its own', () => {
	const fft = new RealFft(400);
	const first = new Float64Array(fft.bins);
	const again = new Float64Array(fft.bins);
	const samples = Float64Array.from(chirp(400));
	fft.power(samples, first);
	fft.power(new Float64Array(400).fill(1), new Float64Array(fft.bins));
	fft.power(samples, again);
	expect(again).toEqual(first);
});

test.each([0, 1, 3, 401, -2, 2.5, Number.NaN])('a size of %d is none', size => {
	expect(() => new RealFft(size)).toThrow(RangeError);
});
