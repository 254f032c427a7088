import type {Footprint} from '../contract/engine.ts';
import {minus, poolsOf} from './footprint.ts';
import type {EngineRecord} from './engine-record.ts';
import type {Waiter} from './queue.ts';

/** Nobody may be overtaken for longer than this, however long the engine in its way takes to load. */
const mostPatienceMs = 10_000;

/**
 * What those at the head of the queue who wait for room have been promised, so that later ones
 * neither take it nor keep it busy. Made anew for each pass over the queue.
 */
export class Reservations {
	/** Bytes that will be left in each pool once the waiters ahead have what they wait for. */
	readonly #left = new Map<string, number>();
	readonly #claims = new Map<string, Waiter>();

	/** True when a waiter ahead waits for room in one of these pools: then later ones evict nothing there. */
	touches(need: Footprint): boolean {
		return this.#left.size > 0 && poolsOf(need).some(pool => this.#left.has(pool));
	}

	/** True when `need` can be had now and those ahead lose nothing by it. */
	spares(need: Footprint): boolean {
		return poolsOf(need).every(pool => (need[pool] ?? 0) <= (this.#left.get(pool) ?? Infinity));
	}

	/** @param after Bytes free once everything this waiter waits for is gone. */
	hold(waiter: Waiter, need: Footprint, after: Footprint): void {
		const left = minus(after, need);
		for (const pool of poolsOf(need)) this.#left.set(pool, left[pool] ?? 0);
		for (const id of waiter.claims) this.#claims.set(id, waiter);
	}

	take(need: Footprint): void {
		for (const [pool, bytes] of Object.entries(need)) {
			const left = this.#left.get(pool);
			if (left !== undefined) this.#left.set(pool, left - bytes);
		}
	}

	/**
	 * May a later waiter still use an engine that an earlier one wants gone? Yes, for as long as the engine would
	 * take to come back: to hold out that long costs the earlier one no more than bringing it back would cost the later.
	 * But batch work never makes a person wait.
	 */
	withholds(engine: EngineRecord, from: Waiter, now: number): boolean {
		const claimant = this.#claims.get(engine.id);
		if (claimant === undefined) return false;
		if (claimant.priority === 'interactive' && from.priority === 'batch') return true;
		return now - claimant.since >= Math.min(engine.reloadMs, mostPatienceMs);
	}
}
