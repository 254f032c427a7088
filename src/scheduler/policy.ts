import type {Footprint} from '../contract/engine.ts';
import {bytesIn, fits, minus, plus, total} from './footprint.ts';

/** An engine as the policy sees it. Pure data: no clock, no state, no effects in this file. */
export interface Resident {
	readonly id: string;
	readonly model: string;
	readonly footprint: Footprint;
	/** What it can drop and make again (a context); null: nothing. */
	readonly reclaimable: Footprint | null;
	/** On its way out: still counted as used, and soon free; null: it stays. */
	readonly leaving: Footprint | null;
	/** Leased or loading: it may be waited for, never evicted. */
	readonly held: boolean;
	/** It may not even be waited for. */
	readonly pinned: boolean;
	readonly idleMs: number;
	readonly reloadMs: number;
}

/** All residents and the sums over them, made once and asked often. */
export interface View {
	readonly residents: readonly Resident[];
	/** What there is beside the pinned. */
	readonly has: Footprint;
	readonly free: Footprint;
	/** `free`, when those already leaving are gone. */
	readonly soon: Footprint;
}

/** Who wants room, and how much of it. */
export interface Newcomer {
	readonly need: Footprint;
	/** An idle engine of the same model is worth nothing beside the one that takes its place. */
	readonly model: string;
	/** Someone ahead waits for room in the same pool: then it may take what is free, but evict nobody. */
	readonly behind: boolean;
}

export type Verdict =
	/** There is room now. */
	| {readonly kind: 'fits'}
	/** There is room once these idle engines dropped their context, or are gone altogether. */
	| {readonly kind: 'clear'; readonly shrink: readonly string[]; readonly unload: readonly string[]}
	/** There is room once these have gone, or have been released and gone. */
	| {readonly kind: 'wait'; readonly awaits: readonly string[]}
	/** Not beside what is pinned, whoever leaves. */
	| {readonly kind: 'never'; readonly needs: Footprint; readonly has: Footprint};

export function viewOf(residents: readonly Resident[], capacity: Footprint): View {
	const free = minus(capacity, total(residents.map(one => one.footprint)));
	return {
		residents,
		has: minus(capacity, total(residents.filter(one => one.pinned).map(one => one.footprint))),
		free,
		soon: plus(free, total(residents.map(one => one.leaving ?? {}))),
	};
}

/**
 * Can it have room among the residents?
 *
 * 1. More than the machine has beside what is pinned: never.
 * 2. It fits into what is free: fits.
 * 3. It fits when those already leaving are gone, or it is behind someone: wait, and evict nobody.
 * 4. It fits without some of the idle: clear these.
 * 5. Otherwise wait for the engines whose loss costs least.
 */
export function decide({need, model, behind}: Newcomer, {residents, has, free, soon}: View): Verdict {
	if (!fits(need, has)) return {kind: 'never', needs: need, has}; // 1
	if (fits(need, free)) return {kind: 'fits'}; // 2
	if (behind || fits(need, soon)) return {kind: 'wait', awaits: []}; // 3

	const staying = residents.filter(one => !one.pinned && one.leaving === null);
	const idle = staying.filter(one => !one.held);
	const now = cheapest(minus(need, soon), idle, model);
	if (now !== null) return {kind: 'clear', ...now}; // 4
	const later = cheapest(minus(need, soon), staying, model);
	return {kind: 'wait', awaits: later?.unload ?? staying.map(one => one.id)}; // 5
}

/** More is in use than there should be: which of the idle go? The cheapest set that helps, or all when none does. */
export function relieve({residents, soon}: View): Plan {
	const idle = residents.filter(one => !one.held && !one.pinned && one.leaving === null);
	const over = minus({}, soon);
	return (
		cheapest(over, idle, null) ?? {
			shrink: [],
			unload: idle.filter(one => helps(one.footprint, over)).map(one => one.id),
		}
	);
}

/** What is lost with an engine: milliseconds to bring it back, the less the longer nobody wanted it. */
export function valueOf({reloadMs, idleMs}: Pick<Resident, 'reloadMs' | 'idleMs'>): number {
	return reloadMs / (1 + idleMs / 60_000);
}

/** Twice its share and half a gibibyte for the process itself: beyond that an engine leaks and should start afresh. */
export function leaks(footprint: Footprint, rss: number): boolean {
	return rss > 2 * bytesIn(footprint) + 512 * 1024 ** 2;
}

export interface Plan {
	readonly shrink: readonly string[];
	readonly unload: readonly string[];
}

interface Step {
	readonly id: string;
	readonly kind: 'shrink' | 'unload';
	readonly frees: Footprint;
	readonly loses: number;
	/** For an unload, the shrink of the same engine. */
	readonly softer: Step | null;
}

/**
 * The cheapest set that frees `missing`, or null. Greedy: contexts first, longest idle first; then whole
 * engines, least value lost for each byte first; then whatever turned out unnecessary is taken back.
 */
function cheapest(missing: Footprint, evictable: readonly Resident[], newcomer: string | null): Plan | null {
	const shortage = new Shortage(missing);
	if (!shortage.metBy(evictable.map(one => one.footprint))) return null;
	const chosen = new Map<string, Step>();
	for (const step of [...shrinks(evictable), ...unloads(evictable, shortage.pools, newcomer)]) {
		if (shortage.met) break;
		// Unloading an engine gives back its context too, so it replaces the shrink of the same engine.
		shortage.grow(chosen.get(step.id)?.frees ?? {});
		shortage.ease(step.frees);
		chosen.set(step.id, step);
	}
	return planOf(prune(shortage, [...chosen.values()]));
}

function shrinks(evictable: readonly Resident[]): readonly Step[] {
	return evictable
		.filter(one => one.reclaimable !== null)
		.toSorted((a, b) => b.idleMs - a.idleMs)
		.map(shrinkOf)
		.filter(step => step !== null);
}

function shrinkOf({id, reclaimable}: Resident): Step | null {
	return reclaimable && {id, kind: 'shrink', frees: reclaimable, loses: 0, softer: null};
}

function unloads(evictable: readonly Resident[], pools: readonly string[], newcomer: string | null): readonly Step[] {
	return evictable
		.map(one => {
			const loses = one.model === newcomer ? 0 : valueOf(one);
			const step: Step = {id: one.id, kind: 'unload', frees: one.footprint, loses, softer: shrinkOf(one)};
			return {step, perByte: loses / Math.max(1, bytesIn(one.footprint, pools))};
		})
		.toSorted((a, b) => a.perByte - b.perByte)
		.map(({step}) => step);
}

/** Takes back the most valuable first, and of equals the last chosen, whole or all but its context, as long as the rest still makes room. */
function prune(shortage: Shortage, steps: readonly Step[]): readonly Step[] {
	const kept: Step[] = [];
	for (const step of steps.toReversed().toSorted((a, b) => b.loses - a.loses || rough(b) - rough(a))) {
		shortage.grow(step.frees);
		if (shortage.met) continue;
		shortage.ease(step.softer?.frees ?? {});
		if (step.softer !== null && shortage.met) {
			kept.push(step.softer);
			continue;
		}
		shortage.grow(step.softer?.frees ?? {});
		shortage.ease(step.frees);
		kept.push(step);
	}
	return kept.toReversed();
}

const rough = (step: Step): number => Number(step.kind === 'unload');

function planOf(steps: readonly Step[]): Plan {
	const ids = (kind: Step['kind']): string[] => steps.filter(step => step.kind === kind).map(step => step.id);
	return {shrink: ids('shrink'), unload: ids('unload')};
}

function helps(frees: Footprint, missing: Footprint): boolean {
	return Object.keys(frees).some(pool => (frees[pool] ?? 0) > 0 && (missing[pool] ?? 0) > 0);
}

/** Bytes still missing, in the pools where any are. It looks at nothing else, so it is quick with a thousand engines. */
class Shortage {
	readonly pools: readonly string[];
	readonly #missing: number[];

	constructor(missing: Footprint) {
		this.pools = Object.keys(missing).filter(pool => (missing[pool] ?? 0) > 0);
		this.#missing = this.pools.map(pool => missing[pool] ?? 0);
	}

	get met(): boolean {
		return this.#missing.every(bytes => bytes <= 0);
	}

	metBy(footprints: readonly Footprint[]): boolean {
		return this.pools.every(
			(pool, at) => footprints.reduce((sum, one) => sum + (one[pool] ?? 0), 0) >= (this.#missing[at] ?? 0),
		);
	}

	ease(footprint: Footprint): void {
		this.pools.forEach((pool, at) => (this.#missing[at] = (this.#missing[at] ?? 0) - (footprint[pool] ?? 0)));
	}

	grow(footprint: Footprint): void {
		this.pools.forEach((pool, at) => (this.#missing[at] = (this.#missing[at] ?? 0) + (footprint[pool] ?? 0)));
	}
}
