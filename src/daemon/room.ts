import type {Footprint} from '../contract/engine.ts';
import type {ResidentReport} from '../contract/report.ts';
import type {Room} from '../models/fit/verdict.ts';
import type {Budget} from '../scheduler/budget.ts';

/**
 * The room there is for one more model. Of the main pool the system says what is free; of others only the budget and
 * what our own models hold are known. Pure.
 */
export function roomOf(
	{capacity, headroom}: Budget,
	mainPool: string,
	available: number,
	residents: readonly ResidentReport[],
): Room {
	const held = sumOf(residents.map(({footprint}) => footprint));
	const free: Record<string, number> = {};
	for (const [pool, bytes] of Object.entries(capacity)) {
		const unclaimed = bytes - (held[pool] ?? 0);
		free[pool] = Math.max(0, pool === mainPool ? Math.min(unclaimed, available - (headroom[pool] ?? 0)) : unclaimed);
	}
	const idle = residents.filter(({active, pinned}) => active === 0 && !pinned);
	return {capacity, free, evictable: sumOf(idle.map(({footprint}) => footprint))};
}

function sumOf(footprints: readonly Footprint[]): Record<string, number> {
	const sum: Record<string, number> = {};
	for (const footprint of footprints)
		for (const [pool, bytes] of Object.entries(footprint)) sum[pool] = (sum[pool] ?? 0) + bytes;
	return sum;
}
