import {MofaError} from '../contract/error.ts';
import type {Ask, Lease, RunOptions} from '../contract/lease.ts';
import type {EventOf, Handler, RequestOf, TaskName} from '../contract/task.ts';
import type {LoadedEngine} from './loader.ts';

/** A slot on an engine, as the core granted it. */
export interface Grant {
	readonly ticket: number;
	readonly id: string;
	readonly engine: LoadedEngine;
}

export interface LeaseOptions<T extends TaskName> {
	readonly ask: Ask<T>;
	readonly grant: Grant;
	readonly waitedMs: number;
	/** Asks again, after the engine was lost. */
	readonly renew: (signal: AbortSignal) => Promise<Grant>;
	/** Called once, with the slot to give back; null: that went with its engine. */
	readonly ended: (grant: Grant | null) => void;
	/** An answer failed because its runner did; the engine is of no use to anyone. */
	readonly lost: (grant: Grant, error: MofaError) => void;
	/** Nothing is asked of it for now, or something is again. */
	readonly resting: (grant: Grant, resting: boolean) => void;
	/** True for an event a person can see: after the first one nothing is tried again. */
	readonly visible: (task: string, event: unknown) => boolean;
}

/**
 * Wraps an engine's handler, so that however an answer ends, the handler has stopped before the slot is given
 * to the next, and it is given back exactly once. Knows no task: a handler is a function to a stream.
 */
export class GrantedLease<T extends TaskName> implements Lease<T> {
	readonly model: string;
	readonly waitedMs: number;
	readonly #options: LeaseOptions<T>;
	readonly #closing = new AbortController();
	/** Null once the engine is lost; the next run asks for another. */
	#grant: Grant | null;
	#running: AsyncGenerator<EventOf<T>, void, void> | null = null;
	#resting: boolean;
	/** Ends the wait for a handler that may never answer again. */
	#interrupt: (error: MofaError) => void = () => undefined;
	#ended: Promise<void> | null = null;

	constructor(options: LeaseOptions<T>) {
		this.#options = options;
		this.#grant = options.grant;
		this.#resting = options.ask.resting ?? false;
		this.model = options.ask.model;
		this.waitedMs = options.waitedMs;
		options.ask.signal?.addEventListener('abort', this.#onAbort, {once: true});
	}

	/** One at a time. Ends by itself, by `return()`, by either signal, or with the lease. */
	run(request: RequestOf<T>, options: RunOptions = {}): AsyncIterable<EventOf<T>> {
		return {[Symbol.asyncIterator]: () => this.#iterate(request, options)};
	}

	rest(): void {
		if (this.#running === null && this.#ended === null) this.#rest(true);
	}

	/** An engine is gone. If it was this lease's, the run on it ends with the error, or begins again elsewhere. */
	lose(engine: LoadedEngine, error: MofaError): void {
		if (this.#grant?.engine !== engine) return;
		this.#grant = null;
		this.#interrupt(error);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#ended ??= this.#end();
		await this.#ended;
	}

	readonly #onAbort = (): void => {
		void this[Symbol.asyncDispose]();
	};

	async #end(): Promise<void> {
		this.#options.ask.signal?.removeEventListener('abort', this.#onAbort);
		this.#closing.abort();
		await quietly(this.#running?.return());
		this.#options.ended(this.#grant);
	}

	#iterate(request: RequestOf<T>, {signal, warn = ignore}: RunOptions): AsyncIterator<EventOf<T>, void, void> {
		const stop = new AbortController();
		const signals = [stop.signal, this.#closing.signal, ...(signal ? [signal] : [])];
		const events = this.#answer(request, {signal: AbortSignal.any(signals), warn});
		let begun = false;
		return {
			next: async () => {
				if (!begun) this.#begin(events);
				begun = true;
				return events.next();
			},
			// `events` alone would wait for its next event before it hears that nobody wants one.
			return: async () => {
				stop.abort();
				return events.return();
			},
		};
	}

	#begin(events: AsyncGenerator<EventOf<T>, void, void>): void {
		if (this.#running !== null) throw new MofaError('internal', {problem: 'a lease runs one request at a time'});
		this.#running = events;
		this.#rest(false);
	}

	#rest(resting: boolean): void {
		if (this.#resting === resting) return;
		this.#resting = resting;
		if (this.#grant !== null) this.#options.resting(this.#grant, resting);
	}

	/** Tries once more when the runner failed before anything could be seen. */
	async *#answer(request: RequestOf<T>, context: Required<RunOptions>): AsyncGenerator<EventOf<T>, void, void> {
		let seen = false;
		try {
			for (let triesLeft = 1; ; triesLeft -= 1) {
				try {
					for await (const event of this.#attempt(request, context)) {
						seen ||= this.#options.visible(this.#options.ask.task, event);
						yield event;
					}
					return;
				} catch (error) {
					if (context.signal.aborted) throw new MofaError('cancelled', {}, {cause: error});
					if (seen || triesLeft === 0 || !MofaError.is(error, 'runner-failed')) throw MofaError.from(error);
				}
			}
		} finally {
			this.#running = null;
		}
	}

	async *#attempt(request: RequestOf<T>, context: Required<RunOptions>): AsyncGenerator<EventOf<T>, void, void> {
		context.signal.throwIfAborted();
		const grant = (this.#grant ??= await this.#options.renew(context.signal));
		const events = handlerOf(grant.engine, this.#options.ask)(request, context)[Symbol.asyncIterator]();
		try {
			for (;;) {
				const step = await this.#orInterrupted(events.next());
				context.signal.throwIfAborted();
				if (step.done === true) return;
				yield step.value;
			}
		} catch (error) {
			if (MofaError.is(error, 'runner-failed') && this.#grant === grant) {
				this.#grant = null;
				this.#options.lost(grant, error);
			}
			throw error;
		} finally {
			// A dead runner answers no more; a living one has stopped when this is done.
			if (this.#grant === grant && events.return) await quietly(this.#orInterrupted(events.return()));
		}
	}

	/** Not `Promise.race` with a promise that lives as long as the engine: that would keep every event alive. */
	#orInterrupted<Step>(next: Promise<Step>): Promise<Step> {
		return new Promise((resolve, reject) => {
			this.#interrupt = reject;
			next.then(resolve, reject);
		});
	}
}

/** Throws `task-unsupported`. */
export function handlerOf<T extends TaskName>(engine: LoadedEngine, {model, task}: Ask<T>): Handler<T> {
	const handler: Handler<T> | undefined = engine.tasks[task];
	if (handler !== undefined) return handler;
	throw new MofaError('task-unsupported', {model, task, supported: Object.keys(engine.tasks)});
}

/** For what is over: how it failed to end no longer matters to anyone. */
async function quietly(ending?: Promise<unknown>): Promise<void> {
	await ending?.catch(ignore);
}

function ignore(): void {}
