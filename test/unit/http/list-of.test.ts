import {expect, test} from 'vitest';
import * as z from 'zod';
import {listOf} from '../../../src/http/list-of.ts';

/** Counts the items that it looks at. */
function counting(): {readonly item: z.ZodType<number>; readonly seen: () => number} {
	let seen = 0;
	const item = z.custom<number>(value => {
		seen += 1;
		return typeof value === 'number';
	}, 'a number');
	return {item, seen: () => seen};
}

test('a list is looked at up to the first item that is wrong, and that is the issue', () => {
	const {item, seen} = counting();
	const {error} = z.object({list: listOf(item)}).safeParse({list: [1, 2, ...Array.from({length: 1000}, () => 'x')]});
	expect(error?.issues).toMatchObject([{path: ['list', 2], message: 'a number'}]);
	expect(seen()).toBe(3);
});

test('a list that is right comes back as its items make it', () => {
	expect(listOf(z.string().transform(text => text.length)).parse(['a', 'bc'])).toEqual([1, 2]);
	expect(listOf(z.int().nullish()).parse([])).toEqual([]);
});

test.each([[7], [null], [{length: 1}], ['ab']])('%j is no list, in the words for it', value => {
	const {error} = listOf(z.string(), 'a list of texts').safeParse(value);
	expect(error?.issues).toMatchObject([{path: [], message: 'a list of texts'}]);
});

test('of lists that a value may be, the one that is only exceeded says why', () => {
	const either = z.union([z.string(), listOf(z.string()), listOf(z.int().min(0, 'at least 0'))], 'texts or numbers');
	expect(either.safeParse([-1]).error?.issues).toMatchObject([{path: [0], message: 'at least 0'}]);
	expect(either.safeParse([true]).error?.issues).toMatchObject([{path: [], message: 'texts or numbers'}]);
	expect(either.parse([3])).toEqual([3]);
});
