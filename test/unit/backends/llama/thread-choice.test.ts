import {describe, expect, test} from 'vitest';
import {ThreadChoice} from '../../../../src/backends/llama/thread-choice.ts';
import {FakeMachine} from '../../../helpers/fake-llama.ts';

const quiet = (threads: number): number => 20 / threads;
const disturbed = (threads: number): number => (threads > 1 ? 400 : 20);

class Engine {
	readonly machine = new FakeMachine(quiet);
	readonly choice: ThreadChoice;
	#threads = 0;

	constructor(allotted: number, cores: number) {
		this.choice = new ThreadChoice({
			allotted,
			cores,
			use: count => (this.#threads = count),
			clock: this.machine.clock,
		});
	}

	readonly step = async (): Promise<void> => this.machine.step(this.#threads);

	/** Threads of each step of an answer. */
	async answer(tokens: number, kind: number | 'mixed' = 1): Promise<readonly number[]> {
		this.machine.steps = [];
		for (let token = 0; token < tokens; token += 1)
			await this.choice.take(kind === 'mixed' ? undefined : kind, this.step);
		return this.machine.steps;
	}

	/** As the scheduler does when it hears of it. */
	allotUseful(): void {
		this.choice.allot(this.choice.useful);
	}
}

describe('an engine that was loaded in a disturbed moment', () => {
	const loaded = async (): Promise<Engine> => {
		const engine = new Engine(2, 2);
		engine.machine.stepMs = disturbed;
		await engine.choice.tryOut(engine.step);
		return engine;
	};

	test('computes on one thread for now', async () => {
		const engine = await loaded();
		expect(engine.choice.useful).toBe(1);
		expect(new Set(await engine.answer(20))).toEqual(new Set([1]));
	});

	test('tries again on its answers after a while, and stays with what it finds', async () => {
		const engine = await loaded();
		engine.machine.stepMs = quiet;
		engine.machine.now += 5000;
		expect(engine.choice.useful).toBe(2);
		engine.allotUseful();
		// The first show that there is room for it.
		expect(await engine.answer(5)).toEqual([1, 1, 1, 1, 1]);
		expect(await engine.answer(12)).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
		expect(new Set(await engine.answer(20))).toEqual(new Set([2]));
		engine.machine.now += 1e9;
		expect(new Set(await engine.answer(20))).toEqual(new Set([2]));
	});

	test('loses one step to each repeat while it is disturbed, and repeats seven times in all', async () => {
		const engine = await loaded();
		let slow = 0;
		for (let repeat = 0; repeat < 100; repeat += 1) {
			engine.machine.now += 1e9;
			engine.allotUseful();
			const steps = await engine.answer(20);
			expect(steps.filter(threads => threads === 2).length).toBeLessThanOrEqual(1);
			slow += steps.filter(threads => threads === 2).length;
		}
		expect(slow).toBe(7);
		expect(engine.choice.useful).toBe(1);
	});

	test('loses nothing while its one thread is held up', async () => {
		const engine = await loaded();
		engine.machine.share = 0.5;
		for (let repeat = 0; repeat < 20; repeat += 1) {
			engine.machine.now += 1e9;
			engine.allotUseful();
			expect(new Set(await engine.answer(20))).toEqual(new Set([1]));
		}
	});

	test('waits three times as long after each repeat', async () => {
		const engine = await loaded();
		const waits: number[] = [];
		for (let repeat = 0; repeat < 3; repeat += 1) {
			const since = engine.machine.now;
			while (engine.choice.useful === 1) engine.machine.now += 1000;
			waits.push(engine.machine.now - since);
			engine.allotUseful();
			await engine.answer(20);
		}
		// The trial itself takes a part of the next wait.
		expect(waits[0]).toBe(5000);
		expect(waits[1]! / 15_000).toBeCloseTo(1, 0);
		expect(waits[2]! / 45_000).toBeCloseTo(1, 0);
	});

	test('tries nothing while it reads a prompt', async () => {
		const engine = await loaded();
		engine.machine.now += 5000;
		engine.allotUseful();
		expect(new Set(await engine.answer(20, 'mixed'))).toEqual(new Set([1]));
	});

	test('compares only steps alike, and those at one allotment', async () => {
		const engine = await loaded();
		engine.machine.stepMs = quiet;
		engine.machine.now += 5000;
		engine.allotUseful();
		await engine.answer(5);
		expect(await engine.answer(3, 1)).toEqual([2, 1, 2]);
		expect(await engine.answer(3, 2)).toEqual([2, 1, 2]);
		engine.choice.allot(1);
		expect(await engine.answer(3, 1)).toEqual([1, 1, 1]);
		engine.choice.allot(2);
		expect(await engine.answer(3, 1)).toEqual([1, 2, 1]);
	});

	test('learns nothing from a step during which cores went to another engine', async () => {
		const engine = await loaded();
		engine.machine.stepMs = quiet;
		engine.machine.now += 5000;
		engine.allotUseful();
		await engine.answer(5);
		await engine.choice.take(1, async () => {
			engine.choice.allot(1);
			engine.machine.now += 1000;
		});
		engine.choice.allot(2);
		expect(await engine.answer(12)).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
		expect(new Set(await engine.answer(20))).toEqual(new Set([2]));
	});

	test('never takes more threads than it was allotted', async () => {
		const engine = await loaded();
		engine.machine.now += 5000;
		engine.choice.allot(1);
		expect(new Set(await engine.answer(30))).toEqual(new Set([1]));
	});
});

test('an engine that was loaded in a quiet moment never tries again', async () => {
	const engine = new Engine(2, 2);
	await engine.choice.tryOut(engine.step);
	engine.machine.now += 1e9;
	expect(engine.choice.useful).toBe(2);
	expect(new Set(await engine.answer(30))).toEqual(new Set([2]));
});

test('where all that were tried were worth it, more are wanted', async () => {
	const engine = new Engine(2, 8);
	await engine.choice.tryOut(engine.step);
	expect(engine.choice.useful).toBe(8);
});

test('an engine that was loaded beside others tries with the first answer for which it has threads', async () => {
	const engine = new Engine(1, 4);
	await engine.choice.tryOut(engine.step);
	expect(engine.choice.useful).toBe(4);
	expect(new Set(await engine.answer(10))).toEqual(new Set([1]));
	engine.machine.stepMs = threads => (threads === 4 ? 10 : 20 / threads);
	engine.allotUseful();
	await engine.answer(30);
	expect(engine.choice.useful).toBe(2);
});

test('an engine that never tried goes down to what other programs leave it', async () => {
	const engine = new Engine(1, 4);
	await engine.choice.tryOut(engine.step);
	engine.machine.share = 0.5;
	engine.allotUseful();
	expect((await engine.answer(30)).at(-1)).toBe(2);
	expect(engine.choice.useful).toBe(2);
	engine.machine.share = 1;
	engine.machine.now += 5000;
	engine.allotUseful();
	await engine.answer(40);
	expect(engine.choice.useful).toBe(4);
});

test('steps that differ in length are compared by their size', async () => {
	const engine = new Engine(1, 2);
	engine.choice.allot(2);
	const sizes = [1, 1.9, 1.5, 1, 1.9, 1.2, 1.4, 1, 1.1, 1.8, 1.3, 1.6];
	for (const size of [...sizes, ...sizes]) {
		engine.machine.stepMs = threads => (size * 20) / threads;
		await engine.choice.take(5, engine.step, size);
	}
	engine.machine.stepMs = quiet;
	expect(new Set(await engine.answer(5))).toEqual(new Set([2]));
	expect(engine.choice.useful).toBe(2);
});

test('a machine of one core tries nothing', async () => {
	const engine = new Engine(1, 1);
	await engine.choice.tryOut(engine.step);
	expect(engine.choice.useful).toBe(1);
	expect(new Set(await engine.answer(5))).toEqual(new Set([1]));
});
