import {expect, test} from 'vitest';
import {
	decide,
	leaks,
	relieve,
	valueOf,
	type Newcomer,
	type Resident,
	type View,
} from '../../../src/scheduler/policy.ts';
import type {Footprint} from '../../../src/contract/engine.ts';
import {minus, plus} from '../../../src/scheduler/footprint.ts';
import {ram} from './harness.ts';

const now = 1e8;

const resident = (id: string, bytes: number, more: Partial<Resident> = {}): Resident => ({
	id,
	model: id,
	footprint: ram(bytes),
	reclaimable: null,
	leaving: null,
	held: false,
	pinned: false,
	lastUsed: now,
	reloadMs: 1000,
	...more,
});
const newcomer = (bytes: number, more: Partial<Newcomer> = {}): Newcomer => ({
	need: ram(bytes),
	model: 'new',
	of: null,
	behind: false,
	...more,
});
const viewOf = (residents: readonly Resident[], capacity: Footprint): View => {
	const sum = (footprints: ReadonlyArray<Footprint | null>): Footprint =>
		footprints.reduce<Footprint>((all, one) => plus(all, one ?? {}), {});
	const free = minus(capacity, sum(residents.map(one => one.footprint)));
	const has = minus(capacity, sum(residents.map(one => (one.pinned ? one.footprint : null))));
	return {now, residents, has, free, soon: plus(free, sum(residents.map(one => one.leaving)))};
};
const verdict = (bytes: number, residents: Resident[], more: Partial<Newcomer> = {}): ReturnType<typeof decide> =>
	decide(newcomer(bytes, more), viewOf(residents, ram(100)));

test('what is free is given', () => {
	expect(verdict(40, [resident('a', 60)])).toEqual({kind: 'fits'});
});

test('the engine that is quickest to bring back goes first', () => {
	const residents = [resident('slow', 50, {reloadMs: 9000}), resident('quick', 50, {reloadMs: 10})];
	expect(verdict(30, residents)).toEqual({kind: 'clear', shrink: [], unload: ['quick']});
});

test('of equals the one that was not wanted for longest goes first', () => {
	const residents = [resident('recent', 50, {lastUsed: now - 1000}), resident('old', 50, {lastUsed: now - 600_000})];
	expect(verdict(30, residents)).toEqual({kind: 'clear', shrink: [], unload: ['old']});
});

test('of equals the larger goes first, for it frees more', () => {
	expect(verdict(20, [resident('small', 30), resident('large', 70)])).toMatchObject({unload: ['large']});
});

test('a costly engine goes when it has been idle for long enough', () => {
	const slow = resident('slow', 50, {reloadMs: 10_000, lastUsed: now - 60 * 60_000});
	const quick = resident('quick', 50, {reloadMs: 1000, lastUsed: now - 0});
	expect(valueOf(slow, now)).toBeLessThan(valueOf(quick, now));
	expect(verdict(30, [quick, slow])).toMatchObject({unload: ['slow']});
});

test('an engine that turns out to be unnecessary is not evicted', () => {
	const residents = [resident('small', 10, {reloadMs: 1}), resident('large', 90, {reloadMs: 5000})];
	expect(verdict(80, residents)).toEqual({kind: 'clear', shrink: [], unload: ['large']});
});

test('contexts go before models', () => {
	const residents = [
		resident('a', 50, {reclaimable: ram(20), lastUsed: now - 10}),
		resident('b', 50, {reclaimable: ram(20), lastUsed: now - 20}),
	];
	expect(verdict(15, residents)).toEqual({kind: 'clear', shrink: ['b'], unload: []});
	expect(verdict(30, residents)).toEqual({kind: 'clear', shrink: ['b', 'a'], unload: []});
});

test('when contexts are not enough, one model goes and the other contexts stay', () => {
	const residents = [
		resident('a', 60, {reclaimable: ram(5), reloadMs: 10}),
		resident('b', 40, {reclaimable: ram(5), reloadMs: 9000}),
	];
	expect(verdict(50, residents)).toEqual({kind: 'clear', shrink: [], unload: ['a']});
});

test('an engine whose context is enough keeps its weights although it was first to go', () => {
	const residents = [resident('a', 20, {reclaimable: ram(10), reloadMs: 1}), resident('b', 80, {reloadMs: 90_000})];
	expect(verdict(85, residents)).toEqual({kind: 'clear', shrink: ['a'], unload: ['b']});
});

test('an idle engine of the same model goes before all others', () => {
	const residents = [resident('old', 50, {lastUsed: now - 1e7}), resident('a', 50, {model: 'new', reloadMs: 90_000})];
	expect(verdict(30, residents)).toMatchObject({unload: ['a']});
});

test('leased, loading and pinned engines are never evicted', () => {
	const residents = [resident('held', 40, {held: true}), resident('pinned', 40, {pinned: true}), resident('idle', 10)];
	expect(verdict(15, residents)).toEqual({kind: 'clear', shrink: [], unload: ['idle']});
	expect(verdict(30, residents)).toEqual({kind: 'wait'});
});

test('more than there is beside the pinned is never had', () => {
	expect(verdict(70, [resident('pinned', 40, {pinned: true})])).toEqual({kind: 'never', needs: ram(70), has: ram(60)});
});

test('a pool that the machine does not have holds nothing', () => {
	const needs = {'cuda:0': 1};
	const answer = decide(newcomer(0, {need: needs}), viewOf([], ram(100)));
	expect(answer).toEqual({kind: 'never', needs, has: ram(100)});
});

test('what is on its way out is waited for, and nothing else is evicted', () => {
	const residents = [resident('going', 50, {leaving: ram(50)}), resident('idle', 50)];
	expect(verdict(40, residents)).toEqual({kind: 'wait'});
	expect(verdict(60, residents)).toEqual({kind: 'clear', shrink: [], unload: ['idle']});
});

test('one behind another evicts nobody', () => {
	expect(verdict(60, [resident('idle', 50)], {behind: true})).toEqual({kind: 'wait'});
	expect(verdict(40, [resident('idle', 50)], {behind: true})).toEqual({kind: 'fits'});
});

test('only engines in the pool that is short are evicted', () => {
	const residents = [
		resident('ram', 90, {reloadMs: 1}),
		resident('card', 0, {footprint: {'cuda:0': 90}, reloadMs: 90_000}),
	];
	const answer = decide(newcomer(0, {need: {ram: 5, 'cuda:0': 50}}), viewOf(residents, {ram: 100, 'cuda:0': 100}));
	expect(answer).toEqual({kind: 'clear', shrink: [], unload: ['card']});
});

test('an engine that spans two pools is counted in both', () => {
	const both = resident('both', 0, {footprint: {ram: 60, 'cuda:0': 60}});
	const answer = decide(newcomer(0, {need: {ram: 50, 'cuda:0': 50}}), viewOf([both], {ram: 100, 'cuda:0': 100}));
	expect(answer).toEqual({kind: 'clear', shrink: [], unload: ['both']});
});

test('too much in use is relieved by the cheapest idle engines, or by all when that is not enough', () => {
	const residents = [
		resident('held', 60, {held: true}),
		resident('pinned', 20, {pinned: true}),
		resident('quick', 15, {reloadMs: 1}),
		resident('slow', 15),
	];
	expect(relieve(viewOf(residents, ram(100)))).toEqual({shrink: [], unload: ['quick']});
	expect(relieve(viewOf(residents, ram(50)))).toEqual({shrink: [], unload: ['quick', 'slow']});
	expect(relieve(viewOf(residents, ram(110)))).toEqual({shrink: [], unload: []});
});

test('a process far beyond its share leaks; the process itself costs nothing', () => {
	const gibibyte = 1024 ** 3;
	expect(leaks(ram(gibibyte), 2.4 * gibibyte)).toBe(false);
	expect(leaks(ram(gibibyte), 2.6 * gibibyte)).toBe(true);
	expect(leaks(ram(0), 0.1 * gibibyte)).toBe(false);
});
