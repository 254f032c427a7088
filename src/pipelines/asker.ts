import {MofaError} from '../contract/error.ts';
import type {RequestOf, TaskName, Warning} from '../contract/task.ts';
import type {AnyPacket} from '../contract/stage.ts';
import {isHopeless, retries, type FailurePolicy} from './failure-policy.ts';
import type {Meter} from './meter.ts';
import type {Outlet} from './outlet.ts';
import type {Seat} from './seat.ts';

export interface AskerOptions {
	readonly seat: Seat;
	readonly policy: FailurePolicy;
	readonly outlet: Outlet;
	readonly meter: Meter;
	/** Ends the stage. */
	readonly signal: AbortSignal;
	readonly warn: (warning: Warning) => void;
	readonly now: () => number;
	/** Throws `invalid-request`. */
	readonly parse: (request: unknown) => unknown;
	readonly packets: (event: {readonly type: string}) => Iterable<AnyPacket>;
}

/** One request, made whenever it is tried. */
export interface Question {
	/** Null: there is nothing to ask. */
	request(): unknown;
	/** Whether it can be made once more. */
	readonly again: boolean;
	/** Milliseconds that its own values kept the model waiting, so far. */
	readonly starvedMs: number;
}

/** Asks the model of a stage, one request at a time, and does what the stage's policy says when that fails. */
export class Asker {
	readonly #options: AskerOptions;
	#running: AbortController | undefined;
	#fellBack = false;

	constructor(options: AskerOptions) {
		this.#options = options;
	}

	/** Ends the request that runs, if any, as `interrupted`. */
	interrupt(): void {
		this.#running?.abort();
	}

	/** Throws what the model's failure was, where the policy knows no way on, and `cancelled` when the stage ends. */
	async ask(question: Question): Promise<'done' | 'interrupted' | 'failed'> {
		const {seat, signal} = this.#options;
		const running = new AbortController();
		this.#running = running;
		const stop = AbortSignal.any([running.signal, signal]);
		let triesLeft = retries;
		try {
			for (;;) {
				const seen = {any: false};
				try {
					await this.#try(question, stop, seen);
					return 'done';
				} catch (error) {
					if (signal.aborted) throw new MofaError('cancelled', {}, {cause: error});
					if (running.signal.aborted) return 'interrupted';
					const way = this.#wayOn(error, !seen.any && question.again, triesLeft);
					if (way === 'fail') throw error;
					this.#say(way, error);
					if (way === 'skip') return 'failed';
					if (way === 'retry') triesLeft -= 1;
					else await this.#fallBack();
				}
			}
		} finally {
			this.#running = undefined;
			await seat.rest();
		}
	}

	async #try(question: Question, signal: AbortSignal, seen: {any: boolean}): Promise<void> {
		const {seat, outlet, meter, now, parse, packets, warn} = this.#options;
		const made = question.request();
		if (made === null) return;
		// The edge: what the task's own parse gave is its request.
		const request = parse(made) as RequestOf<TaskName>;
		const lease = await orAborted(seat.take(), signal);
		meter.asked();
		const events = lease.run(request, {signal, warn})[Symbol.asyncIterator]();
		try {
			for (;;) {
				const since = now();
				const starved = question.starvedMs;
				const step = await events.next();
				meter.worked(now() - since - (question.starvedMs - starved));
				if (step.done === true) return;
				meter.heard(step.value);
				for (const packet of packets(step.value)) {
					seen.any = true;
					await outlet.emit(packet);
				}
			}
		} finally {
			await events.return?.().then(undefined, () => undefined);
		}
	}

	#wayOn(error: unknown, again: boolean, triesLeft: number): 'fail' | 'retry' | 'skip' | 'fallback' {
		const {kind} = this.#options.policy;
		if (kind === 'skip') return 'skip';
		if (kind === 'fallback') return again && !this.#fellBack ? 'fallback' : 'fail';
		return kind === 'retry' && again && triesLeft > 0 && !isHopeless(error) ? 'retry' : 'fail';
	}

	#say(way: 'retry' | 'skip' | 'fallback', error: unknown): void {
		const {seat, policy, warn} = this.#options;
		const failure = MofaError.from(error);
		const next = {
			retry: 'asked again',
			skip: 'gone on without it',
			fallback: policy.kind === 'fallback' ? `${policy.model} takes over` : '',
		}[way];
		warn({setting: 'onFailure', message: `${seat.model} failed (${describe(failure)}): ${next}`});
	}

	async #fallBack(): Promise<void> {
		this.#fellBack = true;
		if (this.#options.policy.kind === 'fallback') await this.#options.seat.move(this.#options.policy.model);
	}
}

/** A few words for a warning; the whole failure is told only where it ends the pipeline. */
function describe({code, data}: MofaError): string {
	const {detail, problem, reason}: {readonly detail?: unknown; readonly problem?: unknown; readonly reason?: unknown} =
		data as object;
	const words = [reason, problem, detail].find(word => typeof word === 'string' && word !== '');
	return words === undefined ? code : `${code}: ${String(words).slice(0, 200)}`;
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((resolve, reject) => {
		const stop = (): void => reject(new MofaError('cancelled', {}));
		if (signal.aborted) return stop();
		signal.addEventListener('abort', stop, {once: true});
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
	});
}
