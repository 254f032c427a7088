/** The items of a stream until a signal comes; then it ends at once, however long the stream itself takes to notice. */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
	const iterator = items[Symbol.asyncIterator]();
	let stop = (): void => undefined;
	const aborted = new Promise<'aborted'>(resolve => {
		stop = () => resolve('aborted');
		if (signal.aborted) stop();
		else signal.addEventListener('abort', stop, {once: true});
	});
	try {
		for (;;) {
			const next = iterator.next();
			// A stream that is left behind may still fail; nobody is there to hear it.
			next.catch(() => undefined);
			const result = await Promise.race([next, aborted]);
			if (result === 'aborted' || result.done === true) return;
			yield result.value;
		}
	} finally {
		signal.removeEventListener('abort', stop);
		void Promise.resolve(iterator.return?.()).catch(() => undefined);
	}
}
