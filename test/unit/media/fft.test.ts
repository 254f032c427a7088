import {expect, test} from 'vitest';
import {RealFft} from '../../../src/media/fft.ts';
import {chirp, featureReference, largestDifference} from '../../helpers/features.ts';

/** By the definition of the transform. */
function plain(samples: Float64Array): {real: number[]; imaginary: number[]} {
	const bins = Array.from({length: samples.length / 2 + 1}, (_, bin) => bin);
	const sum = (bin: number, wave: (angle: number) => number): number =>
		samples.reduce((total, sample, at) => {
			return total + sample * wave((-2 * Math.PI * ((bin * at) % samples.length)) / samples.length);
		}, 0);
	return {real: bins.map(bin => sum(bin, Math.cos)), imaginary: bins.map(bin => sum(bin, Math.sin))};
}

test.each([2, 4, 6, 8, 10, 14, 30, 62, 202, 320, 400, 480, 512, 1024])(
	'of %d samples it is what the definition says',
	size => {
		const samples = Float64Array.from(chirp(size));
		const fft = new RealFft(size);
		const real = new Float64Array(fft.bins);
		const imaginary = new Float64Array(fft.bins);
		fft.transform(samples, real, imaginary);
		const expected = plain(samples);
		expect(largestDifference(real, expected.real)).toBeLessThan(1e-10);
		expect(largestDifference(imaginary, expected.imaginary)).toBeLessThan(1e-10);
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
