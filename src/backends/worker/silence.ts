export interface SilenceOptions {
	/** Milliseconds without a sign of life that are too many. */
	limitMs: number;
	/** A number that changes with every sign of life. */
	readonly heard: () => number;
	/** Asks for one. */
	readonly ping: () => void;
	readonly onSilence: (silentMs: number) => void;
}

/** Pings in a quarter of the limit: a live peer has three chances to answer. */
const pingsPerLimit = 4;

/**
 * Tells a peer whose event loop stands still from one that is merely idle: it only watches between `start` and `stop`.
 * Time is counted in ticks of its own timer, so a machine that slept, or a busy daemon, does not count against the peer.
 */
export class SilenceWatch {
	readonly #options: SilenceOptions;
	#timer: NodeJS.Timeout | undefined;
	#lastHeard = 0;
	#silentTicks = 0;

	constructor(options: SilenceOptions) {
		this.#options = options;
	}

	/** Starts counting from zero; also the way to let a new `limitMs` take effect. */
	start(limitMs: number = this.#options.limitMs): void {
		this.stop();
		this.#options.limitMs = limitMs;
		this.#silentTicks = 0;
		this.#lastHeard = this.#options.heard();
		this.#timer = setInterval(() => this.#tick(), limitMs / pingsPerLimit);
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#tick(): void {
		if (this.#noteLife()) return;
		this.#silentTicks++;
		if (this.#silentTicks < pingsPerLimit) {
			this.#options.ping();
			return;
		}
		// Timers run before input is read: an answer may lie in the socket already.
		setImmediate(() => {
			if (this.#timer === undefined || this.#noteLife()) return;
			this.stop();
			this.#options.onSilence(this.#options.limitMs);
		});
	}

	#noteLife(): boolean {
		const heard = this.#options.heard();
		if (heard === this.#lastHeard) return false;
		this.#lastHeard = heard;
		this.#silentTicks = 0;
		return true;
	}
}
