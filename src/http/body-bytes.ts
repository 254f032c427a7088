import {MofaError} from '../contract/error.ts';
import type {AppContext} from './options.ts';

/** The bytes of a question as they come; null where it has none. Throws `cancelled` when its sender is gone in the middle. */
export function bodyBytes(context: AppContext): AsyncGenerator<Uint8Array> | null {
	const {body} = context.req.raw;
	return body === null ? null : read(body as AsyncIterable<Uint8Array>);
}

async function* read(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	const chunks = body[Symbol.asyncIterator]();
	let ended = false;
	try {
		for (;;) {
			const step = await chunks.next().catch(gone);
			ended = step.done === true;
			if (step.done === true) return;
			yield step.value;
		}
	} finally {
		if (!ended) await chunks.return?.().then(undefined, () => undefined);
	}
}

/** A connection that breaks is nothing of ours, and there is nobody to tell. */
export function gone(error: unknown): never {
	throw new MofaError('cancelled', {}, {cause: error});
}
