/** Milliseconds that a rate is taken over. */
const windowMs = 3000;

/** Bytes each second over the last seconds; bytes that were there at the first call do not count. Pure but for its memory. */
export class Rate {
	readonly #samples: Array<{readonly at: number; readonly bytes: number}> = [];

	/** Told how far it is, in all; `now` in milliseconds. */
	at(bytes: number, now: number): number {
		this.#samples.push({at: now, bytes});
		while ((this.#samples[1]?.at ?? now) <= now - windowMs) this.#samples.shift();
		const first = this.#samples[0];
		if (first === undefined || now <= first.at) return 0;
		return Math.max(0, Math.round(((bytes - first.bytes) * 1000) / (now - first.at)));
	}
}
