import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {SilenceWatch} from '../../../../src/backends/worker/silence.ts';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

function watch(answers: boolean): {
	readonly silence: SilenceWatch;
	readonly silent: number[];
	readonly pings: () => number;
	hear(): void;
} {
	let heard = 0;
	let pings = 0;
	const silent: number[] = [];
	const silence = new SilenceWatch({
		limitMs: 1000,
		heard: () => heard,
		ping() {
			pings++;
			if (answers) heard++;
		},
		onSilence: limit => silent.push(limit),
	});
	return {silence, silent, pings: () => pings, hear: () => heard++};
}

test('a peer that answers its pings is never silent', () => {
	const {silence, silent, pings} = watch(true);
	silence.start();
	vi.advanceTimersByTime(60_000);
	expect(silent).toEqual([]);
	expect(pings()).toBeGreaterThan(50);
});

test('a peer that says nothing for the limit is reported once', () => {
	const {silence, silent} = watch(false);
	silence.start();
	vi.advanceTimersByTime(999);
	expect(silent).toEqual([]);
	vi.advanceTimersByTime(60_000);
	expect(silent).toEqual([1000]);
});

test('any sign of life starts the count again', () => {
	const {silence, silent, hear} = watch(false);
	silence.start();
	for (let turn = 0; turn < 10; turn++) {
		vi.advanceTimersByTime(800);
		hear();
	}
	expect(silent).toEqual([]);
});

test('an answer that was waiting to be read when the timer fired still counts', () => {
	const {silence, silent, hear} = watch(false);
	silence.start();
	vi.advanceTimersToNextTimer().advanceTimersToNextTimer().advanceTimersToNextTimer().advanceTimersToNextTimer();
	hear();
	vi.advanceTimersToNextTimer();
	expect(silent).toEqual([]);
});

test('a machine that slept does not count its sleep against the peer', () => {
	const {silence, silent, hear} = watch(false);
	silence.start();
	vi.setSystemTime(Date.now() + 3_600_000);
	vi.advanceTimersByTime(250);
	hear();
	vi.advanceTimersByTime(500);
	expect(silent).toEqual([]);
});

test('nothing is watched, and no timer runs, after the stop', () => {
	const {silence, silent} = watch(false);
	silence.start(200);
	silence.stop();
	expect(vi.getTimerCount()).toBe(0);
	vi.advanceTimersByTime(10_000);
	expect(silent).toEqual([]);
});
