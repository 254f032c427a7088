import {expect, test} from 'vitest';
import type {Audio} from '../../../src/contract/media.ts';
import {checkedPieces} from '../../../src/media/checked-pieces.ts';
import {FrameCutter} from '../../../src/media/frame-cutter.ts';
import {SampleHistory} from '../../../src/media/sample-history.ts';
import {chirp} from '../../helpers/features.ts';

const counted = (from: number, to: number): Float32Array =>
	Float32Array.from({length: to - from}, (_, at) => from + at);

test('what is no number is silence, what is beyond the scale is clipped, the rest stays where it lies', () => {
	const samples = Float32Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY, -3, Number.NEGATIVE_INFINITY, -1);
	const [piece] = checkedPieces({samples, sampleRate: 16_000, channels: 1});
	expect(piece?.samples).toEqual(Float32Array.of(0.5, 0, 1, -1, -1, -1));
	const sound = chirp(100);
	expect([...checkedPieces({samples: sound, sampleRate: 16_000, channels: 2})][0]?.samples.buffer).toBe(sound.buffer);
});

test('long sound comes a second at a time, by whole frames', () => {
	const pieces = [...checkedPieces({samples: new Float32Array(8000 * 2 * 2.5), sampleRate: 8000, channels: 2})];
	expect(pieces.map(({samples}) => samples.length)).toEqual([16_000, 16_000, 8000]);
	expect([...checkedPieces({samples: new Float32Array(0), sampleRate: 8000, channels: 1})]).toEqual([]);
});

test.each<[string, Partial<Record<keyof Audio, unknown>>]>([
	['a rate of nothing', {sampleRate: 0}],
	['a rate that is no whole number', {sampleRate: 16_000.5}],
	['a rate beyond measure', {sampleRate: 1e9}],
	['three channels', {channels: 3}],
	['half a frame', {channels: 2}],
	['other numbers', {samples: [0, 0, 0]}],
])('%s is no sound', (_name, wrong) => {
	const audio = {samples: new Float32Array(3), sampleRate: 16_000, channels: 1, ...wrong} as Audio;
	expect(() => [...checkedPieces(audio)]).toThrow(expect.objectContaining({code: 'invalid-request'}));
});

test('frames are the same however the samples come', () => {
	const whole = [...new FrameCutter(4).push(counted(0, 22))];
	const cutter = new FrameCutter(4);
	const frames = [0, 1, 2, 7, 7, 15, 22].flatMap((to, at, all) =>
		Array.from(cutter.push(counted(all[at - 1] ?? 0, to))),
	);
	expect(frames).toEqual(whole);
	expect([...(cutter.end() ?? [])]).toEqual([20, 21, 0, 0]);
	expect(cutter.end()).toBeUndefined();
});

test('a history has the last samples at their places, and silence elsewhere', () => {
	const history = new SampleHistory(10);
	for (const to of [3, 4, 9, 16, 17]) history.push(counted(history.end + 1, to + 1));
	expect(history.end).toBe(17);
	expect(history.slice(5, 20)).toEqual(Float32Array.of(0, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0, 0, 0));
	expect(history.slice(-2, 1)).toEqual(Float32Array.of(0, 0, 0));
	history.push(counted(18, 48));
	expect(history.slice(36, 48)).toEqual(Float32Array.of(0, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 0));
	expect(history.slice(5, 5)).toHaveLength(0);
});
