import {expect, test} from 'vitest';
import {Rate} from '../../../../src/models/pull/rate.ts';

test('what was there at the first look is no speed', () => {
	const rate = new Rate();
	expect(rate.at(5_000_000, 100)).toBe(0);
	expect(rate.at(5_001_000, 1100)).toBe(1000);
});

test('only the last seconds count', () => {
	const rate = new Rate();
	for (let second = 0; second <= 10; second += 1) rate.at(second * 1000, second * 1000);
	const slower = [11, 12, 13].map(second => rate.at(10_000 + (second - 10) * 100, second * 1000));
	expect(slower).toEqual([700, 400, 100]);
});

test('it is nothing without time in between, and never below nothing', () => {
	const rate = new Rate();
	rate.at(1000, 50);
	expect(rate.at(2000, 50)).toBe(0);
	expect(rate.at(500, 1050)).toBe(0);
});

test('it falls to nothing when nothing comes', () => {
	const rate = new Rate();
	rate.at(0, 0);
	rate.at(1_000_000, 1000);
	expect(rate.at(1_000_000, 4000)).toBe(0);
});
