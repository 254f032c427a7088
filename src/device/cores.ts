/** CPU quotas as control groups spell them: `max 100000`, `150000 100000` (v2), or two files (v1). */
export interface CoreReadings {
	/** Logical cores of the machine. */
	readonly machine: number;
	/** Cores in this process's affinity mask. */
	readonly affinity: number;
	/** `cpu.max`, or `cpu.cfs_quota_us cpu.cfs_period_us`; null where there is no such file. */
	readonly quota: string | null;
}

export interface UsableCores {
	readonly cores: number;
	/** What makes them fewer than the machine has; null when nothing does. */
	readonly limitedBy: 'affinity' | 'control group' | null;
}

/**
 * Cores this process may really use. A thread more than these is worse than useless: compute threads wait for
 * each other at every layer, and one that is not running holds up all.
 */
export function usableCores({machine, affinity, quota}: CoreReadings): UsableCores {
	const allowed = quotaCores(quota);
	const cores = Math.max(1, Math.min(machine, affinity, allowed));
	if (cores === machine) return {cores, limitedBy: null};
	return {cores, limitedBy: allowed < affinity ? 'control group' : 'affinity'};
}

function quotaCores(quota: string | null): number {
	const [microseconds, period] = (quota ?? '').trim().split(/\s+/).map(Number);
	if (microseconds === undefined || period === undefined || !(microseconds > 0) || !(period > 0)) return Infinity;
	return Math.max(1, Math.floor(microseconds / period));
}
