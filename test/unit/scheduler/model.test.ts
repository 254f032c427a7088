import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {Candidate} from '../../../src/scheduler/candidate.ts';
import {SchedulerCore} from '../../../src/scheduler/core.ts';
import type {Effects} from '../../../src/scheduler/effects.ts';
import {candidate, ram} from './harness.ts';

/**
 * A world that answers every effect at some later time, in any order, and checks after each event what must
 * always hold. Models a to f take 1 to 6 of 10 bytes; `big` takes all of them, `huge` never fits.
 */
const capacity = 10;
const cores = 4;
const sizes: Readonly<Record<string, number>> = {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, big: 10, huge: 11};

class World {
	readonly clock = {now: 0};
	/** What each asker has heard. */
	readonly answers = new Map<number, string[]>();
	readonly cancelled = new Set<number>();
	readonly held = new Map<number, string>();
	readonly loading = new Map<string, Candidate>();
	readonly aborted = new Set<string>();
	readonly ready = new Set<string>();
	readonly leaving = new Set<string>();
	readonly shrinking = new Set<string>();
	readonly threads = new Map<string, number>();
	readonly core: SchedulerCore;
	#ticket = 0;

	constructor() {
		const effects: Effects = {
			load: (candidate, threads) => {
				expect(this.exists(candidate.id), `${candidate.id} is loaded while it is there`).toBe(false);
				this.loading.set(candidate.id, candidate);
				this.threads.set(candidate.id, threads);
			},
			abort: id => {
				expect(this.loading.has(id)).toBe(true);
				expect(this.wanted(id), `${id} is aborted while someone waits for it`).toBe(false);
				this.aborted.add(id);
			},
			unload: id => {
				expect(this.ready.has(id), `${id} is unloaded while it is not ready`).toBe(true);
				expect([...this.held.values()], `${id} is unloaded while it is leased`).not.toContain(id);
				this.ready.delete(id);
				this.leaving.add(id);
			},
			shrink: id => {
				expect([...this.held.values()], `${id} shrinks while it is leased`).not.toContain(id);
				this.shrinking.add(id);
			},
			grant: (ticket, id) => {
				expect(this.ready.has(id) && !this.shrinking.has(id)).toBe(true);
				this.answer(ticket, 'grant');
				this.held.set(ticket, id);
			},
			reject: (ticket, error) => this.answer(ticket, error.code),
			wake: () => undefined,
			threads: (id, count) => this.threads.set(id, count),
		};
		const limits = {budget: {capacity: ram(capacity), headroom: {}}, cores, queueLimit: 8, keepAliveMs: 50};
		this.core = new SchedulerCore(limits, effects, () => this.clock.now);
	}

	exists(id: string): boolean {
		return this.loading.has(id) || this.ready.has(id) || this.leaving.has(id);
	}

	wanted(id: string): boolean {
		return this.core.waitingFor(id).length > 0;
	}

	answer(ticket: number, answer: string): void {
		this.answers.get(ticket)?.push(answer);
	}

	ask(model: string, keepAlive: number, batch: boolean): void {
		const ticket = ++this.#ticket;
		this.answers.set(ticket, []);
		this.core.ask({
			ticket,
			model,
			candidates: [candidate(model, sizes[model]!)],
			keepAlive,
			priority: batch ? 'batch' : 'interactive',
		});
	}

	cancel(pick: number): void {
		const waiting = [...this.answers].filter(([ticket, heard]) => heard.length === 0 && !this.cancelled.has(ticket));
		const ticket = waiting[pick % Math.max(1, waiting.length)]?.[0];
		if (ticket === undefined) return;
		this.cancelled.add(ticket);
		this.core.cancel(ticket);
	}

	release(pick: number): void {
		const ticket = nth(this.held.keys(), pick);
		if (ticket === undefined) return;
		this.held.delete(ticket);
		this.core.release(ticket);
	}

	endLoad(pick: number, fails: boolean, grows: boolean): void {
		const id = nth(this.loading.keys(), pick);
		if (id === undefined) return;
		this.loading.delete(id);
		if (this.aborted.delete(id)) return this.core.unloaded(id);
		if (fails) return this.core.loadFailed(id, new MofaError('model-invalid', {model: id, problem: 'damaged'}));
		this.ready.add(id);
		const bytes = sizes[id]! + (grows ? 1 : 0);
		this.core.loaded(id, {
			footprint: ram(bytes),
			...(bytes > 2 ? {reclaimable: ram(1)} : {}),
			slots: 1 + (bytes % 3),
			usefulThreads: 1 + (bytes % 4),
		});
	}

	endUnload(pick: number): void {
		const id = nth(this.leaving, pick);
		if (id === undefined) return;
		this.leaving.delete(id);
		this.core.unloaded(id);
	}

	endShrink(pick: number, fails: boolean): void {
		const id = nth(this.shrinking, pick);
		if (id === undefined) return;
		this.shrinking.delete(id);
		if (fails) return this.core.shrinkFailed(id);
		const held = this.core.engines.find(engine => engine.id === id)?.footprint['ram'] ?? 0;
		this.core.shrunk(id, ram(held - 1));
	}

	die(pick: number): void {
		const id = nth(this.ready, pick);
		if (id === undefined) return;
		for (const [ticket, engine] of this.held) if (engine === id) this.held.delete(ticket);
		this.shrinking.delete(id);
		this.core.died(id, new MofaError('runner-failed', {model: id, reason: 'killed', detail: ''}));
	}

	/** The world comes to rest: everything that is under way ends well, every lease is given back. */
	rest(): void {
		for (let step = 0; step < 500; step++) {
			this.clock.now += 1000;
			for (const id of this.ready) this.core.woke(id);
			if (this.loading.size > 0) this.endLoad(0, false, false);
			else if (this.leaving.size > 0) this.endUnload(0);
			else if (this.shrinking.size > 0) this.endShrink(0, false);
			else if (this.held.size > 0) this.release(0);
			else return;
			this.check(true);
		}
		throw new Error('the world never comes to rest');
	}

	check(mayBeOver: boolean): void {
		const tracked = this.core.tracked['ram'] ?? 0;
		if (!mayBeOver) expect(tracked).toBeLessThanOrEqual(capacity);
		for (const [ticket, heard] of this.answers) {
			expect(heard.length + Number(this.cancelled.has(ticket)), `ask ${ticket} is answered once`).toBeLessThanOrEqual(
				1,
			);
		}
		const counted = this.core.engines.reduce((sum, {footprint}) => sum + (footprint['ram'] ?? 0), 0);
		expect(tracked, 'the running sum is the sum').toBe(counted);
		const active = this.core.engines.filter(engine => engine.active);
		const dealt = active.map(({id}) => this.threads.get(id) ?? 0);
		expect(Math.min(1, ...dealt)).toBe(1);
		expect(dealt.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(Math.max(cores, active.length));
		expect(this.core.waiting).toBeLessThanOrEqual(8);
		for (const id of new Set(this.held.values())) {
			const engine = this.core.engines.find(one => one.id === id);
			expect(engine?.leases.size).toBeLessThanOrEqual(engine?.slots ?? 0);
		}
	}
}

function nth<T>(items: Iterable<T>, pick: number): T | undefined {
	const list = [...items];
	return list[pick % Math.max(1, list.length)];
}

type Step = (world: World) => void;

const model = fc.constantFrom(...Object.keys(sizes));
const pick = fc.nat(20);
const steps = (growth: boolean): fc.Arbitrary<Step[]> =>
	fc.array(
		fc.oneof(
			{
				weight: 6,
				arbitrary: fc
					.tuple(model, fc.constantFrom(0, 50, Infinity), fc.boolean())
					.map(([name, keepAlive, batch]): Step => {
						// A pinned model may keep others out for good: that is tested on its own.
						const finite = keepAlive === Infinity && name !== 'a' ? 50 : keepAlive;
						return world => world.ask(name, finite, batch);
					}),
			},
			{
				weight: 3,
				arbitrary: pick.map(
					(at): Step =>
						world =>
							world.release(at),
				),
			},
			{
				weight: 4,
				arbitrary: fc.tuple(pick, fc.nat(9)).map(
					([at, luck]): Step =>
						world =>
							world.endLoad(at, luck === 0, growth && luck === 1),
				),
			},
			{
				weight: 3,
				arbitrary: pick.map(
					(at): Step =>
						world =>
							world.endUnload(at),
				),
			},
			{
				weight: 2,
				arbitrary: fc.tuple(pick, fc.nat(5)).map(
					([at, luck]): Step =>
						world =>
							world.endShrink(at, luck === 0),
				),
			},
			{
				weight: 1,
				arbitrary: pick.map(
					(at): Step =>
						world =>
							world.cancel(at),
				),
			},
			{
				weight: 1,
				arbitrary: pick.map(
					(at): Step =>
						world =>
							world.die(at),
				),
			},
			{
				weight: 1,
				arbitrary: model.map(
					(name): Step =>
						world =>
							void world.core.unload(name, true),
				),
			},
			{
				weight: 1,
				arbitrary: fc.tuple(model, fc.boolean()).map(
					([name, on]): Step =>
						world =>
							void world.core.pin(name, on && name === 'a'),
				),
			},
			{
				weight: 2,
				arbitrary: fc.nat(400).map((ms): Step => world => {
					world.clock.now += ms;
					for (const id of world.ready) world.core.woke(id);
				}),
			},
		),
		{minLength: 1, maxLength: 120},
	);

function play(sequence: readonly Step[], growth: boolean): World {
	const world = new World();
	for (const step of sequence) {
		step(world);
		world.check(growth);
	}
	return world;
}

test('whatever happens, the budget holds, nothing in use goes, and everyone is answered once', () => {
	fc.assert(
		fc.property(steps(false), sequence => {
			play(sequence, false);
		}),
		{numRuns: 400},
	);
});

test('whatever happened, once leases end everyone who waits has been answered', () => {
	fc.assert(
		fc.property(steps(true), sequence => {
			const world = play(sequence, true);
			world.rest();
			expect(world.core.waiting).toBe(0);
			for (const [ticket, heard] of world.answers) {
				expect(heard.length + Number(world.cancelled.has(ticket)), `ask ${ticket}`).toBe(1);
			}
		}),
		{numRuns: 400},
	);
});

test('whatever happened, a drain leaves nothing behind', () => {
	fc.assert(
		fc.property(steps(true), sequence => {
			const world = play(sequence, true);
			world.core.drain();
			world.rest();
			expect(world.core.size).toBe(0);
		}),
		{numRuns: 200},
	);
});
