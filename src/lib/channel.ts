/**
 * A queue between one writer that never waits and one reader that does. The writer bounds what it writes;
 * leaving the loop early calls `onReturn`.
 */
export class Channel<T> implements AsyncIterable<T> {
	readonly #items: T[] = [];
	#ended = false;
	#failure: {readonly error: unknown} | undefined;
	#wake: (() => void) | undefined;
	readonly #onReturn: () => void;

	constructor(onReturn: () => void = () => undefined) {
		this.#onReturn = onReturn;
	}

	push(item: T): void {
		if (this.#ended) return;
		this.#items.push(item);
		this.#wake?.();
	}

	/** What was pushed before is still read. */
	end(): void {
		this.#ended = true;
		this.#wake?.();
	}

	/** The reader gets the error at once; what it has not read is dropped. */
	fail(error: unknown): void {
		if (this.#ended) return;
		this.#failure = {error};
		this.end();
	}

	async *[Symbol.asyncIterator](): AsyncIterator<T> {
		try {
			for (;;) {
				if (this.#failure !== undefined) throw this.#failure.error;
				const item = this.#items.shift();
				if (item !== undefined) yield item;
				else if (this.#ended) return;
				else await new Promise<void>(resolve => (this.#wake = resolve));
			}
		} finally {
			this.#onReturn();
		}
	}
}
