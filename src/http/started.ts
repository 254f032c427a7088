/**
 * Resolves when the first item is there, has failed, or has kept us waiting for `graceMs`.
 * A failure in that time is thrown, so it can still set the HTTP status; a later one comes out of the stream.
 */
export async function started<T>(items: AsyncIterable<T>, graceMs: number): Promise<AsyncIterable<T>> {
	const iterator = items[Symbol.asyncIterator]();
	let first: Promise<IteratorResult<T>> | undefined = iterator.next();
	await within(first, graceMs);
	return {
		[Symbol.asyncIterator]: () => ({
			next() {
				const result = first ?? iterator.next();
				first = undefined;
				return result;
			},
			return: async () => (await iterator.return?.()) ?? {done: true, value: undefined},
		}),
	};
}

/** Settles with the promise, or resolves when time is up. */
export async function within(promise: Promise<unknown>, ms: number): Promise<'settled' | 'waiting'> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<'waiting'>(resolve => {
		timer = setTimeout(resolve, ms, 'waiting');
	});
	try {
		return await Promise.race([promise.then(() => 'settled' as const), late]);
	} finally {
		clearTimeout(timer);
	}
}
