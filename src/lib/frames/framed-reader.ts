import {FrameDecoder, type Frame} from './frame.ts';
import {framedKinds} from './framed-body.ts';
import {decodeMessage} from './message.ts';

export interface ReadFramedOptions {
	/** Bytes of one frame. */
	readonly limit: number;
	/** What is thrown for a body that is none of ours, or ends early; `problem` says what came instead. */
	readonly invalid: (problem: string) => Error;
	/** What is thrown for a failure that the other side reports. */
	readonly fromFailure: (failure: unknown) => Error;
}

export interface Framed {
	/** With its streams in it. Each can be read once; leaving one drops what else comes of it. */
	readonly value: unknown;
	/** Drops what the streams have left, and reads on until the sender ends or is gone. Never rejects. */
	drain(): Promise<void>;
	/** Stops reading. */
	close(): void;
}

const mostStreams = 16;
/** Bytes of streams that nobody is waiting for, while somebody waits for another of the same body. */
const mostHeld = 32 * 1024 ** 2;

/**
 * The value at the beginning of a body, as soon as it is there. The body is read on only while somebody waits for an item,
 * so a slow reader slows the sender down, and nothing is held but what came beside it.
 */
export async function readFramed(bytes: AsyncIterable<Uint8Array>, options: ReadFramedOptions): Promise<Framed> {
	const reader = new FramedReader(bytes, options);
	return {value: await reader.value(), drain: () => reader.drain(), close: () => reader.close()};
}

interface Lane {
	readonly items: Array<{readonly value: unknown; readonly bytes: number}>;
	end: {readonly failure: Error | null} | null;
	dropped: boolean;
}

class FramedReader {
	readonly #chunks: AsyncIterator<Uint8Array>;
	readonly #options: ReadFramedOptions;
	readonly #decoder: FrameDecoder;
	readonly #lanes = new Map<number, Lane>();
	#value: {readonly value: unknown} | undefined;
	#held = 0;
	#failure: Error | undefined;
	#pulling: Promise<void> | undefined;

	constructor(bytes: AsyncIterable<Uint8Array>, options: ReadFramedOptions) {
		this.#chunks = bytes[Symbol.asyncIterator]();
		this.#options = options;
		this.#decoder = new FrameDecoder(options.limit);
	}

	async value(): Promise<unknown> {
		while (this.#value === undefined) await this.#more();
		return this.#value.value;
	}

	async drain(): Promise<void> {
		for (const lane of this.#lanes.values()) this.#drop(lane);
		try {
			for (;;) await this.#more();
		} catch {
			// The end, in order or not: what would have come is of no use.
		}
	}

	close(): void {
		this.#failure ??= this.#options.invalid('a body that is still read');
		void this.#chunks.return?.().catch(() => undefined);
	}

	#stream(number: number): AsyncIterableIterator<unknown> {
		const lane: Lane = {items: [], end: null, dropped: false};
		if (this.#lanes.size >= mostStreams || this.#lanes.has(number))
			throw new RangeError(`more than ${mostStreams} streams, or one twice`);
		this.#lanes.set(number, lane);
		const iterator: AsyncIterableIterator<unknown> = {
			[Symbol.asyncIterator]: () => iterator,
			next: () => this.#next(lane),
			return: async () => {
				this.#drop(lane);
				return {done: true, value: undefined};
			},
		};
		return iterator;
	}

	#drop(lane: Lane): void {
		lane.dropped = true;
		for (const {bytes} of lane.items.splice(0)) this.#held -= bytes;
	}

	async #next(lane: Lane): Promise<IteratorResult<unknown>> {
		for (;;) {
			const item = lane.items.shift();
			if (item !== undefined) {
				this.#held -= item.bytes;
				return {done: false, value: item.value};
			}
			if (lane.dropped || lane.end?.failure === null) return {done: true, value: undefined};
			if (lane.end !== null) throw lane.end.failure;
			await this.#more();
		}
	}

	/** Reads on, once for everybody who waits. Throws when no more can come. */
	async #more(): Promise<void> {
		if (this.#failure !== undefined) throw this.#failure;
		this.#pulling ??= this.#pull();
		await this.#pulling;
	}

	async #pull(): Promise<void> {
		try {
			const {done, value} = await this.#chunks.next();
			if (done === true) throw this.#options.invalid('a body that ends before its streams do');
			// What nobody has asked for yet; the frames of this chunk come on top.
			if (this.#held > mostHeld) throw this.#options.invalid('streams of which one is read and another is not');
			for (const frame of this.#frames(value)) this.#accept(frame);
		} catch (error) {
			this.#failure = error instanceof Error ? error : new Error(String(error));
			throw error;
		} finally {
			this.#pulling = undefined;
		}
	}

	#frames(chunk: Uint8Array): readonly Frame[] {
		return this.#ours(() => this.#decoder.push(chunk));
	}

	#accept({kind, stream, payload}: Frame): void {
		if (kind === framedKinds.value && this.#value === undefined) {
			const value = this.#ours(() => decodeMessage(payload, undefined, number => this.#stream(number)));
			this.#value = {value};
			return;
		}
		const lane = this.#lanes.get(stream);
		const known = kind === framedKinds.item || kind === framedKinds.end;
		if (lane === undefined || !known || lane.end !== null)
			throw this.#options.invalid(`a frame of kind ${kind} for stream ${stream}, which has no place here`);
		const value = this.#ours(() => decodeMessage(payload));
		if (kind === framedKinds.end) lane.end = {failure: value === null ? null : this.#options.fromFailure(value)};
		else if (!lane.dropped) {
			lane.items.push({value, bytes: payload.length});
			this.#held += payload.length;
		}
	}

	/** What the decoders throw is about bytes that somebody else wrote. */
	#ours<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw this.#options.invalid(error instanceof Error ? error.message : String(error));
		}
	}
}
