/** What is computed at once. */
export interface BatchLimits {
	/** Tokens of a batch, what fills up the shorter ones included; one input may be longer. */
	readonly tokens: number;
	readonly inputs: number;
}

/**
 * Indexes of inputs that are computed together: those of like length, so that little is filled up. The longest come first,
 * and with them whatever memory is going to be needed. `lengths` are tokens. Pure.
 */
export function lengthBatches(
	lengths: readonly number[],
	{tokens, inputs}: BatchLimits,
): ReadonlyArray<readonly number[]> {
	const order = lengths.map((_, index) => index).toSorted((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
	const batches: number[][] = [];
	let batch: number[] = [];
	let longest = 0;
	for (const index of order) {
		if (batch.length >= inputs || (batch.length > 0 && (batch.length + 1) * longest > tokens)) batch = [];
		if (batch.length === 0) {
			batches.push(batch);
			longest = lengths[index] ?? 0;
		}
		batch.push(index);
	}
	return batches;
}
