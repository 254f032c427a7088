import {frameHeadBytes, writeFrameHead} from './frame.ts';
import {encodeMessage} from './message.ts';

/**
 * The body of an HTTP message that carries a value with streams in it, as `readFramed` gives it back: one frame with the
 * value, then a frame for each item of each stream as it comes, and one at each stream's end. Question and answer may
 * both be such bodies and run at the same time.
 */
export const framedType = 'application/x-mofa-frames';

/** What a frame holds: the value; an item of a stream; nothing, or why a stream failed. */
export const framedKinds = {value: 1, item: 2, end: 3} as const;

export interface WriteFramedOptions {
	/** Ends the body at once, in the middle, and tells the sources to stop. */
	readonly signal: AbortSignal;
	/** What becomes of an error that a stream throws; the other side gets it as it is. */
	readonly toFailure: (error: unknown) => unknown;
	/** Streams are not touched before; the value leaves at once. */
	readonly ready?: Promise<void> | undefined;
}

interface Step {
	readonly number: number;
	readonly result: IteratorResult<unknown> | {readonly failure: unknown};
}

/** Each piece is a whole frame in memory of its own. Nothing is asked of a stream before the last piece was taken. */
export async function* writeFramed(value: unknown, options: WriteFramedOptions): AsyncGenerator<Uint8Array> {
	const {toFailure, ready} = options;
	const sources: Array<AsyncIterable<unknown>> = [];
	const first = encodeMessage(value, frameHeadBytes, source => sources.push(source));
	const streams = new Map(sources.map((source, index) => [index + 1, source[Symbol.asyncIterator]()]));
	using abort = abortOf(options.signal);
	try {
		yield frame(framedKinds.value, 0, first);
		await Promise.race([ready, abort.happens]);
		const steps = new Map<number, Promise<Step>>();
		const ask = (number: number, items: AsyncIterator<unknown>): unknown =>
			steps.set(number, step(number, items, toFailure));
		if (!options.signal.aborted) for (const [number, items] of streams) ask(number, items);
		while (steps.size > 0) {
			const next = await Promise.race([abort.happens, ...steps.values()]);
			if (next === 'aborted') return;
			const {number, result} = next;
			// Taken out and put in again: the map's order is whose turn it is.
			steps.delete(number);
			if ('failure' in result || result.done === true) {
				const end = 'failure' in result ? result.failure : null;
				streams.delete(number);
				yield frame(framedKinds.end, number, encodeMessage(end, frameHeadBytes));
			} else {
				yield frame(framedKinds.item, number, encodeMessage(result.value, frameHeadBytes));
				const items = streams.get(number);
				if (items !== undefined) ask(number, items);
			}
		}
	} finally {
		// Not waited for: a source that waits for a person may never give another item.
		for (const items of streams.values()) void items.return?.().catch(() => undefined);
	}
}

/** One copy, so that whoever made an array may use it again while the bytes wait to be sent. */
function frame(kind: number, stream: number, {head, attachments, bytes}: ReturnType<typeof encodeMessage>): Uint8Array {
	writeFrameHead(head, bytes, kind, stream);
	return attachments.length === 0 ? head : Buffer.concat([head, ...attachments]);
}

async function step(
	number: number,
	items: AsyncIterator<unknown>,
	toFailure: (error: unknown) => unknown,
): Promise<Step> {
	try {
		return {number, result: await items.next()};
	} catch (error) {
		return {number, result: {failure: toFailure(error)}};
	}
}

function abortOf(signal: AbortSignal): Disposable & {readonly happens: Promise<'aborted'>} {
	let happen: (word: 'aborted') => void;
	const happens = new Promise<'aborted'>(resolve => {
		happen = resolve;
	});
	const listener = (): void => happen('aborted');
	if (signal.aborted) listener();
	else signal.addEventListener('abort', listener, {once: true});
	return {happens, [Symbol.dispose]: () => signal.removeEventListener('abort', listener)};
}
