import {MofaError, type WireFailure} from '../contract/error.ts';
import {framedType, writeFramed} from '../lib/frames/framed-body.ts';
import {readFramed} from '../lib/frames/framed-reader.ts';
import {gone} from './body-bytes.ts';
import {failureOf, invalid, Refusal} from './envelope.ts';
import type {AppContext, AppSettings} from './options.ts';
import {checkShape, type JsonObject} from './read-json.ts';
import {within} from './started.ts';
import {streamResponse} from './stream-response.ts';

export interface FramedBody {
	/** As JSON would have it, with streams where the sender put them. */
	readonly body: JsonObject;
	/** Reads on, for nothing, until the sender ends or is gone. Never rejects. */
	drain(): Promise<void>;
}

export function isFramed(context: AppContext): boolean {
	return (context.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() === framedType;
}

/**
 * The value at the beginning of the body; its streams are read as they are asked for. `limit` is in bytes and for one
 * frame: the whole may go on for as long as somebody speaks. Throws `invalid-request`, as the streams do.
 */
export async function readFramedBody(context: AppContext, limit: number): Promise<FramedBody> {
	const bytes = context.req.raw.body;
	if (bytes === null) throw invalid('body', 'frames, but it is empty');
	const {value, drain} = await readFramed(unhurried(bytes as ReadableStream<Uint8Array>), {
		limit,
		invalid: problem => new Refusal(400, invalid('body', `whole frames (${problem})`), {connection: 'close'}),
		fromFailure: failureFrom,
	});
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('body', 'an object');
	checkShape(value);
	return {body: value as JsonObject, drain};
}

/**
 * Whoever stops reading a body must not cancel it: that ends the connection, with what of the answer has not left yet. What
 * still comes is passed over until the sender has read the answer and leaves.
 */
function unhurried(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
	const reader = body.getReader();
	const passOver = async (): Promise<void> => {
		for (let ended = false; !ended;) ended = (await reader.read()).done;
	};
	return {
		[Symbol.asyncIterator]: () => ({
			async next() {
				const {done, value} = await reader.read().catch(gone);
				return done ? {done, value: undefined} : {done, value};
			},
			async return() {
				passOver().catch(() => undefined);
				return {done: true, value: undefined};
			},
		}),
	};
}

/** How long a client may take to hear that all has been said. */
const lingerMs = 2000;

/** Answers at once, so that the sender begins; a failure comes at the end of the events. */
export function answerFramed(
	context: AppContext,
	framed: FramedBody,
	events: AsyncIterable<unknown>,
	settings: AppSettings,
	abort: AbortController,
): Response {
	const toFailure = (error: unknown): WireFailure => {
		const failure = failureOf(error);
		if (failure.code === 'internal') settings.onInternal(error);
		return failure.toWire();
	};
	const pieces = writeFramed({events}, {signal: abort.signal, toFailure});
	return streamResponse(context, framedType, lingering(pieces, framed), abort);
}

/**
 * A client that is still sending when its connection is closed loses what it has not read yet, the end of the answer
 * among it. So the connection stays open until the client, which has then read the end, closes it.
 */
async function* lingering(pieces: AsyncIterable<Uint8Array>, {drain}: FramedBody): AsyncGenerator<Uint8Array> {
	yield* pieces;
	await within(drain(), lingerMs);
}

/** What a sender says went wrong on its side is its own word, so it decides nothing but what is answered. */
function failureFrom(failure: unknown): Error {
	const {code, data} = typeof failure === 'object' && failure !== null ? (failure as Partial<WireFailure>) : {};
	if (code === 'invalid-request' && typeof data === 'object' && 'path' in data && 'expected' in data)
		return invalid(String(data.path).slice(0, 1000), String(data.expected).slice(0, 1000));
	return code === 'cancelled'
		? new MofaError('cancelled', {})
		: invalid('body', 'a stream that its sender can read to the end');
}
