import type {Footprint} from '../contract/engine.ts';

/** Arithmetic on bytes per memory pool. A pool that is not named holds nothing. */

export function plus(a: Footprint, b: Footprint): Footprint {
	return total([a, b]);
}

/** May go below zero: an engine can measure larger than its estimate. */
export function minus(a: Footprint, b: Footprint): Footprint {
	const rest: Record<string, number> = {...a};
	for (const pool of Object.keys(b)) rest[pool] = (rest[pool] ?? 0) - (b[pool] ?? 0);
	return rest;
}

export function total(footprints: Iterable<Footprint>): Footprint {
	const sum: Record<string, number> = {};
	for (const footprint of footprints) {
		for (const pool of Object.keys(footprint)) sum[pool] = (sum[pool] ?? 0) + (footprint[pool] ?? 0);
	}
	return sum;
}

/** True when every pool that `need` names has that much room. */
export function fits(need: Footprint, room: Footprint): boolean {
	return Object.keys(need).every(pool => (need[pool] ?? 0) <= (room[pool] ?? 0));
}

/** Only the pools that hold something. */
export function positive(footprint: Footprint): Footprint {
	return Object.fromEntries(Object.entries(footprint).filter(([, bytes]) => bytes > 0));
}

/** Bytes in the given pools, or in all. */
export function bytesIn(footprint: Footprint, pools: Iterable<string> = Object.keys(footprint)): number {
	let bytes = 0;
	for (const pool of pools) bytes += footprint[pool] ?? 0;
	return bytes;
}
