import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {ascending} from '../../../src/scheduler/ascending.ts';
import {Breaker, Breakers} from '../../../src/scheduler/breaker.ts';
import {budgetOf, foreignBytes} from '../../../src/scheduler/budget.ts';
import {reloadMsOf} from '../../../src/scheduler/candidate.ts';
import {ServiceTimes} from '../../../src/scheduler/service-times.ts';
import {allot} from '../../../src/scheduler/threads.ts';
import {candidate, ram} from './harness.ts';

const gibibyte = 1024 ** 3;

describe('threads', () => {
	const sharer = (id: string, usefulThreads = 64, urgent = true): Parameters<typeof allot>[1][number] => ({
		id,
		usefulThreads,
		urgent,
	});
	const shares = (cores: number, ...sharers: Parameters<typeof allot>[1]): Record<string, number> =>
		Object.fromEntries(allot(cores, sharers));

	test('one engine alone gets all the cores it can use', () => {
		expect(shares(8, sharer('a'))).toEqual({a: 8});
		expect(shares(8, sharer('a', 3))).toEqual({a: 3});
	});

	test('engines share evenly, and the odd core goes to the first', () => {
		expect(shares(2, sharer('a'), sharer('b'))).toEqual({a: 1, b: 1});
		expect(shares(5, sharer('a'), sharer('b'))).toEqual({a: 3, b: 2});
	});

	test('everyone gets one core, even when there are fewer cores than engines', () => {
		expect(shares(2, sharer('a'), sharer('b'), sharer('c'))).toEqual({a: 1, b: 1, c: 1});
		expect(shares(0, sharer('a', 0))).toEqual({a: 1});
	});

	test('what one cannot use goes to the others', () => {
		expect(shares(8, sharer('a', 2), sharer('b'))).toEqual({a: 2, b: 6});
	});

	test('those a person waits for have enough before batch work has more than one', () => {
		expect(shares(8, sharer('batch', 64, false), sharer('chat', 4))).toEqual({batch: 4, chat: 4});
		expect(shares(4, sharer('batch', 64, false), sharer('chat', 4))).toEqual({batch: 1, chat: 3});
	});
});

describe('budget', () => {
	test('main memory keeps a tenth, and at least a gibibyte', () => {
		expect(budgetOf({pools: {ram: 64 * gibibyte}}).capacity['ram']).toBe(Math.floor(57.6 * gibibyte));
		expect(budgetOf({pools: {ram: 8 * gibibyte}}).capacity).toEqual({ram: 7 * gibibyte});
	});

	test('a small machine keeps half', () => {
		expect(budgetOf({pools: {ram: gibibyte}}).capacity).toEqual({ram: gibibyte / 2});
	});

	test('unified memory keeps a quarter, a card a twentieth', () => {
		const {capacity} = budgetOf({pools: {unified: 32 * gibibyte, 'cuda:0': 20 * gibibyte}});
		expect(capacity).toEqual({unified: 24 * gibibyte, 'cuda:0': 19 * gibibyte});
	});

	test('the limit of a control group is the size of the machine', () => {
		const {capacity} = budgetOf({pools: {ram: 64 * gibibyte}}, {limits: {ram: 4 * gibibyte}});
		expect(capacity).toEqual({ram: 3 * gibibyte});
	});

	test('the user’s word replaces the rule, not the size of the machine', () => {
		const device = {pools: {ram: 8 * gibibyte}};
		expect(budgetOf(device, {wanted: {ram: 2 * gibibyte}}).capacity).toEqual({ram: 2 * gibibyte});
		expect(budgetOf(device, {wanted: {ram: 99 * gibibyte}})).toEqual({
			capacity: {ram: 8 * gibibyte},
			headroom: {ram: 0},
		});
	});

	test('a reading raises what counts as used, and never lowers it', () => {
		const budget = {capacity: ram(10), headroom: ram(1)};
		expect(foreignBytes(budget, ram(100), ram(4))).toEqual({});
		expect(foreignBytes(budget, ram(7), ram(4))).toEqual({});
		expect(foreignBytes(budget, ram(5), ram(4))).toEqual(ram(2));
		expect(foreignBytes(budget, {}, ram(4))).toEqual({});
	});
});

describe('breaker', () => {
	const error = new MofaError('load-failed', {model: 'a', problem: 'x'});

	test('three failures in a row open it for 30 s', () => {
		const breaker = new Breaker();
		breaker.failed(error, 0);
		breaker.failed(error, 1000);
		expect(breaker.gate(1000)).toEqual({kind: 'pass'});
		breaker.failed(error, 2000);
		expect(breaker.gate(3000)).toEqual({kind: 'resting', ms: 29_000, error});
		expect(breaker.gate(32_000)).toEqual({kind: 'pass'});
	});

	test('a success between them starts the count anew', () => {
		const breaker = new Breaker();
		for (const now of [0, 1]) breaker.failed(error, now);
		breaker.succeeded();
		for (const now of [2, 3]) breaker.failed(error, now);
		expect(breaker.gate(4)).toEqual({kind: 'pass'});
	});

	test('after the rest one probe goes, and decides', () => {
		const breaker = new Breaker();
		for (const now of [0, 1, 2]) breaker.failed(error, now);
		breaker.started();
		expect(breaker.gate(40_000)).toEqual({kind: 'probing'});
		breaker.failed(error, 40_000);
		expect(breaker.gate(69_999).kind).toBe('resting');
		breaker.started();
		breaker.succeeded();
		expect(breaker.gate(70_000)).toEqual({kind: 'pass'});
	});

	test('a probe that was given up leaves the next one to try', () => {
		const breaker = new Breaker();
		for (const now of [0, 1, 2]) breaker.failed(error, now);
		breaker.started();
		breaker.abandoned();
		expect(breaker.gate(40_000)).toEqual({kind: 'pass'});
	});

	test('a damaged file says nothing about its backend', () => {
		const breakers = new Breakers();
		for (const id of ['a', 'b', 'c', 'd']) {
			breakers.loadFailed(candidate(id, 1), new MofaError('model-invalid', {model: id, problem: 'truncated'}), 0);
		}
		expect(breakers.gate(candidate('e', 1), 0)).toEqual({kind: 'pass'});
	});

	test('a probe that fails opens it again, whoever made it', () => {
		const breakers = new Breakers();
		for (const id of ['a', 'b', 'c']) breakers.loadFailed(candidate(id, 1), error, 0);
		breakers.started(candidate('a', 1));
		breakers.loadFailed(candidate('a', 1), error, 40_000);
		expect(breakers.gate(candidate('d', 1), 40_001).kind).toBe('resting');
	});

	test('only so many failures are remembered, the latest', () => {
		const breakers = new Breakers();
		for (const now of [0, 1, 2]) breakers.died(candidate('a', 1), error, now);
		for (let other = 0; other < 1024; other++) breakers.died(candidate(`other ${other}`, 1), error, 3);
		expect(breakers.gate(candidate('a', 1), 4)).toEqual({kind: 'pass'});
	});

	test('an engine that loads well and then dies again and again rests', () => {
		const breakers = new Breakers();
		const one = candidate('a', 1);
		for (const now of [0, 1, 2]) {
			breakers.loaded(one);
			breakers.died(one, error, now);
		}
		expect(breakers.gate(one, 3).kind).toBe('resting');
		expect(breakers.gate(candidate('b', 1), 3)).toEqual({kind: 'pass'});
	});

	test('an engine that has served starts its count anew', () => {
		const breakers = new Breakers();
		const one = candidate('a', 1);
		for (const now of [0, 1]) breakers.died(one, error, now);
		breakers.served(one);
		breakers.died(one, error, 2);
		expect(breakers.gate(one, 3)).toEqual({kind: 'pass'});
	});
});

describe('service times', () => {
	test('the time to come back is what the queue takes at the pace of late', () => {
		const times = new ServiceTimes();
		times.add(2000);
		expect(times.retryAfterSeconds(10, 2)).toBe(10);
		expect(times.retryAfterSeconds(10, 0)).toBe(20);
	});

	test('it is at least a second and at most ten minutes', () => {
		const times = new ServiceTimes();
		times.add(1);
		expect(times.retryAfterSeconds(1, 1)).toBe(1);
		times.add(1e9);
		expect(times.retryAfterSeconds(500, 1)).toBe(600);
	});

	test('newer services count for more', () => {
		const times = new ServiceTimes();
		for (let service = 0; service < 50; service++) times.add(1000);
		for (let service = 0; service < 50; service++) times.add(5000);
		expect(times.retryAfterSeconds(1, 1)).toBe(5);
	});
});

test('a model that was never timed is thought to load at a gigabyte a second', () => {
	const {reloadMs: _, ...untimed} = candidate('a', 3e9);
	expect(reloadMsOf(untimed)).toBe(3000);
});

test('items come in ascending order, equals as they came', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(9)), keys => {
			const items = keys.map((key, place) => ({key, place}));
			const sorted = items.toSorted((a, b) => a.key - b.key);
			expect([...ascending(items, item => item.key)]).toEqual(sorted);
		}),
	);
});
