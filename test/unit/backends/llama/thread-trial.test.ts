import type {LlamaContextSequence, Token} from 'node-llama-cpp';
import {expect, onTestFinished, test, vi} from 'vitest';
import {bestThreads, threadCandidates, tryThreads} from '../../../../src/backends/llama/thread-trial.ts';

/** A sequence whose steps take as long as the threads in use make them. */
async function trialsWith(
	stepMs: (threads: number) => number,
	allotted: number,
): Promise<ReturnType<typeof tryThreads>> {
	let clock = 0;
	let threads = 0;
	const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
	onTestFinished(() => now.mockRestore());
	const sequence = {
		async evaluateWithoutGeneratingNewTokens() {
			clock += stepMs(threads);
		},
		async clearHistory() {},
	} as unknown as LlamaContextSequence;
	return tryThreads(sequence, 0 as Token, allotted, count => {
		threads = count;
	});
}

test('fewer threads are tried even when the first count is so slow that the time is up', async () => {
	const trials = await trialsWith(threads => (threads === 2 ? 400 : 2), 2);
	expect(trials.map(({threads}) => threads)).toEqual([2, 1]);
	expect(bestThreads(trials, 2)).toBe(1);
});

test('all threads are used where they are worth it', async () => {
	const trials = await trialsWith(threads => 60 / threads, 4);
	expect(bestThreads(trials, 4)).toBe(4);
});

test('a thread that gains nothing is left to others', async () => {
	const trials = await trialsWith(threads => (threads === 1 ? 10 : 9.8), 2);
	expect(bestThreads(trials, 2)).toBe(1);
});

test('counts are halved down to one', () => {
	expect([threadCandidates(6), threadCandidates(1)]).toEqual([[6, 3, 1], [1]]);
});
