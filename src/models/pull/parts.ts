/** How far one part of a file has come. Parts are as long as `partBytes`; the last is what is left. */
export interface Part {
	readonly index: number;
	/** Of its first byte, in the file. */
	readonly from: number;
	readonly bytes: number;
	/** Bytes that are on the disk. */
	written: number;
	/** CRC-32 of those. */
	checksum: number;
	state: 'waiting' | 'running' | 'done';
	/** Not before this time, on the clock of `performance.now()`: a try that failed is not repeated at once. */
	notBefore: number;
}

/** Long enough that asking for it costs little, short enough that twenty fit in memory. */
export const partBytes: number = 2 ** 22;

export function partsOf(fileBytes: number, size: number): Part[] {
	return Array.from({length: Math.ceil(fileBytes / size)}, (_, index) => {
		const from = index * size;
		const bytes = Math.min(size, fileBytes - from);
		return {index, from, bytes, written: 0, checksum: 0, state: 'waiting' as const, notBefore: 0};
	});
}

/**
 * The first part that may be begun now: parts are begun in the order of the file, which is the order they are hashed in,
 * so few of them wait in memory. `from` is an index below which all are done. Pure.
 */
export function nextPart(parts: readonly Part[], from: number, now: number): Part | undefined {
	for (let index = from; index < parts.length; index += 1) {
		const part = parts[index];
		if (part?.state === 'waiting' && part.notBefore <= now) return part;
	}
	return undefined;
}
