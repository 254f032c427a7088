import type {Pooling} from '../../tasks/embedding/encoder-options.ts';

/**
 * One vector for each row of a batch. `hidden` is rows × `width` tokens × `size` numbers; `lengths` are the tokens of each
 * row that are its own, before those that fill it up. Each owns its memory. Pure.
 */
export function pool(hidden: Float32Array, {lengths, width, size, pooling}: PoolShape): readonly Float32Array[] {
	return lengths.map((length, row) => {
		const start = row * width * size;
		const token = (at: number): Float32Array => hidden.subarray(start + at * size, start + (at + 1) * size);
		if (pooling === 'cls') return token(0).slice();
		if (pooling === 'last') return token(length - 1).slice();
		return pooling === 'max' ? highest(token, length) : mean(hidden, start, length, size);
	});
}

export interface PoolShape {
	readonly lengths: readonly number[];
	readonly width: number;
	readonly size: number;
	readonly pooling: Pooling;
}

function mean(hidden: Float32Array, start: number, length: number, size: number): Float32Array {
	const sums = new Float64Array(size);
	for (let at = start, token = 0; token < length; token += 1)
		for (let index = 0; index < size; index += 1, at += 1) sums[index] = (sums[index] ?? 0) + (hidden[at] ?? 0);
	return Float32Array.from(sums, sum => sum / length);
}

function highest(token: (at: number) => Float32Array, length: number): Float32Array {
	const best = token(0).slice();
	for (let at = 1; at < length; at += 1)
		for (const [index, value] of token(at).entries()) if (value > (best[index] ?? 0)) best[index] = value;
	return best;
}
