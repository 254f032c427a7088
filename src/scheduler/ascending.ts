/**
 * Yields the items in ascending order of their key, equals in the order they came. Lazily, from a binary heap:
 * whoever needs only the first few of a thousand does not pay for sorting them all.
 */
export function* ascending<T>(items: readonly T[], key: (item: T) => number): Generator<T, void, void> {
	const heap = items.map((item, place): Entry<T> => ({item, place, key: key(item)}));
	for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
	for (let first = heap[0]; first !== undefined; first = heap[0]) {
		yield first.item;
		const last = heap.pop();
		if (last === undefined || heap.length === 0) return;
		heap[0] = last;
		sink(heap, 0);
	}
}

interface Entry<T> {
	readonly item: T;
	readonly place: number;
	readonly key: number;
}

function sink<T>(heap: Entry<T>[], from: number): void {
	const entry = heap[from];
	if (entry === undefined) return;
	let at = from;
	for (;;) {
		const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
		const next = right !== undefined && left !== undefined && before(right, left) ? 2 * at + 2 : 2 * at + 1;
		const child = heap[next];
		if (child === undefined || !before(child, entry)) break;
		heap[at] = child;
		at = next;
	}
	heap[at] = entry;
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
	return a.key < b.key || (a.key === b.key && a.place < b.place);
}
