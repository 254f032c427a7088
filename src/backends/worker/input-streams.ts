import {untilAborted} from '../../lib/until-aborted.ts';

/** What a request becomes on its way: plain data, and the numbers of the streams that were in it, by field. */
export interface LentRequest {
	readonly request: unknown;
	readonly inputs: Readonly<Record<string, number>>;
	/** The run is over: what was not read is not read any more, and its source is told to stop. */
	release(): void;
}

interface Lent {
	readonly items: AsyncIterable<unknown>;
	readonly over: AbortController;
}

/**
 * The fields of requests that are streams stay in this process; the other side asks for their items by number, with the
 * same credit and cancellation as every stream. It knows no task: each field of a request may be a stream.
 */
export class InputStreams {
	/** Not asked for yet. */
	readonly #lent: Map<number, Lent> = new Map();
	readonly #reading: Map<number, Lent> = new Map();
	#last = 0;

	lend(request: unknown): LentRequest {
		if (!isRecord(request)) return {request, inputs: {}, release: () => undefined};
		const streams = Object.entries(request).filter(([, value]) => isStream(value));
		if (streams.length === 0) return {request, inputs: {}, release: () => undefined};
		const numbers = streams.map(([field, items]) => [field, this.#keep(items as AsyncIterable<unknown>)] as const);
		const plain = Object.entries(request).filter(([, value]) => !isStream(value));
		return {
			request: Object.fromEntries(plain),
			inputs: Object.fromEntries(numbers),
			release: () => {
				for (const [, number] of numbers) this.#release(number);
			},
		};
	}

	/** The items of one lent stream. Each can be read once; throws a RangeError for a number that is not lent. */
	serve(number: unknown, signal: AbortSignal): AsyncIterable<unknown> {
		const lent = typeof number === 'number' ? this.#lent.get(number) : undefined;
		if (lent === undefined || typeof number !== 'number') throw new RangeError('a stream that was not lent');
		this.#lent.delete(number);
		signal.addEventListener('abort', () => lent.over.abort(), {once: true});
		this.#reading.set(number, lent);
		return this.#read(number, lent);
	}

	async *#read(number: number, lent: Lent): AsyncGenerator<unknown> {
		try {
			yield* untilAborted(lent.items, lent.over.signal);
		} finally {
			this.#reading.delete(number);
		}
	}

	#keep(items: AsyncIterable<unknown>): number {
		this.#last += 1;
		this.#lent.set(this.#last, {items, over: new AbortController()});
		return this.#last;
	}

	#release(number: number): void {
		const unread = this.#lent.get(number);
		this.#lent.delete(number);
		void unread?.items[Symbol.asyncIterator]()
			.return?.()
			.catch(() => undefined);
		this.#reading.get(number)?.over.abort();
	}
}

/** The request as it was, with `open` giving the items of each stream. */
export function withInputs(
	request: unknown,
	inputs: Readonly<Record<string, number>> | undefined,
	open: (number: number) => AsyncIterable<unknown>,
): unknown {
	if (inputs === undefined || !isRecord(request)) return request;
	return {...request, ...Object.fromEntries(Object.entries(inputs).map(([field, number]) => [field, open(number)]))};
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isStream = (value: unknown): boolean =>
	typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
