/** Bytes of parts in memory, for one file. */
const mostBytes = 80 * 2 ** 20;

/** Memory for parts of one size. It is shared with the thread that hashes, so that nothing is copied for it. */
export class MemoryPool {
	readonly #size: number;
	readonly #most: number;
	readonly #free: Buffer[] = [];
	#made = 0;

	/** What is smaller than a part needs no more memory than it has bytes. */
	constructor(partBytes: number, fileBytes: number) {
		this.#size = Math.min(partBytes, fileBytes);
		this.#most = Math.max(2, Math.floor(mostBytes / partBytes));
	}

	/** Undefined when all of it is in use. */
	take(): Buffer | undefined {
		const free = this.#free.pop();
		if (free !== undefined || this.#made >= this.#most) return free;
		this.#made += 1;
		return Buffer.from(new SharedArrayBuffer(this.#size));
	}

	give(memory: Buffer): void {
		this.#free.push(memory);
	}
}
