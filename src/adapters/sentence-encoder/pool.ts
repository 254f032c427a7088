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

/**
 * Down four columns at once, so that their sums stay in registers and what lies together is read together: this is done for
 * each number that the network gives.
 */
function mean(hidden: Float32Array, start: number, length: number, size: number): Float32Array {
	const means = new Float32Array(size);
	const end = start + length * size;
	const whole = size - (size % 4);
	for (let index = 0; index < whole; index += 4) {
		let first = 0;
		let second = 0;
		let third = 0;
		let fourth = 0;
		for (let at = start + index; at < end; at += size) {
			first += hidden[at] ?? 0;
			second += hidden[at + 1] ?? 0;
			third += hidden[at + 2] ?? 0;
			fourth += hidden[at + 3] ?? 0;
		}
		means[index] = first / length;
		means[index + 1] = second / length;
		means[index + 2] = third / length;
		means[index + 3] = fourth / length;
	}
	for (let index = whole; index < size; index += 1) {
		let sum = 0;
		for (let at = start + index; at < end; at += size) sum += hidden[at] ?? 0;
		means[index] = sum / length;
	}
	return means;
}

function highest(token: (at: number) => Float32Array, length: number): Float32Array {
	const best = token(0).slice();
	for (let at = 1; at < length; at += 1) {
		const other = token(at);
		for (let index = 0; index < best.length; index += 1)
			if (Number(other[index]) > Number(best[index])) best[index] = Number(other[index]);
	}
	return best;
}
