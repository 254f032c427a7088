/**
 * Runs up to `limit` sources at once and gives what they yield in the order it comes. Each source is asked for its next
 * item only after its last one was taken. The first failure ends it all; the other sources are told to return.
 */
export async function* merge<T>(
	sources: ReadonlyArray<() => AsyncIterable<T>>,
	limit: number,
): AsyncGenerator<T, void, undefined> {
	const waiting = [...sources];
	const running = new Set<AsyncIterator<T>>();
	const ready: Array<() => {iterator: AsyncIterator<T>; result: IteratorResult<T>}> = [];
	let wake = (): void => {};
	const arrive = (item: (typeof ready)[number]): void => {
		ready.push(item);
		wake();
	};
	const advance = (iterator: AsyncIterator<T>): void => {
		iterator.next().then(
			result => arrive(() => ({iterator, result})),
			(error: unknown) =>
				arrive(() => {
					throw error;
				}),
		);
	};
	const startNext = (): void => {
		const iterator = waiting.shift()?.()[Symbol.asyncIterator]();
		if (iterator === undefined) return;
		running.add(iterator);
		advance(iterator);
	};
	try {
		for (let index = 0; index < limit; index += 1) startNext();
		while (running.size > 0) {
			const item = ready.shift();
			if (item === undefined) {
				await new Promise<void>(resolve => {
					wake = resolve;
				});
				continue;
			}
			const {iterator, result} = item();
			if (result.done === true) {
				running.delete(iterator);
				startNext();
			} else {
				yield result.value;
				advance(iterator);
			}
		}
	} finally {
		for (const iterator of running) iterator.return?.()?.catch(() => undefined);
	}
}
