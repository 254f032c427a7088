import {expect, test} from 'vitest';
import {downMix} from '../../../src/media/down-mix.ts';

test('one channel comes back as it is', () => {
	const samples = Float32Array.of(0.5, -0.5);
	expect(downMix(samples, 1)).toBe(samples);
});

test('channels become their mean', () => {
	expect(downMix(Float32Array.of(1, 0.5, -1, 1, 0.25, 0.25), 2)).toEqual(Float32Array.of(0.75, 0, 0.25));
	expect(downMix(Float32Array.of(0.5, 0.25, 0.75, 1, 1, 1), 3)).toEqual(Float32Array.of(0.5, 1));
});

test('channels at their loudest do not clip', () => {
	expect(downMix(new Float32Array(12).fill(-1), 6)).toEqual(Float32Array.of(-1, -1));
});
