import {expect, test} from 'vitest';
import {writeFramed} from '../../../src/lib/frames/framed-body.ts';
import {readFramed} from '../../../src/lib/frames/framed-reader.ts';
import {untilAborted} from '../../../src/lib/until-aborted.ts';

const megabyte = 1024 ** 2;
const count = 600;

async function* long(): AsyncGenerator<Uint8Array> {
	for (let made = 0; made < count; made += 1) yield new Uint8Array(megabyte).fill(1);
}

/** The most megabytes of arrays that were alive while the items went by. */
async function mostAlive(items: AsyncIterable<unknown>): Promise<number> {
	const before = process.memoryUsage().arrayBuffers;
	let most = 0;
	let seen = 0;
	for await (const _item of items) {
		seen += 1;
		most = Math.max(most, process.memoryUsage().arrayBuffers - before);
	}
	expect(seen).toBeGreaterThanOrEqual(count);
	return most / megabyte;
}

test('a stream that may be aborted holds on to none of its items', async () => {
	expect(await mostAlive(untilAborted(long(), new AbortController().signal))).toBeLessThan(count / 2);
});

test('neither does one in frames, beside another that is silent all the time', async () => {
	const silent = {[Symbol.asyncIterator]: () => ({next: () => new Promise<IteratorResult<never>>(() => undefined)})};
	const {signal} = new AbortController();
	const bytes = writeFramed({long: long(), silent}, {signal, toFailure: String});
	const invalid = (problem: string): Error => new Error(problem);
	const {value} = await readFramed(bytes, {limit: 2 * megabyte, invalid, fromFailure: () => new Error('sent')});
	expect(await mostAlive((value as {long: AsyncIterable<unknown>}).long)).toBeLessThan(count / 2);
});
