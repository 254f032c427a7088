import {expect, test} from 'vitest';
import {pool} from '../../../../src/adapters/sentence-encoder/pool.ts';

const width = 5;
const lengths = [5, 1, 3];

function hiddenOf(size: number): Float32Array {
	return Float32Array.from({length: lengths.length * width * size}, (_, at) => Math.sin(at * 1.3));
}

/** The numbers of one place of the tokens that are a row's own. */
function column(hidden: Float32Array, row: number, place: number, size: number): readonly number[] {
	return Array.from(
		{length: lengths[row] ?? 0},
		(_, token) => hidden[(row * width + token) * size + place] ?? Number.NaN,
	);
}

test.each([1, 3, 4, 6, 9])('of vectors of %d numbers the mean leaves out what fills up', size => {
	const hidden = hiddenOf(size);
	const pooled = pool(hidden, {lengths, width, size, pooling: 'mean'});
	for (const [row, vector] of pooled.entries()) {
		const expected = Float32Array.from({length: size}, (_, place) => {
			const numbers = column(hidden, row, place, size);
			return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
		});
		expect(vector).toEqual(expected);
	}
});

test('the first, the last and the highest are those of the row', () => {
	const size = 6;
	const hidden = hiddenOf(size);
	const pooled = (pooling: 'cls' | 'last' | 'max'): readonly number[][] =>
		pool(hidden, {lengths, width, size, pooling}).map(vector => Array.from(vector));
	const expected = (choose: (numbers: readonly number[]) => number | undefined): readonly number[][] =>
		lengths.map((_, row) =>
			Array.from({length: size}, (_number, place) => choose(column(hidden, row, place, size)) ?? Number.NaN),
		);
	expect(pooled('cls')).toEqual(expected(numbers => numbers[0]));
	expect(pooled('last')).toEqual(expected(numbers => numbers.at(-1)));
	expect(pooled('max')).toEqual(expected(numbers => Math.max(...numbers)));
});
