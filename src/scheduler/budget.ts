import type {Device} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import {positive} from './footprint.ts';

/** What models may take, per memory pool, in bytes. */
export interface Budget {
	readonly capacity: Footprint;
	/** What the operating system should have free at any moment; with less than that, idle engines make way. */
	readonly headroom: Footprint;
}

export interface BudgetOptions {
	/** Harder walls than the hardware's, e.g. a control group's limit: `{ram: 2e9}`. */
	readonly limits?: Footprint;
	/** The user's own word on a pool. It replaces the rule, not the size of the pool. */
	readonly wanted?: Footprint;
}

const gibibyte = 1024 ** 3;

/**
 * For each pool: its size, or the limit set on it, less what is kept for everything else; or what the user asked
 * for. Of what is kept, the others may use three quarters; the last is the headroom.
 */
export function budgetOf(device: Pick<Device, 'pools'>, options: BudgetOptions = {}): Budget {
	const capacity: Record<string, number> = {};
	const headroom: Record<string, number> = {};
	for (const [pool, size] of Object.entries(device.pools)) {
		const most = Math.min(size, options.limits?.[pool] ?? size);
		const spare = spareOf(pool, most);
		const wanted = options.wanted?.[pool];
		capacity[pool] = Math.floor(wanted === undefined ? most - spare : Math.max(0, Math.min(wanted, most)));
		headroom[pool] = Math.floor(Math.min(spare / 4, most - (capacity[pool] ?? 0)));
	}
	return {capacity, headroom};
}

/**
 * Main memory keeps a tenth and at least 1 GiB for everything else, though never more than half of a small
 * machine. Unified memory keeps a quarter: the system refuses the GPU more than about the other three.
 * A card's own memory keeps a twentieth and at least 256 MiB for the driver and the screen.
 */
function spareOf(pool: string, size: number): number {
	if (pool === 'unified') return Math.min(size / 2, Math.max(gibibyte, size / 4));
	if (pool === 'ram') return Math.min(size / 2, Math.max(gibibyte, size / 10));
	return Math.min(size / 2, Math.max(gibibyte / 4, size / 20));
}

/**
 * Bytes of the budget that something else has taken. What we track is a floor: mapped weights look free to
 * the operating system, so a reading may only raise what counts as used, never lower it.
 *
 * @param available Bytes per pool that the system says could be had now; a pool without a reading takes nothing.
 * @param tracked What the engines hold, by our own count.
 */
export function foreignBytes(budget: Budget, available: Footprint, tracked: Footprint): Footprint {
	const foreign: Record<string, number> = {};
	for (const [pool, reading] of Object.entries(available)) {
		const room = reading - (budget.headroom[pool] ?? 0);
		const used = (budget.capacity[pool] ?? 0) - room;
		foreign[pool] = used - (tracked[pool] ?? 0);
	}
	return positive(foreign);
}
