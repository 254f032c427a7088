/** Calls `leave` once nothing has happened for a while; anything that happens starts the wait anew. */
export class IdleTimer {
	readonly #afterMs: number;
	readonly #busy: () => boolean;
	readonly #leave: () => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: {readonly afterMs: number; readonly busy: () => boolean; readonly leave: () => void}) {
		this.#afterMs = options.afterMs;
		this.#busy = options.busy;
		this.#leave = options.leave;
		this.touch();
	}

	touch(): void {
		clearTimeout(this.#timer);
		// Longer than a timer can wait is forever.
		if (this.#afterMs > 2 ** 31 - 1) return;
		this.#timer = setTimeout(() => (this.#busy() ? this.touch() : this.#leave()), this.#afterMs);
		this.#timer.unref();
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}
