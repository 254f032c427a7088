import type {LlamaContextSequence, Token} from 'node-llama-cpp';
import {expect, onTestFinished, test, vi} from 'vitest';
import {bestThreads, isQuickStep, threadCandidates, tryThreads} from '../../../../src/backends/llama/thread-trial.ts';

/** A sequence whose steps take as long as they are said to. */
function sequenceOf(stepMs: () => number): LlamaContextSequence {
	let clock = 0;
	const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
	onTestFinished(() => now.mockRestore());
	return {
		async evaluateWithoutGeneratingNewTokens() {
			clock += stepMs();
		},
		async clearHistory() {},
	} as unknown as LlamaContextSequence;
}

/** Steps take as long as the threads in use make them. */
async function trialsWith(
	stepMs: (threads: number) => number,
	allotted: number,
): Promise<ReturnType<typeof tryThreads>> {
	let threads = 0;
	const sequence = sequenceOf(() => stepMs(threads));
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

test.each([
	['short on its one thread wants no more', [300, 1.2], true],
	['short but for one that was held up wants no more', [300, 3, 1.2], true],
	['longer wants what it can get later', [300, 3], false],
	['long is tried once', [300, 60, 1.2], false],
])('a model whose step is %s', async (_title, steps, quick) => {
	const left = [...steps];
	const sequence = sequenceOf(() => (left.length > 1 ? left.shift() : left[0]) ?? 0);
	expect(await isQuickStep(sequence, 0 as Token)).toBe(quick);
});
