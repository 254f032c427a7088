import {expect, test} from 'vitest';
import {BusyRate} from '../../../../src/models/pull/busy-rate.ts';

test('a stretch in which all were busy has a rate', () => {
	const rate = new BusyRate(0);
	expect(rate.at(10, false)).toBeNull();
	rate.took(5000);
	expect(rate.at(20, true)).toBeNull();
	expect(rate.at(420, true)).toBeNull();
	rate.took(3000);
	expect(rate.at(620, true)).toBeNull();
	rate.took(1000);
	expect(rate.at(820, true)).toBe(10_000);
});

test('a stretch in which one had nothing to do says nothing', () => {
	const rate = new BusyRate(0);
	rate.at(400, true);
	rate.took(4000);
	expect(rate.at(600, false)).toBeNull();
	rate.took(4000);
	expect(rate.at(1000, true)).toBeNull();
	rate.took(800);
	expect(rate.at(1400, true)).toBe(2000);
});
