import {MofaError} from '../contract/error.ts';
import {readFramed, type Framed} from '../lib/frames/framed-reader.ts';
import {writeFramed} from '../lib/frames/framed-body.ts';
import {fromWire, isWireFailure, type Transport} from './transport.ts';

/** Of one frame: some minutes of sound, or a large picture. */
const frameLimit = 256 * 1024 ** 2;

export interface FramedCall {
	readonly path: string;
	/** Plain data, with streams of plain data anywhere in it. */
	readonly body: unknown;
	readonly signal: AbortSignal;
}

/** Whether a request has a stream in one of its fields, which JSON cannot carry. */
export function hasStream(request: unknown): boolean {
	return (
		typeof request === 'object' &&
		request !== null &&
		Object.values(request).some(value => typeof value === 'object' && value !== null && Symbol.asyncIterator in value)
	);
}

/**
 * Asks with streams in the question, and gives the items of the answer while they are sent. What one of the streams throws
 * is thrown here as it is; leaving the loop stops the streams.
 */
export async function* callFramed<T>(transport: Transport, call: FramedCall): AsyncGenerator<T> {
	const {path, body, signal} = call;
	const over = new AbortController();
	let own: {readonly error: unknown} | undefined;
	let answer: Framed | undefined;
	let begin = (): void => undefined;
	const ready = new Promise<void>(resolve => {
		begin = resolve;
	});
	try {
		const question = writeFramed(body, {
			signal: AbortSignal.any([signal, over.signal]),
			// A refusal is then read before anything is sent that nobody will read.
			ready,
			toFailure(error) {
				own ??= {error};
				return MofaError.from(error).toWire();
			},
		});
		const {bytes} = await transport.send({method: 'POST', path, body: question, signal});
		begin();
		answer = await readFramed(bytes, {limit: frameLimit, invalid, fromFailure});
		yield* eventsOf<T>(answer.value);
		if (signal.aborted) throw new MofaError('cancelled', {});
	} catch (error) {
		if (own !== undefined && !signal.aborted) throw own.error;
		throw transport.failure(error, signal);
	} finally {
		over.abort();
		answer?.close();
	}
}

function eventsOf<T>(value: unknown): AsyncIterable<T> {
	if (typeof value === 'object' && value !== null && 'events' in value && hasStream(value))
		return value.events as AsyncIterable<T>;
	throw invalid('an answer without events');
}

/** Seen as a connection that ended: this is how a daemon that dies looks. */
function invalid(problem: string): Error {
	return Object.assign(new Error(problem), {code: 'ECONNRESET'});
}

function fromFailure(failure: unknown): Error {
	return isWireFailure(failure) ? fromWire(failure) : new MofaError('internal', {problem: 'a failure without words'});
}
