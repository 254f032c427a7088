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
	// What has come, in the order it came. Not promises that are raced: a stream that is silent for long would hold on to
	// every item of the others.
	const settled: Step[] = [];
	let wake = (): void => undefined;
	const onAbort = (): void => wake();
	options.signal.addEventListener('abort', onAbort, {once: true});
	const ask = (number: number, items: AsyncIterator<unknown>): void =>
		void step(number, items, toFailure).then(found => {
			settled.push(found);
			wake();
		});
	const wait = (): Promise<void> =>
		new Promise(resolve => {
			wake = resolve;
		});
	try {
		yield frame(framedKinds.value, 0, first);
		if (ready !== undefined && !options.signal.aborted) await Promise.race([ready, wait()]);
		if (!options.signal.aborted) for (const [number, items] of streams) ask(number, items);
		while (streams.size > 0 && !options.signal.aborted) {
			const next = settled.shift();
			if (next === undefined) {
				await wait();
				continue;
			}
			const {number, result} = next;
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
		options.signal.removeEventListener('abort', onAbort);
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
