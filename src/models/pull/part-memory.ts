import type {Partial} from './partial.ts';
import type {Part} from './parts.ts';

/** Written at once when there is this much; what is less, at the next stroke of the clock. */
const worthWriting = 2 ** 19;

/** A part while it comes: in memory until it was hashed, and written to the disk behind what arrives. */
export class PartMemory {
	readonly part: Part;
	readonly memory: Buffer;
	/** Bytes of the part that have arrived. */
	filled: number;
	readonly #partial: Partial;
	readonly #onFailure: (error: unknown) => void;
	#writing: Promise<void> | undefined;
	#failed = false;

	/** The memory holds those bytes of the part that are on the disk already. */
	constructor(part: Part, memory: Buffer, partial: Partial, onFailure: (error: unknown) => void) {
		this.part = part;
		this.memory = memory;
		this.filled = part.written;
		this.#partial = partial;
		this.#onFailure = onFailure;
	}

	get isFull(): boolean {
		return this.filled === this.part.bytes;
	}

	/** Takes as much of the piece as belongs to the part; how much that was. */
	take(piece: Buffer): number {
		const taken = piece.copy(this.memory, this.filled, 0, Math.min(piece.length, this.part.bytes - this.filled));
		this.filled += taken;
		if (this.isFull || this.filled - this.part.written >= worthWriting) this.write();
		return taken;
	}

	/** One write at a time: while it runs, more comes in behind it. A failure is told once. */
	write(): void {
		if (this.#writing !== undefined || this.#failed || this.filled === this.part.written) return;
		const bytes = this.memory.subarray(this.part.written, this.filled);
		this.#writing = this.#partial.append(this.part, bytes).then(
			() => {
				this.#writing = undefined;
				if (this.isFull) this.write();
			},
			(error: unknown) => {
				this.#writing = undefined;
				this.#failed = true;
				this.#onFailure(error);
			},
		);
	}

	/** Returns when everything that arrived is on the disk, or writing has failed. */
	async settled(): Promise<void> {
		while (!this.#failed && this.part.written < this.filled) {
			this.write();
			await this.#writing;
		}
		await this.#writing;
	}
}
