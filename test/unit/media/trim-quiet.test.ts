import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {QuietTrimmer, type TrimOptions} from '../../../src/media/trim-quiet.ts';

const rate = 1000;

/** Milliseconds of sound, or negative ones of silence, as samples. */
function sound(...stretches: readonly number[]): Float32Array {
	return Float32Array.from(stretches.flatMap(ms => Array.from({length: Math.abs(ms)}, () => (ms > 0 ? 0.5 : 0.001))));
}

function trimmed(pieces: readonly Float32Array[], {start, end, channels = 1}: Partial<TrimOptions>): number[] {
	const trimmer = new QuietTrimmer({sampleRate: rate, channels, start: start === true, end: end === true});
	return [...pieces.map(piece => trimmer.push(piece)), trimmer.rest()].flatMap(piece => Array.from(piece));
}

test.each([
	['the silence before it is shortened', [-230, 100, -130], {start: true}, [-40, 100, -130]],
	['and that behind it', [-230, 100, -130], {end: true}, [-230, 100, -40]],
	['or both', [-230, 100, -130], {start: true, end: true}, [-40, 100, -40]],
	['a pause within stays', [100, -300, 100, -10], {start: true, end: true}, [100, -300, 100, -10]],
	['a long silence is meant', [-600, 100, -600], {start: true, end: true}, [-600, 100, -600]],
	['silence alone stays', [-200], {start: true, end: true}, [-200]],
	['nothing is touched unasked', [-230, 100, -130], {}, [-230, 100, -130]],
])('%s', (_title, stretches, options, wanted) => {
	const whole = sound(...stretches);
	expect(trimmed([whole], options)).toEqual([...sound(...wanted)]);
	expect(trimmed([whole.subarray(0, 150), whole.subarray(150, 320), whole.subarray(320)], options)).toEqual([
		...sound(...wanted),
	]);
});

test('channels stay together', () => {
	const stereo = Float32Array.from({length: 2 * 300}, (_, at) => (at > 401 ? 0.5 : 0) * (at % 2 === 0 ? 1 : -1));
	const given = trimmed([stereo], {channels: 2, start: true});
	expect(given.length).toBe(2 * (300 - 201 + 40));
	expect(given.filter((_, at) => at % 2 === 0).every(sample => sample >= 0)).toBe(true);
});

test('however it is cut, it comes out the same', () => {
	const stretches = fc.array(fc.integer({min: -700, max: 300}), {maxLength: 6});
	const cuts = fc.array(fc.integer({min: 0, max: 2000}), {maxLength: 5});
	fc.assert(
		fc.property(stretches, cuts, (lengths, places) => {
			const whole = sound(...lengths);
			const at = [0, ...places.map(place => Math.min(place, whole.length)).toSorted((a, b) => a - b), whole.length];
			const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
			const given = trimmed(pieces, {start: true});
			expect(given).toEqual(trimmed([whole], {start: true}));
			expect([...whole].slice(whole.length - given.length)).toEqual(given);
		}),
	);
});
