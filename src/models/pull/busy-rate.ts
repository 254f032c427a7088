/** Milliseconds. */
const stretchMs = 400;

/** Bytes each second over stretches in which every connection was busy: others tell nothing of the line. Pure but for its memory. */
export class BusyRate {
	#received = 0;
	#begunAt: number;
	#wereBusy = false;

	constructor(now: number) {
		this.#begunAt = now;
	}

	took(bytes: number): void {
		this.#received += bytes;
	}

	/** Asked often; the rate of a stretch when one has ended, and null otherwise. `now` in milliseconds. */
	at(now: number, busy: boolean): number | null {
		const ms = now - this.#begunAt;
		if (busy && ms < stretchMs) return null;
		const rate = busy && this.#wereBusy ? (this.#received * 1000) / ms : null;
		this.#wereBusy = busy;
		this.#begunAt = now;
		this.#received = 0;
		return rate;
	}
}
