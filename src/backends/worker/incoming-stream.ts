import {MofaError} from '../../contract/error.ts';

/** What a stream needs from the channel it belongs to. */
export interface IncomingPort {
	/** Sends the request and the first credit, in bytes; called once, with the first `next`. */
	start(window: number): void;
	/** Lets the other side send that many bytes more. */
	grant(bytes: number): void;
	/** Asks the other side to stop; it answers by ending the stream. */
	cancel(): void;
}

export interface IncomingOptions {
	readonly signal?: AbortSignal | undefined;
	/** Bytes that may wait here unread; one event may overshoot it. */
	readonly window: number;
	/** Milliseconds a cancelled stream waits for the other side to have stopped, so that what it used is free again. */
	readonly cancelGraceMs: number;
}

interface Waiter {
	readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
	readonly reject: (error: MofaError) => void;
}

const done: IteratorResult<unknown, undefined> = {done: true, value: undefined};

/**
 * The receiving end of a stream. Phases: `new` until the first `next`, then `open`; `cancelled` while the other side
 * is being told and nothing more is delivered; `over`. Not an async generator, because the `return` of one would wait
 * behind a pending `next`.
 */
export class IncomingStream implements AsyncIterableIterator<unknown, undefined, void> {
	readonly #port: IncomingPort;
	readonly #options: IncomingOptions;
	#phase: 'new' | 'open' | 'cancelled' | 'over' = 'new';
	#buffered: Array<{readonly value: unknown; readonly cost: number}> = [];
	#waiters: Waiter[] = [];
	#failure: MofaError | undefined;
	#allowance = 0;
	#consumed = 0;
	#grace: NodeJS.Timeout | undefined;

	constructor(port: IncomingPort, options: IncomingOptions) {
		this.#port = port;
		this.#options = options;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	next(): Promise<IteratorResult<unknown, undefined>> {
		if (this.#phase === 'new') this.#start();
		const item = this.#buffered.shift();
		if (item !== undefined) {
			this.#acknowledge(item.cost);
			return Promise.resolve({done: false, value: item.value});
		}
		if (this.#phase === 'over') return this.#finish();
		return this.#wait();
	}

	async return(): Promise<IteratorResult<unknown, undefined>> {
		if (this.#phase === 'new') this.#phase = 'over';
		if (this.#phase === 'open') this.#cancel(undefined);
		if (this.#phase === 'cancelled') await this.#wait().catch(() => done);
		this.#buffered = [];
		this.#failure = undefined;
		return done;
	}

	/** An event has arrived. Throws a RangeError when the other side sent more than it was granted. */
	receive(value: unknown, cost: number): void {
		if (this.#allowance <= 0) throw new RangeError('a stream sent more than it was granted');
		this.#allowance -= cost;
		if (this.#phase !== 'open') return;
		const waiter = this.#waiters.shift();
		if (waiter === undefined) {
			this.#buffered.push({value, cost});
			return;
		}
		this.#acknowledge(cost);
		waiter.resolve({done: false, value});
	}

	/** The other side has ended the stream, or never will: what has arrived is still delivered, then the failure. */
	end(failure?: MofaError): void {
		if (this.#phase === 'over') return;
		// A cancelled stream has its own reason to end; how the other side took it does not matter.
		if (this.#phase !== 'cancelled') this.#failure = failure;
		this.#phase = 'over';
		clearTimeout(this.#grace);
		this.#options.signal?.removeEventListener('abort', this.#onAbort);
		const waiters = this.#waiters;
		this.#waiters = [];
		for (const waiter of waiters) this.#finish().then(waiter.resolve, waiter.reject);
	}

	#start(): void {
		const {signal, window} = this.#options;
		if (signal?.aborted === true) {
			this.#phase = 'over';
			this.#failure = cancellation(signal);
			return;
		}
		this.#phase = 'open';
		signal?.addEventListener('abort', this.#onAbort, {once: true});
		this.#allowance = window;
		this.#port.start(window);
	}

	readonly #onAbort = (): void => {
		if (this.#phase === 'open') this.#cancel(cancellation(this.#options.signal));
	};

	#cancel(failure: MofaError | undefined): void {
		this.#phase = 'cancelled';
		this.#failure = failure;
		this.#buffered = [];
		this.#port.cancel();
		this.#grace = setTimeout(() => this.end(), this.#options.cancelGraceMs);
	}

	/** Credit is given back in halves of the window, so that small events do not each cost a frame. */
	#acknowledge(cost: number): void {
		this.#consumed += cost;
		if (this.#phase !== 'open' || this.#consumed * 2 < this.#options.window) return;
		this.#allowance += this.#consumed;
		this.#port.grant(this.#consumed);
		this.#consumed = 0;
	}

	#wait(): Promise<IteratorResult<unknown, undefined>> {
		return new Promise((resolve, reject) => {
			this.#waiters.push({resolve, reject});
		});
	}

	/** The failure once, and from then on a plain end. */
	#finish(): Promise<IteratorResult<unknown, undefined>> {
		const failure = this.#failure;
		this.#failure = undefined;
		return failure === undefined ? Promise.resolve(done) : Promise.reject(failure);
	}
}

function cancellation(signal: AbortSignal | undefined): MofaError {
	const reason: unknown = signal?.reason;
	return MofaError.is(reason) ? reason : new MofaError('cancelled', {}, {cause: reason});
}
