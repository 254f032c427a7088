/** Connections to begin with, and the most for one file. */
const first = 4;
export const mostConnections = 16;
/** A step is kept when it brought this much. */
const gain = 1.08;
/** Milliseconds after which a number that was good is put to the test again, and after a complaint. */
const restMs = 15_000;

/**
 * How many connections are worth having: half as many again as long as the last step made the whole faster, one step
 * back when it did not, half as many when the other side complains. Pure but for its own memory.
 */
export class ConnectionCount {
	#count = first;
	/** The number before the last step up, and the rate it had; null where none is being tried. */
	#before: {readonly count: number; readonly rate: number} | null = null;
	#notBefore = 0;

	get count(): number {
		return this.#count;
	}

	/** Told the rate of all connections together, bytes each second, while all of them were busy. `now` in milliseconds. */
	measured(bytesPerSecond: number, now: number): void {
		const before = this.#before;
		this.#before = null;
		if (before !== null && bytesPerSecond < before.rate * gain) {
			this.#count = before.count;
			this.#notBefore = now + restMs;
			return;
		}
		if (now < this.#notBefore || this.#count === mostConnections) return;
		this.#before = {count: this.#count, rate: bytesPerSecond};
		this.#count = Math.min(mostConnections, Math.ceil(this.#count * 1.5));
	}

	/** A refusal, or a connection that broke. */
	complained(now: number): void {
		this.#before = null;
		this.#notBefore = now + restMs;
		this.#count = Math.max(1, Math.floor(this.#count / 2));
	}
}
