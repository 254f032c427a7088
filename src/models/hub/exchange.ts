import type {Dispatcher} from 'undici';
import {MofaError} from '../../contract/error.ts';
import type {HubTimeouts} from './hub-settings.ts';

/** Names in small letters; one that came several times is joined with commas. */
export type ReplyHeaders = Readonly<Record<string, string | undefined>>;

export interface Exchange {
	readonly method: 'GET' | 'HEAD';
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	readonly timeouts: HubTimeouts;
	readonly signal: AbortSignal;
	/** May throw to refuse the answer before a byte of its body is taken. */
	onHead(status: number, headers: ReplyHeaders): void;
	/** Called with each piece as it came off the socket; while a promise is not settled the connection is held back. */
	onData(piece: Buffer): void | Promise<void>;
	/** What the connection failed with, in words of mofa. */
	explain(error: unknown): MofaError;
}

/**
 * One request and its answer, without a stream in between: what the socket read is handed on as it is. Rejects with
 * exactly what a callback threw, `cancelled`, or the connection's failure.
 */
export function exchange(dispatcher: Dispatcher, options: Exchange): Promise<void> {
	return new Promise((resolve, reject) => {
		const handler = new ExchangeHandler(options, resolve, reject);
		if (!handler.watch()) return;
		const {method, url, headers, timeouts} = options;
		dispatcher.dispatch(
			{
				origin: url.origin,
				path: url.pathname + url.search,
				method,
				headers,
				headersTimeout: timeouts.answer,
				bodyTimeout: timeouts.silence,
			},
			handler,
		);
	});
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
	readonly #options: Exchange;
	readonly #resolve: () => void;
	readonly #reject: (error: unknown) => void;
	#controller: Dispatcher.DispatchController | null = null;
	#settled = false;

	constructor(options: Exchange, resolve: () => void, reject: (error: unknown) => void) {
		this.#options = options;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	/** False when it is over before it began. */
	watch(): boolean {
		const {signal} = this.#options;
		if (signal.aborted) this.#abort();
		else signal.addEventListener('abort', this.#abort, {once: true});
		return !signal.aborted;
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		if (this.#settled) controller.abort(new Error('nobody waits for it'));
	}

	onResponseStart(
		_controller: Dispatcher.DispatchController,
		status: number,
		headers: Readonly<Record<string, string | string[] | undefined>>,
	): void {
		// What comes before the answer proper, such as 103.
		if (status < 200 || this.#settled) return;
		try {
			this.#options.onHead(status, plain(headers));
		} catch (error) {
			this.#fail(error);
		}
	}

	onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
		// After a pause the parser gives an empty piece; who paused for that too would never let the socket be read.
		if (this.#settled || piece.length === 0) return;
		try {
			const taking = this.#options.onData(piece);
			if (taking === undefined) return;
			controller.pause();
			void taking.then(() => controller.resume(), this.#fail);
		} catch (error) {
			this.#fail(error);
		}
	}

	/**
	 * A connection that is held back does not end, so the last piece is taken by now. The pool takes the connection back
	 * a turn of the event loop later; who asks on at once would open another one.
	 */
	onResponseEnd(): void {
		if (this.#settle()) setImmediate(() => setImmediate(this.#resolve));
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		this.#fail(this.#options.explain(error));
	}

	readonly #abort = (): void => this.#fail(new MofaError('cancelled', {}));

	readonly #fail = (error: unknown): void => {
		if (!this.#settle()) return;
		this.#reject(error);
		this.#controller?.abort(error instanceof Error ? error : new Error(String(error)));
	};

	#settle(): boolean {
		if (this.#settled) return false;
		this.#settled = true;
		this.#options.signal.removeEventListener('abort', this.#abort);
		return true;
	}
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): ReplyHeaders {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? value.join(', ') : value,
		]),
	);
}
