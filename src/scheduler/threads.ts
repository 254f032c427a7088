/** An engine that computes now, or loads. Idle ones are not in the list and hold no core. */
export interface Sharer {
	readonly id: string;
	/** More threads than this bring it nothing. */
	readonly usefulThreads: number;
	/** Serves a person who waits. */
	readonly urgent: boolean;
}

/**
 * Deals out the cores. Two engines with two threads each on two cores ran at a quarter of the speed of two
 * with one each: threads that spin at a barrier keep off the core the very thread they wait for. So:
 *
 * 1. Everyone gets one, even when there are more engines than cores.
 * 2. What is left goes round, one at a time, to the urgent until none of them gains, then to the others.
 */
export function allot(cores: number, sharers: readonly Sharer[]): ReadonlyMap<string, number> {
	const shares = new Map(sharers.map(sharer => [sharer.id, 1])); // 1
	let left = Math.max(0, Math.floor(cores) - sharers.length);
	for (const group of [sharers.filter(one => one.urgent), sharers.filter(one => !one.urgent)]) {
		left = deal(left, group, shares); // 2
	}
	return shares;
}

function deal(cores: number, group: readonly Sharer[], shares: Map<string, number>): number {
	let left = cores;
	for (;;) {
		const hungry = group.filter(one => (shares.get(one.id) ?? 0) < one.usefulThreads).slice(0, left);
		if (hungry.length === 0) return left;
		for (const one of hungry) shares.set(one.id, (shares.get(one.id) ?? 0) + 1);
		left -= hungry.length;
	}
}
