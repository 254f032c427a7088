import {expect, test} from 'vitest';
import {inOrder} from '../../../src/lib/in-order.ts';

interface Work {
	readonly begun: string[];
	readonly begin: (item: string) => Promise<string>;
	readonly finish: (item: string) => void;
	readonly fail: (item: string, error: Error) => void;
}

function work(): Work {
	const begun: string[] = [];
	const open = new Map<string, {resolve(result: string): void; reject(error: Error): void}>();
	return {
		begun,
		begin(item) {
			begun.push(item);
			return new Promise((resolve, reject) => open.set(item, {resolve, reject}));
		},
		finish: item => open.get(item)?.resolve(item.toUpperCase()),
		fail: (item, error) => open.get(item)?.reject(error),
	};
}

const letters = ['a', 'b', 'c', 'd', 'e'];

test('one at a time is begun when the last has been read', async () => {
	const {begun, begin, finish} = work();
	const results = inOrder(letters, begin, () => 1);
	const first = results.next();
	finish('a');
	expect(await first).toEqual({done: false, value: 'A'});
	expect(begun).toEqual(['a']);
	void results.next();
	expect(begun).toEqual(['a', 'b']);
});

test('results come in the order of the items, whichever is ready first', async () => {
	const {begin, finish} = work();
	const results = inOrder(['a', 'b', 'c'], begin, () => 3);
	const read = [results.next(), results.next(), results.next()];
	for (const item of ['c', 'b', 'a']) finish(item);
	expect((await Promise.all(read)).map(({value}) => value)).toEqual(['A', 'B', 'C']);
});

test('the first is there as soon as it is ready, and never more are begun than are allowed', async () => {
	const {begun, begin, finish} = work();
	const results = inOrder(letters, begin, () => 3);
	const first = results.next();
	expect(begun).toEqual(['a', 'b', 'c']);
	finish('a');
	expect((await first).value).toBe('A');
	finish('b');
	finish('c');
	expect(begun).toEqual(['a', 'b', 'c']);
	expect((await results.next()).value).toBe('B');
	expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('how many are allowed may change on the way', async () => {
	const {begun, begin, finish} = work();
	let most = 3;
	const results = inOrder(letters, begin, () => most);
	const first = results.next();
	for (const item of ['a', 'b', 'c']) finish(item);
	await first;
	most = 1;
	await results.next();
	await results.next();
	expect(begun).toEqual(['a', 'b', 'c']);
	most = 0;
	void results.next();
	expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('an error is thrown behind what came before it, and those behind it fail unheard', async () => {
	const {begin, finish, fail} = work();
	const results = inOrder(letters, begin, () => 4);
	const first = results.next();
	fail('c', new Error('c is wrong'));
	fail('d', new Error('d is wrong'));
	finish('b');
	finish('a');
	expect((await first).value).toBe('A');
	expect((await results.next()).value).toBe('B');
	await expect(results.next()).rejects.toThrow('c is wrong');
	expect(await results.next()).toEqual({done: true, value: undefined});
});

test('who leaves hears nothing of what fails afterwards', async () => {
	const {begin, finish, fail} = work();
	const results = inOrder(letters, begin, () => 3);
	const first = results.next();
	finish('a');
	await first;
	await results.return(undefined);
	fail('b', new Error('b is wrong'));
	fail('c', new Error('c is wrong'));
	// A rejection that nobody takes fails the test run.
	await new Promise(resolve => setImmediate(resolve));
});

test('nothing comes of nothing', async () => {
	expect((await inOrder<string, string>([], work().begin, () => 2).next()).done).toBe(true);
});
