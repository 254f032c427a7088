import type {Duplex} from 'node:stream';

/**
 * Gathers what is written within one turn of the event loop and hands it to the connection together:
 * a producer that is ahead of the reader costs one system call for many events.
 */
export class Outbox {
	bytesSent = 0;
	readonly #transport: Duplex;
	#waiting: Uint8Array[] = [];
	#scheduled = false;

	constructor(transport: Duplex) {
		this.#transport = transport;
	}

	push(bytes: Uint8Array): void {
		this.bytesSent += bytes.length;
		this.#waiting.push(bytes);
		if (this.#scheduled) return;
		this.#scheduled = true;
		// After the pending microtasks, so an async generator that has its events ready gets them all into one write.
		process.nextTick(() => {
			void this.flush();
		});
	}

	/** Resolves when everything pushed so far has left this process, or the connection is gone. */
	flush(): Promise<void> {
		this.#scheduled = false;
		const waiting = this.#waiting;
		this.#waiting = [];
		const {promise, resolve} = whenCalled();
		if (waiting.length === 0 || this.#transport.destroyed || this.#transport.writableEnded) {
			resolve();
			return promise;
		}
		this.#transport.cork();
		const last = waiting.length - 1;
		for (const [index, bytes] of waiting.entries()) this.#transport.write(bytes, index === last ? resolve : undefined);
		this.#transport.uncork();
		return promise;
	}
}

function whenCalled(): {readonly promise: Promise<void>; readonly resolve: () => void} {
	let resolve = (): void => {};
	const promise = new Promise<void>(settle => {
		resolve = settle;
	});
	return {promise, resolve};
}
