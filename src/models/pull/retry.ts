import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import {isLasting, isUnknownHost} from '../hub/connection-failure.ts';

/** Tries in a row that may bring nothing. */
const mostTries = 9;
const firstWaitMs = 300;
const longestWaitMs = 20_000;
/** Who asks to wait longer is not waited for. */
const longestAskedMs = 300_000;

export type NextStep =
	| {
			readonly do: 'retry';
			readonly waitMs: number;
			readonly problem: string;
			/** No connection shall ask before that, not only the one that failed. */
			readonly everyone: boolean;
			/** Of the connections that failed together. */
			readonly isFirst: boolean;
	  }
	| {readonly do: 'give-up'};

/**
 * Tries of one file, over all its connections. Connections that break together count as one try, and a byte that
 * arrives begins the count anew. `random` is from 0 to 1. Pure but for its own memory.
 */
export class Tries {
	#failed = 0;
	#round = 0;
	#hasSent = false;
	readonly #random: () => number;

	constructor(random: () => number = Math.random) {
		this.#random = random;
	}

	/** In a row, without a byte. */
	get failed(): number {
		return this.#failed;
	}

	/** To be handed back with the failure of what begins now. */
	begin(): number {
		return this.#round;
	}

	progressed(): void {
		this.#failed = 0;
		this.#hasSent = true;
	}

	next(error: MofaError, round: number): NextStep {
		const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failed) * (0.5 + this.#random() / 2);
		const isFirst = round === this.#round;
		if (isFirst) {
			this.#round += 1;
			this.#failed += 1;
		}
		// A host that has sent something exists: then it is the network that is gone for a while.
		const isHopeless = isLasting(error) || (isUnknownHost(error) && !this.#hasSent);
		if (this.#failed > mostTries || isHopeless) return {do: 'give-up'};
		if (MofaError.is(error, 'network'))
			return {do: 'retry', waitMs, isFirst, everyone: false, problem: error.data.problem};
		if (!MofaError.is(error, 'rate-limited')) return {do: 'give-up'};
		const asked = error.data.retryAfterSeconds * 1000;
		if (asked > longestAskedMs) return {do: 'give-up'};
		return {do: 'retry', waitMs: Math.max(asked, waitMs), isFirst, everyone: true, problem: 'it asks to wait'};
	}
}

/** Asks until there is an answer, or waiting longer makes no sense: then the last failure is thrown. */
export async function withTries<T>(
	ask: () => Promise<T>,
	signal: AbortSignal,
	onRetry: (problem: string, waitMs: number) => void,
): Promise<T> {
	const tries = new Tries();
	for (;;) {
		const round = tries.begin();
		try {
			return await ask();
		} catch (error) {
			const failure = MofaError.from(error);
			const step = tries.next(failure, round);
			if (step.do === 'give-up') throw failure;
			onRetry(step.problem, Math.round(step.waitMs));
			await pause(step.waitMs, signal);
		}
	}
}

/** Throws `cancelled` when the signal comes first. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
	try {
		await delay(waitMs, undefined, {signal});
	} catch {
		throw new MofaError('cancelled', {});
	}
}
