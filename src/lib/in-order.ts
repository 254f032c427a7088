/**
 * What `begin` makes of each item, in the order of the items, of which as many are begun at once as `most` says: the one that is
 * read, and others behind it. The reader who asks for the next is through with the last. An error is thrown when its turn comes,
 * and what was begun behind it, or is left behind by a reader who goes, fails unheard.
 */
export async function* inOrder<Item, Result>(
	items: Iterable<Item>,
	begin: (item: Item) => Promise<Result>,
	most: () => number,
): AsyncGenerator<Result, undefined, undefined> {
	const begun: Array<Promise<Result>> = [];
	const source = items[Symbol.iterator]();
	for (let ended = false; ;) {
		while (!ended && begun.length < Math.max(1, most())) {
			const next = source.next();
			ended = next.done === true;
			if (next.done === true) break;
			const result = begin(next.value);
			result.catch(() => undefined);
			begun.push(result);
		}
		const first = begun.shift();
		if (first === undefined) return;
		yield await first;
	}
}
