/**
 * The items of a stream until the signal aborts: then it ends at once, and the source is told to stop without being waited
 * for, because a source that waits for a person may never give another item. What the source throws is thrown.
 */
export async function* untilAborted<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
	const items = source[Symbol.asyncIterator]();
	// Not a promise that is raced: it would hold on to every item that ever won against it.
	let stop = (): void => undefined;
	const onAbort = (): void => stop();
	signal.addEventListener('abort', onAbort, {once: true});
	let ended = false;
	try {
		while (!signal.aborted) {
			const result = await new Promise<IteratorResult<Item> | 'aborted'>((resolve, reject) => {
				stop = () => resolve('aborted');
				items.next().then(resolve, reject);
			});
			if (result === 'aborted') return;
			ended = result.done === true;
			if (result.done === true) return;
			yield result.value;
		}
	} finally {
		signal.removeEventListener('abort', onAbort);
		if (!ended) void items.return?.().catch(() => undefined);
	}
}
