import {readFileSync} from 'node:fs';

/**
 * Weights are read from end to end for each token, and in pages of 4 KiB the processor spends 3 to 6 % of that looking pages up.
 * This has the C library of Linux ask for pages of 2 MiB where it allots much at once. It is read as a process starts, so
 * whoever starts one sets it; what the user has set stays, and wins.
 */
export function largePagesEnvironment(
	inherited: Readonly<Record<string, string | undefined>>,
	platform: NodeJS.Platform = process.platform,
): Record<string, string> {
	if (platform !== 'linux') return {};
	const set = inherited['GLIBC_TUNABLES'] ?? '';
	if (set.includes('glibc.malloc.hugetlb')) return {};
	return {GLIBC_TUNABLES: [set, 'glibc.malloc.hugetlb=1'].filter(part => part !== '').join(':')};
}

/** Four pages: wherever it begins, whole ones fit. */
const tried = 8 * 2 ** 20;

/**
 * Whether much memory at once comes in large pages here. Tried out, since it takes the kernel's setting, a library that knows how
 * to ask, and room that is free in one piece; a few milliseconds.
 */
export function givesLargePages(): boolean {
	try {
		const before = largePages();
		const memory = Buffer.allocUnsafeSlow(tried).fill(1);
		return largePages() > before && memory.length === tried;
	} catch {
		return false;
	}
}

/** KiB of this process's memory in large pages; throws where the system does not tell. */
function largePages(): number {
	const match = /^AnonHugePages:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'));
	return Number(match?.[1] ?? 0);
}
