/** How long leases last, of late: newer ones count for more. */
export class ServiceTimes {
	#meanMs: number | null = null;

	add(ms: number): void {
		this.#meanMs = this.#meanMs === null ? ms : this.#meanMs + (ms - this.#meanMs) / 8;
	}

	/** Seconds until those who wait now are served, when `running` are served at a time; 1 to 600. */
	retryAfterSeconds(waiting: number, running: number): number {
		const ms = (waiting * (this.#meanMs ?? 1000)) / Math.max(1, running);
		return Math.min(600, Math.max(1, Math.ceil(ms / 1000)));
	}
}
