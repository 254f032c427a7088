/** What the system says about memory, bytes. */
export interface MemoryReading {
	readonly total: number;
	/** What new work can get without swapping. */
	readonly available: number;
	/** Limit of the control group, or null. */
	readonly limit: number | null;
}

export interface MemorySources {
	readonly total: number;
	readonly free: number;
	/** `/proc/meminfo`, or null. */
	readonly meminfo: string | null;
	/** Limit and use of the control group as its files have them, or null. */
	readonly groupLimit: string | null;
	readonly groupUse: string | null;
	/** Page cache the group can drop when asked for memory: `inactive_file` of `memory.stat`. */
	readonly groupStat: string | null;
}

/** The smaller of what the machine and the control group can give. */
export function readMemory(sources: MemorySources): MemoryReading {
	const available = meminfoBytes(sources.meminfo, 'MemAvailable') ?? sources.free;
	const limit = groupBytes(sources.groupLimit, sources.total);
	if (limit === null) return {total: sources.total, available, limit};
	const droppable = Number(/^inactive_file (\d+)$/m.exec(sources.groupStat ?? '')?.[1] ?? 0);
	const used = Math.max(0, Number(sources.groupUse ?? 0) - droppable);
	return {total: sources.total, available: Math.max(0, Math.min(available, limit - used)), limit};
}

function meminfoBytes(meminfo: string | null, field: string): number | undefined {
	const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(meminfo ?? '');
	return match === null ? undefined : Number(match[1]) * 1024;
}

/** `max`, an absent file and v1's huge number all mean: no limit. */
function groupBytes(text: string | null, total: number): number | null {
	const bytes = Number((text ?? '').trim());
	return text === null || text.trim() === '' || !Number.isFinite(bytes) || bytes <= 0 || bytes >= total ? null : bytes;
}
