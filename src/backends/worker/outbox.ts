import type {Duplex} from 'node:stream';

/** Milliseconds between writes below which they are gathered. */
const burstMs = 0.2;
const smallBytes = 4096;

/**
 * Writes at once what comes alone, since a runner may compute on this thread right after an event;
 * gathers what comes in a burst until the end of the turn, so that many small events cost one system call.
 */
export class Outbox {
	bytesSent = 0;
	readonly #transport: Duplex;
	#waiting: Uint8Array[] = [];
	#scheduled = false;
	#writtenAt = -Infinity;
	#written: Promise<void> = Promise.resolve();

	constructor(transport: Duplex) {
		this.#transport = transport;
	}

	/** One frame, or the first part of one and what belongs in the same write. */
	push(first: Uint8Array, rest: readonly Uint8Array[] = []): void {
		for (const bytes of [first, ...rest]) {
			this.bytesSent += bytes.length;
			this.#waiting.push(bytes);
		}
		if (this.#scheduled) return;
		if (performance.now() - this.#writtenAt > burstMs) {
			void this.flush();
			return;
		}
		this.#scheduled = true;
		// After the pending microtasks, so an async generator that has its events ready gets them all into one write.
		process.nextTick(() => {
			void this.flush();
		});
	}

	/** Resolves when everything pushed so far has left this process, or the connection is gone. */
	flush(): Promise<void> {
		this.#scheduled = false;
		this.#writtenAt = performance.now();
		const waiting = this.#waiting;
		this.#waiting = [];
		if (waiting.length > 0 && !this.#transport.destroyed && !this.#transport.writableEnded)
			this.#written = this.#write(waiting);
		return this.#written;
	}

	#write(waiting: readonly Uint8Array[]): Promise<void> {
		const pieces = joinSmall(waiting);
		return new Promise(resolve => {
			this.#transport.cork();
			const last = pieces.length - 1;
			for (const [index, bytes] of pieces.entries())
				this.#transport.write(bytes, index === last ? () => resolve() : undefined);
			this.#transport.uncork();
		});
	}
}

/** One write of many small pieces costs a fraction of many writes; large ones are not worth a copy. */
function joinSmall(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
	if (pieces.length === 1) return pieces;
	const joined: Uint8Array[] = [];
	let small: Uint8Array[] = [];
	const close = (): void => {
		if (small.length > 0) joined.push(Buffer.concat(small));
		small = [];
	};
	for (const piece of pieces) {
		if (piece.length <= smallBytes) {
			small.push(piece);
			continue;
		}
		close();
		joined.push(piece);
	}
	close();
	return joined;
}
