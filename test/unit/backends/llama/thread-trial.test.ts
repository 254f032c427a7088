import {describe, expect, test} from 'vitest';
import {
	isHeldUp,
	judge,
	nextCount,
	threadCandidates,
	tryThreads,
	type Tries,
	type Verdict,
} from '../../../../src/backends/llama/thread-trial.ts';
import {FakeMachine} from '../../../helpers/fake-llama.ts';

const tries = (times: Readonly<Record<number, readonly number[]>>): Tries[] =>
	Object.entries(times)
		.map(([threads, ms]) => ({threads: Number(threads), ms}))
		.toReversed();

test('counts are halved down to one', () => {
	expect([threadCandidates(12), threadCandidates(6), threadCandidates(1)]).toEqual([[12, 6, 3, 1], [6, 3, 1], [1]]);
});

describe('a verdict', () => {
	test.each<[string, Readonly<Record<number, readonly number[]>>, Verdict]>([
		['gives all threads where they are worth it', {1: [22, 23, 22], 2: [13, 14, 13]}, {threads: 2, mayChange: false}],
		[
			'leaves to others a thread that gains nothing',
			{1: [10, 10, 11], 2: [9.8, 10, 10]},
			{threads: 1, mayChange: true},
		],
		['is for a count between', {1: [40, 40, 40], 2: [20, 20, 20], 4: [20, 21, 20]}, {threads: 2, mayChange: false}],
		['overlooks one try that was held up', {1: [22, 23, 22], 2: [13, 130, 13, 13]}, {threads: 2, mayChange: false}],
		// Measured beside a program that computes on one of two cores.
		[
			'is in doubt where tries of one kind disagree, and goes by what is usual in such a moment',
			{1: [33.6, 28.5, 31.9, 34.4, 48.7, 22.9], 2: [59.7, 24.9, 131.7, 138.5, 66.6, 51.9, 21.7]},
			{threads: 1, mayChange: true},
		],
		['is in doubt where more threads had too few tries', {1: [22, 23, 22], 2: [400]}, {threads: 1, mayChange: true}],
		['stands where nobody waits for one thread', {1: [1.2, 1, 1.1], 2: [130]}, {threads: 1, mayChange: false}],
		['is not where fewer had them', {1: [900], 2: [500, 510, 500]}, {threads: 2, mayChange: false}],
	])('%s', (_title, times, verdict) => {
		expect(judge(tries(times))).toEqual(verdict);
	});
});

describe('the next try', () => {
	test('is at each count in turn, six times', () => {
		const times: Record<number, number[]> = {1: [], 2: []};
		const order: number[] = [];
		for (let next = nextCount(tries(times)); next !== undefined; next = nextCount(tries(times))) {
			order.push(next);
			times[next]?.push(10);
		}
		expect(order).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
	});

	test('is not at a count that cost too much over the best', () => {
		expect(nextCount(tries({1: [10], 2: [400]}))).toBe(1);
		expect(nextCount(tries({1: [10, 10, 10], 2: [400]}))).toBeUndefined();
		expect(nextCount(tries({1: [10], 2: [40]}))).toBe(2);
	});

	test('is at no fewer threads where fewer are slower already', () => {
		expect(nextCount(tries({1: [], 2: [], 4: [100], 8: [60]}))).toBe(8);
		expect(nextCount(tries({1: [], 2: [], 4: [100], 8: [400]}))).toBe(2);
	});

	test('is none when the time is up, once two counts are known', () => {
		expect(nextCount(tries({1: [], 2: [500]}), 250)).toBe(1);
		expect(nextCount(tries({1: [900], 2: [500]}), 250)).toBeUndefined();
	});
});

test('threads are held up that lack a quarter of their time, and more than clocks can be wrong by', () => {
	expect([isHeldUp(60, 20), isHeldUp(60, 50), isHeldUp(10, 0), isHeldUp(1000, 740), isHeldUp(1000, 760)]).toEqual([
		true,
		false,
		false,
		true,
		false,
	]);
	expect(isHeldUp(60, undefined)).toBe(false);
});

describe('a trial', () => {
	const trialOn = async (machine: FakeMachine, allotted: number): Promise<Verdict> => {
		let threads = 0;
		const use = (count: number): void => void (threads = count);
		return tryThreads(async () => machine.step(threads), allotted, use, machine.clock);
	};

	test('takes as many threads as are worth it', async () => {
		expect(await trialOn(new FakeMachine(threads => 60 / threads), 4)).toEqual({threads: 4, mayChange: false});
	});

	test('takes what is best though something disturbs a part of it', async () => {
		const machine = new FakeMachine(threads => (machine.steps.length < 5 && threads === 2 ? 40 : 14 / threads));
		expect((await trialOn(machine, 2)).threads).toBe(2);
	});

	test('takes one step that turns out very slow, however many it could', async () => {
		const machine = new FakeMachine(threads => (threads === 2 ? 6000 : 60));
		expect(await trialOn(machine, 2)).toEqual({threads: 1, mayChange: true});
		expect(machine.steps).toEqual([1, 1, 2]);
	});

	test('takes none where one thread is held up already', async () => {
		const machine = new FakeMachine(threads => (threads === 2 ? 6000 : 60));
		machine.share = 0.4;
		expect(await trialOn(machine, 2)).toEqual({threads: 1, mayChange: true});
		expect(machine.steps).toEqual([1, 1]);
	});

	test('settles for the count that is not held up', async () => {
		const machine = new FakeMachine(threads => {
			machine.share = threads > 4 ? 0.5 : 1;
			return 60;
		});
		expect(await trialOn(machine, 16)).toEqual({threads: 4, mayChange: true});
		expect(machine.steps).toEqual([8, 8, 4]);
	});

	test('takes few steps where all are slow', async () => {
		const machine = new FakeMachine(() => 6000);
		await trialOn(machine, 64);
		expect(machine.steps).toEqual([32, 32, 64]);
	});

	test('goes by the steps alone where an accelerator computes', async () => {
		const machine = new FakeMachine(threads => 60 / threads);
		let threads = 0;
		const use = (count: number): void => void (threads = count);
		const verdict = await tryThreads(async () => machine.step(threads), 4, use, {now: () => machine.now});
		expect(verdict).toEqual({threads: 4, mayChange: false});
	});

	test('ends though steps take no time', async () => {
		const machine = new FakeMachine(() => 0);
		expect((await trialOn(machine, 8)).threads).toBe(1);
		expect(machine.steps).toHaveLength(4 * 6 + 1);
	});
});
