import {createHash} from 'node:crypto';
import {expect, it} from 'vitest';
import {gaussianNoise, philox, type Four} from '../../../src/lib/gaussian-noise.ts';

it('counts as the authors of Philox do', () => {
	const all = 0xffffffff;
	const known: ReadonlyArray<readonly [Four, readonly [number, number], Four]> = [
		[
			[0, 0, 0, 0],
			[0, 0],
			[0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
		],
		[
			[all, all, all, all],
			[all, all],
			[0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
		],
		[
			[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
			[0xa4093822, 0x299f31d0],
			[0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
		],
	];
	for (const [counter, key, answer] of known) expect(philox(counter, key)).toEqual(answer);
});

it('is of a normal distribution, however much is drawn', () => {
	const noise = gaussianNoise(7, 0, 100_001);
	const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
	const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
	const tails = noise.filter(value => Math.abs(value) > 1.96).length / noise.length;
	expect(Math.abs(mean)).toBeLessThan(0.01);
	expect(Math.abs(variance - 1)).toBeLessThan(0.02);
	expect(Math.abs(tails - 0.05)).toBeLessThan(0.005);
	expect(noise.every(Number.isFinite)).toBe(true);
});

it('is the same for the same seed and stream, byte by byte, and another for each other', () => {
	const hash = (seed: number, stream: number): string =>
		createHash('sha256')
			.update(gaussianNoise(seed, stream, 4096))
			.digest('hex')
			.slice(0, 16);
	expect(new Set([hash(1, 0), hash(2, 0), hash(1, 1), hash(0, 1)]).size).toBe(4);
	expect(hash(42, 0)).toMatchInlineSnapshot(`"1292de21db04e729"`);
	expect(gaussianNoise(3, 0, 5)).toEqual(gaussianNoise(3, 0, 8).slice(0, 5));
});
