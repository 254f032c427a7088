import type {Footprint} from '../contract/engine.ts';
import {ascending} from './ascending.ts';
import {bytesIn, fits, minus, poolsOf} from './footprint.ts';

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
	/** Milliseconds, on the clock of `View.now`. */
	readonly lastUsed: number;
	readonly reloadMs: number;
}

/** All residents and the room there is among them. */
export interface View {
	readonly now: number;
	readonly residents: Iterable<Resident>;
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
	readonly model: string | null;
	/** The resident it is part of, which stays whatever happens; null: it is new. */
	readonly of: Resident | null;
	/** Someone ahead waits for room in the same pool: then it may take what is free, but evict nobody. */
	readonly behind: boolean;
}

export type Verdict =
	/** There is room now. */
	| {readonly kind: 'fits'}
	/** There is room once these idle engines dropped their context, or are gone altogether. */
	| {readonly kind: 'clear'; readonly shrink: readonly string[]; readonly unload: readonly string[]}
	/** There will be room when some of the others have gone. */
	| {readonly kind: 'wait'}
	/** Not beside what is pinned, whoever leaves. */
	| {readonly kind: 'never'; readonly needs: Footprint; readonly has: Footprint};

/**
 * Can it have room among the residents?
 *
 * 1. More than the machine has beside what is pinned: never.
 * 2. It fits into what is free: fits.
 * 3. It is behind someone, or fits when those already leaving are gone: wait, and evict nobody.
 * 4. It fits without some of the idle: clear these.
 * 5. Otherwise wait for engines in use.
 */
export function decide(newcomer: Newcomer, view: View): Verdict {
	const {need, of, behind} = newcomer;
	const has = of === null || of.pinned ? view.has : minus(view.has, of.footprint);
	if (!fits(need, has)) return {kind: 'never', needs: need, has}; // 1
	if (fits(need, view.free)) return {kind: 'fits'}; // 2
	if (behind || fits(need, view.soon)) return {kind: 'wait'}; // 3
	const plan = cheapest(newcomer, idleIn(view, of), view);
	return plan === null ? {kind: 'wait'} : {kind: 'clear', ...plan}; // 4, 5
}

/** Of the engines in use and the idle, those whose loss would cost least: the ones to wait for. */
export function worthAwaiting(newcomer: Newcomer, view: View): readonly string[] {
	const staying = stayingIn(view, newcomer.of);
	return cheapest(newcomer, staying, view)?.unload ?? staying.map(one => one.id);
}

/** More is in use than there should be: which of the idle go? The cheapest set that helps, or all when none does. */
export function relieve(view: View): Plan {
	const over = minus({}, view.soon);
	const idle = idleIn(view, null);
	const plan = cheapest({need: {}, model: null, of: null, behind: false}, idle, view);
	return plan ?? {shrink: [], unload: idle.filter(one => helps(one.footprint, over)).map(one => one.id)};
}

function idleIn(view: View, except: Resident | null): readonly Resident[] {
	return stayingIn(view, except, one => !one.held);
}

function stayingIn(
	{residents}: View,
	except: Resident | null,
	condition: (resident: Resident) => boolean = () => true,
): readonly Resident[] {
	const staying: Resident[] = [];
	for (const one of residents) {
		if (one !== except && condition(one) && !one.pinned && one.leaving === null) staying.push(one);
	}
	return staying;
}

/** What is lost with an engine: milliseconds to bring it back, the less the longer nobody wanted it. */
export function valueOf({reloadMs, lastUsed}: Pick<Resident, 'reloadMs' | 'lastUsed'>, now: number): number {
	return reloadMs / (1 + (now - lastUsed) / 60_000);
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
	readonly resident: Resident;
	readonly kind: 'shrink' | 'unload';
	readonly frees: Footprint;
	readonly loses: number;
}

/**
 * The cheapest set that frees what `need` lacks, or null. Greedy: contexts first, longest idle first; then whole
 * engines, least value lost for each byte first; then whatever turned out unnecessary is taken back.
 */
function cheapest({need, model}: Newcomer, among: readonly Resident[], view: View): Plan | null {
	const shortage = new Shortage(minus(need, view.soon));
	const evictable = among.filter(one => shortage.bytesOf(one.footprint) > 0);
	if (!shortage.metBy(evictable)) return null;
	const loses = (one: Resident): number => (one.model === model ? 0 : valueOf(one, view.now));
	const chosen = new Map<Resident, Step>();
	const choose = (step: Step): void => {
		// Unloading an engine gives back its context too, so it replaces the shrink of the same engine.
		shortage.grow(chosen.get(step.resident)?.frees ?? {});
		shortage.ease(step.frees);
		chosen.set(step.resident, step);
	};
	const shrinkable = evictable.filter(one => one.reclaimable !== null);
	for (const one of ascending(shrinkable, resident => resident.lastUsed)) {
		if (shortage.met) break;
		choose({resident: one, kind: 'shrink', frees: one.reclaimable ?? {}, loses: 0});
	}
	for (const one of ascending(evictable, resident => loses(resident) / shortage.bytesOf(resident.footprint))) {
		if (shortage.met) break;
		choose({resident: one, kind: 'unload', frees: one.footprint, loses: loses(one)});
	}
	return planOf(prune(shortage, [...chosen.values()]));
}

/** Takes back the most valuable first, and of equals the last chosen, whole or all but its context. */
function prune(shortage: Shortage, steps: readonly Step[]): readonly Step[] {
	const kept: Step[] = [];
	for (const step of steps.toReversed().toSorted((a, b) => b.loses - a.loses || rough(b) - rough(a))) {
		const {resident, frees, kind} = step;
		shortage.grow(frees);
		if (shortage.met) continue;
		const context = (kind === 'unload' && resident.reclaimable) || {};
		shortage.ease(context);
		if (shortage.met) {
			kept.push({resident, kind: 'shrink', frees: context, loses: 0});
			continue;
		}
		shortage.grow(context);
		shortage.ease(frees);
		kept.push(step);
	}
	return kept.toReversed();
}

const rough = (step: Step): number => Number(step.kind === 'unload');

function planOf(steps: readonly Step[]): Plan {
	const ids = (kind: Step['kind']): string[] => steps.filter(step => step.kind === kind).map(step => step.resident.id);
	return {shrink: ids('shrink'), unload: ids('unload')};
}

function helps(frees: Footprint, missing: Footprint): boolean {
	return Object.keys(frees).some(pool => (frees[pool] ?? 0) > 0 && (missing[pool] ?? 0) > 0);
}

/** Bytes still missing, in the pools where any are. It looks at nothing else, so it is quick with a thousand engines. */
class Shortage {
	readonly #pools: readonly string[];
	readonly #missing: number[];

	constructor(missing: Footprint) {
		this.#pools = poolsOf(missing);
		this.#missing = this.#pools.map(pool => missing[pool] ?? 0);
	}

	get met(): boolean {
		return this.#missing.every(bytes => bytes <= 0);
	}

	/** Would it help to lose all of them? */
	metBy(residents: readonly Resident[]): boolean {
		return this.#pools.every((pool, at) => {
			let bytes = 0;
			for (const {footprint} of residents) bytes += footprint[pool] ?? 0;
			return bytes >= (this.#missing[at] ?? 0);
		});
	}

	/** Bytes that count here. */
	bytesOf(footprint: Footprint): number {
		return bytesIn(footprint, this.#pools);
	}

	ease(footprint: Footprint): void {
		for (const [at, pool] of this.#pools.entries())
			this.#missing[at] = (this.#missing[at] ?? 0) - (footprint[pool] ?? 0);
	}

	grow(footprint: Footprint): void {
		for (const [at, pool] of this.#pools.entries())
			this.#missing[at] = (this.#missing[at] ?? 0) + (footprint[pool] ?? 0);
	}
}
