import type {Candidate} from './candidate.ts';

export type Priority = 'interactive' | 'batch';

/** What the core is asked for. It is granted, rejected or cancelled exactly once. */
export interface EngineAsk {
	readonly ticket: number;
	/** As the asker spelled it; errors repeat it. */
	readonly model: string;
	/** In order of preference: the next is tried when one can never fit. */
	readonly candidates: readonly Candidate[];
	/** Engines beyond the candidates that would serve as well, e.g. the same model loaded with other settings. */
	readonly joins?: (candidate: Candidate) => boolean;
	/** Milliseconds; absent: as the engine has it, else the default. */
	readonly keepAlive?: number;
	readonly priority?: Priority;
	/** Nothing is asked of it yet. */
	readonly resting?: boolean;
}

export interface Waiter extends EngineAsk {
	readonly priority: Priority;
	readonly since: number;
	/** The order of the queue: least first. */
	readonly rank: number;
	/** Engines it waits to see gone. Kept from event to event, so that the set it waits for empties for sure. */
	claims: readonly string[];
}

/** A batch ask goes behind interactive ones, but not behind those that came this much later. */
const ageingMs = 30_000;

export function waiterOf(ask: EngineAsk, now: number): Waiter {
	const priority = ask.priority ?? 'interactive';
	return {...ask, priority, since: now, rank: priority === 'batch' ? now + ageingMs : now, claims: []};
}

/**
 * Those who wait, most urgent first. Ageing costs nothing: a rank never changes, new asks simply
 * come with ever larger ones.
 */
export class WaitQueue implements Iterable<Waiter> {
	#waiters: readonly Waiter[] = [];

	get size(): number {
		return this.#waiters.length;
	}

	[Symbol.iterator](): Iterator<Waiter> {
		return this.#waiters[Symbol.iterator]();
	}

	add(waiter: Waiter): void {
		const place = this.#waiters.findLastIndex(other => other.rank <= waiter.rank) + 1;
		this.#waiters = this.#waiters.toSpliced(place, 0, waiter);
	}

	has(ticket: number): boolean {
		return this.#waiters.some(waiter => waiter.ticket === ticket);
	}

	/** A loop over the queue that removes as it goes sees the queue as it was. */
	remove(ticket: number): Waiter | undefined {
		const place = this.#waiters.findIndex(waiter => waiter.ticket === ticket);
		const waiter = this.#waiters[place];
		if (waiter !== undefined) this.#waiters = this.#waiters.toSpliced(place, 1);
		return waiter;
	}

	some(condition: (waiter: Waiter) => boolean): boolean {
		return this.#waiters.some(condition);
	}
}

/** Would this engine serve it? */
export function serves(ask: EngineAsk, candidate: Candidate): boolean {
	if (ask.candidates.some(one => one.id === candidate.id)) return true;
	return ask.candidates[0]?.model === candidate.model && ask.joins?.(candidate) === true;
}
