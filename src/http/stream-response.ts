import type {AppContext} from './options.ts';
import {within} from './started.ts';

/** Aborts when the client goes away, or when `abort` is called because the answer is complete or abandoned. */
export function abortWithClient(context: AppContext): AbortController {
	const controller = new AbortController();
	const client = context.req.raw.signal;
	if (client.aborted) controller.abort();
	else client.addEventListener('abort', () => controller.abort(), {once: true});
	return controller;
}

/**
 * Sends text or bytes as they come. One piece is asked for when the last one is on its way, so a slow client slows the
 * source down instead of filling memory. When the client leaves, `controller` is aborted and the source ends.
 */
export function streamResponse(
	context: AppContext,
	contentType: string,
	pieces: AsyncIterable<string | Uint8Array>,
	controller: AbortController,
): Response {
	const iterator = pieces[Symbol.asyncIterator]();
	const encoder = new TextEncoder();
	const body = new ReadableStream<Uint8Array>(
		{
			async pull(stream) {
				const {done, value} = await iterator.next();
				if (!done) return stream.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
				stream.close();
				controller.abort();
			},
			cancel() {
				controller.abort();
				iterator.return?.().catch(() => undefined);
			},
		},
		{highWaterMark: 0},
	);
	context.header('content-type', contentType);
	context.header('cache-control', 'no-cache');
	context.header('x-accel-buffering', 'no');
	// Keeps the server from gathering the first pieces.
	context.header('transfer-encoding', 'chunked');
	return context.body(body, 200);
}

/** Puts `comment` wherever nothing came for `everyMs`; at the very start as soon as there is nothing yet. */
export async function* withKeepAlive(
	pieces: AsyncIterable<string>,
	comment: string,
	everyMs: number,
): AsyncGenerator<string> {
	const iterator = pieces[Symbol.asyncIterator]();
	let patience = 0;
	try {
		for (;;) {
			const next = iterator.next();
			// The failure is met by the await below; a rejection while a comment is being sent must not go unhandled.
			next.catch(() => undefined);
			while ((await within(next, patience)) === 'waiting') {
				patience = everyMs;
				yield comment;
			}
			patience = everyMs;
			const {done, value} = await next;
			if (done) return;
			yield value;
		}
	} finally {
		iterator.return?.().catch(() => undefined);
	}
}
