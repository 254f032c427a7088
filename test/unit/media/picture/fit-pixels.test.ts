import {expect, test} from 'vitest';
import {fitPixels, fittingSize, resizePixels} from '../../../../src/media/picture/fit-pixels.ts';
import type {Pixels} from '../../../../src/media/picture/pixels.ts';

/** Each letter one grey pixel: a is 0, b 10, and so on. */
function grey(...rows: readonly string[]): Pixels {
	const data = [...rows.join('')].flatMap(letter => Array<number>(3).fill((letter.charCodeAt(0) - 97) * 10));
	return {data: Uint8Array.from(data), width: rows[0]?.length ?? 0, height: rows.length, channels: 3};
}
const reds = ({data, channels}: Pixels): number[] => [...data].filter((_, at) => at % channels === 0);

test('each new pixel is the mean of those it covers', () => {
	expect(reds(resizePixels(grey('ac', 'eg'), {width: 1, height: 1}))).toEqual([30]);
	expect(reds(resizePixels(grey('acik'), {width: 2, height: 1}))).toEqual([10, 90]);
	// A width of three over two: one and a half pixels each.
	expect(reds(resizePixels(grey('adg'), {width: 2, height: 1}))).toEqual([10, 50]);
});

test('a picture that grows keeps its pixels as squares', () => {
	expect(reds(resizePixels(grey('ak'), {width: 4, height: 2}))).toEqual([0, 0, 100, 100, 0, 0, 100, 100]);
});

test('what cannot be seen does not colour its neighbours', () => {
	const pixels: Pixels = {data: Uint8Array.of(200, 100, 50, 255, 0, 255, 0, 0), width: 2, height: 1, channels: 4};
	expect([...resizePixels(pixels, {width: 1, height: 1}).data]).toEqual([200, 100, 50, 128]);
});

test('what fits is left alone, and what does not keeps its shape', () => {
	const small = grey('ab', 'cd');
	expect(fitPixels(small, {width: 2, height: 2})).toBe(small);
	const wide: Pixels = {data: new Uint8Array(600 * 200 * 3).fill(77), width: 600, height: 200, channels: 3};
	const fitted = fitPixels(wide, {width: 100, height: 100});
	expect(fitted).toMatchObject({width: 100, height: 33});
	expect(fitted.data.every(value => value === 77)).toBe(true);
	expect(fittingSize({width: 10_000, height: 1}, {width: 80, height: 40})).toEqual({width: 80, height: 1});
});
