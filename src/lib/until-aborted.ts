/**
 * The items of a stream until the signal aborts: then it ends at once, and the source is told to stop without being waited
 * for, because a source that waits for a person may never give another item. What the source throws is thrown.
 */
export async function* untilAborted<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
	const items = source[Symbol.asyncIterator]();
	let stop = (): void => {};
	const aborted = new Promise<'aborted'>(resolve => {
		stop = () => resolve('aborted');
		if (signal.aborted) stop();
		else signal.addEventListener('abort', stop, {once: true});
	});
	let ended = false;
	try {
		for (;;) {
			const next = items.next();
			// Whoever left is not told what happens after.
			next.catch(() => undefined);
			const result = await Promise.race([next, aborted]);
			if (result === 'aborted') return;
			ended = result.done === true;
			if (result.done === true) return;
			yield result.value;
		}
	} finally {
		signal.removeEventListener('abort', stop);
		if (!ended) void items.return?.().catch(() => undefined);
	}
}
