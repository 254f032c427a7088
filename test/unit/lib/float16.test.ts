import {expect, it} from 'vitest';
import {float16Of, float32Of} from '../../../src/lib/float16.ts';

it('reads half-precision numbers, the smallest and the strangest too', () => {
	const bits = Uint16Array.of(0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0xfc00, 0x3555);
	expect([...float32Of(bits)]).toEqual([
		0,
		-0,
		1,
		-2,
		65504,
		2 ** -24,
		2 ** -14,
		Infinity,
		-Infinity,
		Math.fround(1365 / 4096),
	]);
	expect(float32Of(Uint16Array.of(0x7e00))[0]).toBeNaN();
});

it('writes every number that has one just as it was read', () => {
	const all = Uint16Array.from({length: 65_536}, (_, bits) => bits).filter(
		bits => (bits & 0x7c00) !== 0x7c00 || (bits & 0x3ff) === 0,
	);
	expect(float16Of(float32Of(all))).toEqual(all);
});

it('rounds to the nearest, and between two to the even one', () => {
	const near = Float32Array.of(
		1 + 2 ** -11,
		1 + 3 * 2 ** -11,
		1 + 2 ** -11 + 2 ** -20,
		65519,
		65520,
		2 ** -25,
		2 ** -25 * 1.01,
		3 * 2 ** -25,
	);
	expect([...float16Of(near)]).toEqual([0x3c00, 0x3c02, 0x3c01, 0x7bff, 0x7c00, 0, 1, 2]);
	expect(float16Of(Float32Array.of(Number.NaN))[0]).toBe(0x7e00);
});
