import type {Duplex} from 'node:stream';

/** Milliseconds between writes below which they are gathered. */
const burstMs = 0.2;

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

	/** The parts of one frame. */
	push(head: Uint8Array, attachments: readonly Uint8Array[] = []): void {
		this.bytesSent += head.length;
		this.#waiting.push(head);
		for (const attachment of attachments) {
			this.bytesSent += attachment.length;
			this.#waiting.push(attachment);
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
		return new Promise(resolve => {
			this.#transport.cork();
			const last = waiting.length - 1;
			for (const [index, bytes] of waiting.entries())
				this.#transport.write(bytes, index === last ? () => resolve() : undefined);
			this.#transport.uncork();
		});
	}
}
