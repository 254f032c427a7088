import {expect, test} from 'vitest';
import {negativeExponent} from '../../../src/lib/negative-exponent.ts';

test('it is the exponential of what is below nought, within some billionths', () => {
	let worst = 0;
	for (let x = 0; x < 63; x += 0.000_97) worst = Math.max(worst, Math.abs(negativeExponent(x) / Math.exp(-x) - 1));
	expect(worst).toBeLessThan(3e-9);
	expect(negativeExponent(0)).toBe(1);
});

test.each([64, 745, 1e300, Infinity, Number.NaN])('of %d it is nothing', x => {
	expect(negativeExponent(x)).toBe(0);
});

test('right before the end of its table it is still the exponential', () => {
	for (const x of [63.9, 63.98, 63.984_376, 63.999_999]) expect(negativeExponent(x) / Math.exp(-x)).toBeCloseTo(1, 7);
});
