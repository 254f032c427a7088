import type {Duplex} from 'node:stream';
import {MofaError, type WireFailure} from '../../contract/error.ts';
import {defaultMaxPayload, FrameDecoder, frameHeadBytes, writeFrameHead, type Frame} from '../../lib/frames/frame.ts';
import {decodeMessage, encodeMessage} from '../../lib/frames/message.ts';
import {IncomingStream} from './incoming-stream.ts';
import {OutgoingStream} from './outgoing-stream.ts';
import {Outbox} from './outbox.ts';

export interface ChannelOptions {
	readonly transport: Duplex;
	/** Answers the streams that the other side opens. It must yield at least once in a while to be cancelled. */
	readonly serve?: (request: unknown, signal: AbortSignal) => AsyncIterable<unknown>;
	readonly notice?: (value: unknown) => void;
	/** What to tell with the answer to a ping, and where such an answer goes. */
	readonly vitals?: () => unknown;
	readonly pong?: (vitals: unknown) => void;
	/** Hears how many of the streams opened here the other side is working on, whenever that changes. */
	readonly activity?: (open: number) => void;
	/** Why the connection is gone, for the streams it takes along. `problem` is set when the other side broke the protocol. */
	readonly explainClose?: (problem: string | undefined) => MofaError | Promise<MofaError>;
	readonly window?: number;
	readonly cancelGraceMs?: number;
	readonly maxPayload?: number;
}

/** Bytes and frames since the start. `bytesCopied` counts copies between buffers of this process on arrival. */
export interface Traffic {
	readonly bytesSent: number;
	readonly bytesReceived: number;
	readonly bytesCopied: number;
	readonly framesReceived: number;
}

/**
 * Many streams over one connection, opened from either side: one request, then events until an end or a failure.
 * It knows nothing of models or processes.
 */
export interface Channel {
	/** The request is sent with the first `next`. Aborting, or leaving the loop, cancels it on the other side; nothing is delivered after. */
	open(request: unknown, signal?: AbortSignal): AsyncIterableIterator<unknown, undefined, void>;
	/** One message, no answer. */
	notify(value: unknown): void;
	ping(): void;
	/** Resolves when everything said so far has left this process. */
	flush(): Promise<void>;
	/** Cancels what is being served here and waits until all of it has stopped; the stream that has the signal `except` goes on. */
	cancelServed(reason: MofaError, except?: AbortSignal): Promise<void>;
	/** Ends every stream opened here with this error, and the connection. */
	fail(error: MofaError): void;
	readonly traffic: Traffic;
	/** Resolves once the connection is gone. */
	readonly closed: Promise<void>;
}

const kinds = {open: 1, credit: 2, event: 3, end: 4, failure: 5, cancel: 6, notice: 7, ping: 8, pong: 9} as const;
type Kind = (typeof kinds)[keyof typeof kinds];

/** Added to the size of each event when counting credit, so that tiny events are bounded in number too. */
const eventOverhead = 2048;
const defaultWindow = 256 * 1024;
const defaultCancelGraceMs = 500;

export function openChannel(options: ChannelOptions): Channel {
	return new MultiplexedChannel(options);
}

class MultiplexedChannel implements Channel {
	readonly closed: Promise<void>;
	readonly #options: ChannelOptions;
	readonly #outbox: Outbox;
	readonly #decoder: FrameDecoder;
	/** Streams opened here, and streams opened by the other side: two number spaces, told apart by the kind of frame. */
	readonly #incoming: Map<number, IncomingStream> = new Map();
	readonly #outgoing: Map<number, {readonly stream: OutgoingStream; readonly stopped: Promise<void>}> = new Map();
	#nextStream = 1;
	#failure: MofaError | undefined;
	#bytesReceived = 0;
	#framesReceived = 0;
	#arraysCopied = 0;

	constructor(options: ChannelOptions) {
		this.#options = options;
		this.#outbox = new Outbox(options.transport);
		this.#decoder = new FrameDecoder(options.maxPayload ?? defaultMaxPayload);
		this.closed = new Promise(resolve => {
			options.transport.once('close', () => {
				void this.#explain(undefined).then(resolve);
			});
		});
		options.transport.on('data', (chunk: Buffer) => this.#read(chunk));
		// The close that follows an error says all there is to say.
		options.transport.on('error', () => {});
	}

	get traffic(): Traffic {
		return {
			bytesSent: this.#outbox.bytesSent,
			bytesReceived: this.#bytesReceived,
			bytesCopied: this.#decoder.bytesCopied + this.#arraysCopied,
			framesReceived: this.#framesReceived,
		};
	}

	open(request: unknown, signal?: AbortSignal): AsyncIterableIterator<unknown, undefined, void> {
		const id = this.#nextStream++;
		const stream = new IncomingStream(
			{
				start: window => this.#start(id, stream, request, window),
				grant: bytes => this.#outbox.push(creditFrame(id, bytes)),
				cancel: () => this.#sendHead(kinds.cancel, id),
			},
			{
				signal,
				window: this.#options.window ?? defaultWindow,
				cancelGraceMs: this.#options.cancelGraceMs ?? defaultCancelGraceMs,
			},
		);
		return stream;
	}

	notify(value: unknown): void {
		this.#sendMessage(kinds.notice, 0, value);
	}

	ping(): void {
		this.#sendHead(kinds.ping, 0);
	}

	flush(): Promise<void> {
		return this.#outbox.flush();
	}

	async cancelServed(reason: MofaError, except?: AbortSignal): Promise<void> {
		const served = [...this.#outgoing.values()].filter(({stream}) => stream.signal !== except);
		for (const {stream} of served) stream.cancel(reason);
		await Promise.all(served.map(({stopped}) => stopped));
	}

	fail(error: MofaError): void {
		this.#failure ??= error;
		const streams = [...this.#incoming.values()];
		this.#incoming.clear();
		for (const stream of streams) stream.end(this.#failure);
		if (streams.length > 0) this.#options.activity?.(0);
		for (const {stream} of this.#outgoing.values()) stream.cancel(this.#failure);
		this.#options.transport.destroy();
	}

	#start(id: number, stream: IncomingStream, request: unknown, window: number): void {
		if (this.#failure !== undefined) {
			stream.end(this.#failure);
			return;
		}
		try {
			this.#sendEncoded(kinds.open, id, request, creditFrame(id, window));
		} catch (error) {
			stream.end(MofaError.from(error));
			return;
		}
		this.#incoming.set(id, stream);
		this.#options.activity?.(this.#incoming.size);
	}

	#read(chunk: Buffer): void {
		this.#bytesReceived += chunk.length;
		try {
			for (const frame of this.#decoder.push(chunk)) {
				this.#framesReceived++;
				this.#receive(frame);
			}
		} catch (error) {
			this.#options.transport.pause();
			void this.#explain(error instanceof Error ? error.message : String(error));
		}
	}

	#receive(frame: Frame): void {
		const {kind, stream: id, payload} = frame;
		switch (kind) {
			case kinds.open:
				return this.#serve(id, this.#decode(payload));
			case kinds.credit:
				return this.#outgoing.get(id)?.stream.grant(payload.readUInt32LE(0));
			case kinds.event:
				return this.#incoming.get(id)?.receive(this.#decode(payload), payload.length + eventOverhead);
			case kinds.end:
				return this.#finish(id, undefined);
			case kinds.failure:
				return this.#finish(id, parseFailure(this.#decode(payload)));
			case kinds.cancel:
				return this.#outgoing.get(id)?.stream.cancel(new MofaError('cancelled', {}));
			case kinds.notice:
				return this.#options.notice?.(this.#decode(payload));
			case kinds.ping:
				return this.#sendMessage(kinds.pong, 0, this.#options.vitals?.() ?? null);
			case kinds.pong:
				return this.#options.pong?.(this.#decode(payload));
			default:
				throw new RangeError(`a frame of the unknown kind ${kind}`);
		}
	}

	#decode(payload: Buffer): unknown {
		return decodeMessage(payload, bytes => {
			this.#arraysCopied += bytes;
		});
	}

	#serve(id: number, request: unknown): void {
		const {serve} = this.#options;
		if (serve === undefined) throw new RangeError('a request, where none is served');
		const stream = new OutgoingStream({
			send: event => {
				const {bytes, written} = this.#sendEvent(id, event);
				return {cost: bytes + eventOverhead, written};
			},
			end: failure => {
				this.#outgoing.delete(id);
				if (failure === undefined) this.#sendHead(kinds.end, id);
				else this.#sendFailure(id, failure);
			},
		});
		// In the map before it runs: the credit that follows the request must find it.
		let begin = (): void => {};
		const stopped = new Promise<void>(resolve => {
			begin = resolve;
		}).then(() => stream.pump(signal => serve(request, signal)));
		this.#outgoing.set(id, {stream, stopped});
		begin();
	}

	#finish(id: number, failure: MofaError | undefined): void {
		const stream = this.#incoming.get(id);
		if (stream === undefined) return;
		this.#incoming.delete(id);
		stream.end(failure);
		this.#options.activity?.(this.#incoming.size);
	}

	async #explain(problem: string | undefined): Promise<void> {
		if (this.#failure !== undefined) return;
		const explain = this.#options.explainClose ?? closedWithoutReason;
		this.fail(await explain(problem));
	}

	#sendHead(kind: Kind, id: number): void {
		const frame = Buffer.allocUnsafe(frameHeadBytes);
		writeFrameHead(frame, 0, kind, id);
		this.#outbox.push(frame);
	}

	#sendMessage(kind: Kind, id: number, value: unknown): void {
		this.#sendEncoded(kind, id, value);
	}

	#sendFailure(id: number, failure: MofaError): void {
		try {
			this.#sendMessage(kinds.failure, id, failure.toWire());
		} catch {
			// Its data is not plain; its words are.
			this.#sendMessage(kinds.failure, id, new MofaError('internal', {problem: failure.message}).toWire());
		}
	}

	/** An event with attachments is sent from the producer's own memory: it may write there again once `written` resolves. */
	#sendEvent(id: number, event: unknown): {readonly bytes: number; readonly written: Promise<void> | undefined} {
		const {bytes, attached} = this.#sendEncoded(kinds.event, id, event);
		return {bytes, written: attached ? this.#outbox.flush() : undefined};
	}

	/** `next` is a frame that goes out in the same write. */
	#sendEncoded(
		kind: Kind,
		id: number,
		value: unknown,
		next?: Buffer,
	): {readonly bytes: number; readonly attached: boolean} {
		const {head, attachments, bytes} = encodeMessage(value, frameHeadBytes);
		const limit = this.#options.maxPayload ?? defaultMaxPayload;
		if (bytes > limit) throw new RangeError(`a message of ${bytes} bytes, where ${limit} is the limit`);
		writeFrameHead(head, bytes, kind, id);
		this.#outbox.push(head, next === undefined ? attachments : [...attachments, next]);
		return {bytes, attached: attachments.length > 0};
	}
}

function creditFrame(id: number, bytes: number): Buffer {
	const frame = Buffer.allocUnsafe(frameHeadBytes + 4);
	writeFrameHead(frame, 4, kinds.credit, id);
	frame.writeUInt32LE(bytes, frameHeadBytes);
	return frame;
}

function parseFailure(value: unknown): MofaError {
	if (typeof value !== 'object' || value === null || !('code' in value) || !('data' in value))
		throw new TypeError('a failure without a code');
	const {code, data} = value as WireFailure;
	return new MofaError(code, data);
}

function closedWithoutReason(problem: string | undefined): MofaError {
	return new MofaError('internal', {problem: problem ?? 'the connection closed'});
}
