import type {Footprint} from '../contract/engine.ts';

/**
 * Arithmetic on bytes per memory pool. A pool that is not named holds nothing. This runs for every engine and every
 * waiter at every decision, hence the plain loops.
 */

export function plus(a: Footprint, b: Footprint): Footprint {
	const sum = {...a};
	add(sum, b);
	return sum;
}

/** May go below zero: an engine can measure larger than its estimate. */
export function minus(a: Footprint, b: Footprint): Footprint {
	const rest = {...a};
	subtract(rest, b);
	return rest;
}

export function add(sum: Record<string, number>, footprint: Footprint): void {
	for (const pool in footprint) sum[pool] = (sum[pool] ?? 0) + (footprint[pool] ?? 0);
}

export function subtract(sum: Record<string, number>, footprint: Footprint): void {
	for (const pool in footprint) sum[pool] = (sum[pool] ?? 0) - (footprint[pool] ?? 0);
}

/** True when every pool in which `need` wants something has that much room. */
export function fits(need: Footprint, room: Footprint): boolean {
	for (const pool in need) {
		const bytes = need[pool] ?? 0;
		if (bytes > 0 && bytes > (room[pool] ?? 0)) return false;
	}
	return true;
}

/** The pools that hold something. */
export function poolsOf(footprint: Footprint): readonly string[] {
	return Object.keys(footprint).filter(pool => (footprint[pool] ?? 0) > 0);
}

/** Only the pools that hold something, in whole bytes. */
export function positive(footprint: Footprint): Footprint {
	return Object.fromEntries(poolsOf(footprint).map(pool => [pool, Math.ceil(footprint[pool] ?? 0)]));
}

/** Bytes in the given pools, or in all. */
export function bytesIn(footprint: Footprint, pools: Iterable<string> = Object.keys(footprint)): number {
	let bytes = 0;
	for (const pool of pools) bytes += footprint[pool] ?? 0;
	return bytes;
}
