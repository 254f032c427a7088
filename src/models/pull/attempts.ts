import {MofaError} from '../../contract/error.ts';

/** Milliseconds without a byte after which a connection is given up. */
const patienceMs = 15_000;
/** A connection that is this much slower than the others is begun anew, after this long. */
const laggingShare = 0.1;
const laggingMs = 5000;
/** With fewer, nobody can say which one is slow. */
const fewest = 3;

/** Why a connection was left that is slow, which is nobody's failure. */
export const lagging: unique symbol = Symbol('lagging');

/** One request for bytes that is under way. */
export class Attempt {
	readonly #stop = new AbortController();
	readonly begunAt: number;
	lastByteAt: number;
	received = 0;

	constructor(now: number) {
		this.begunAt = now;
		this.lastByteAt = now;
	}

	get signal(): AbortSignal {
		return this.#stop.signal;
	}

	took(bytes: number, now: number): void {
		this.received += bytes;
		this.lastByteAt = now;
	}

	/** The reason is what the request then fails with; without one it was given up with all others. */
	leave(reason?: unknown): void {
		this.#stop.abort(reason);
	}

	/** Bytes each millisecond. */
	rate(now: number): number {
		return this.received / Math.max(1, now - this.begunAt);
	}
}

/** The requests of one file that are under way: those that fall silent, or lag behind the others, are left. */
export class Attempts {
	readonly #all = new Set<Attempt>();
	readonly #stallMs: number;
	#isOver = false;

	constructor(stallMs: number = patienceMs) {
		this.#stallMs = stallMs;
	}

	get size(): number {
		return this.#all.size;
	}

	begin(now: number): Attempt {
		const attempt = new Attempt(now);
		if (this.#isOver) attempt.leave();
		this.#all.add(attempt);
		return attempt;
	}

	end(attempt: Attempt): void {
		this.#all.delete(attempt);
	}

	/** `address` is whose connections they are. */
	watch(now: number, address: string): void {
		for (const attempt of this.#all)
			if (now - attempt.lastByteAt > this.#stallMs)
				attempt.leave(new MofaError('network', {address, problem: 'it stopped sending'}));
			else if (this.#isLagging(attempt, now)) attempt.leave(lagging);
	}

	/** Leaves all of them, and those that would begin. */
	abandon(): void {
		this.#isOver = true;
		for (const attempt of this.#all) attempt.leave();
	}

	#isLagging(attempt: Attempt, now: number): boolean {
		if (now - attempt.begunAt < laggingMs || this.#all.size < fewest) return false;
		const all = [...this.#all].reduce((sum, one) => sum + one.rate(now), 0);
		return attempt.rate(now) < (laggingShare * all) / this.#all.size;
	}
}
