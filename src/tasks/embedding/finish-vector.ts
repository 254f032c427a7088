/**
 * The first `dimensions` numbers, of length 1 where that is wanted: cut first, since the rest was part of the length before.
 * A vector of noughts has no direction and stays one. Owns its memory. Pure.
 */
export function finishVector(vector: Float32Array, dimensions: number, normalise: boolean): Float32Array {
	const finished = vector.slice(0, dimensions);
	if (!normalise) return finished;
	let sum = 0;
	for (let at = 0; at < finished.length; at += 1) sum += (finished[at] ?? 0) * (finished[at] ?? 0);
	if (sum === 0) return finished;
	const length = Math.sqrt(sum);
	for (let at = 0; at < finished.length; at += 1) finished[at] = (finished[at] ?? 0) / length;
	return finished;
}
