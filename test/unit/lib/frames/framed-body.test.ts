import {expect, test} from 'vitest';
import {writeFramed, type WriteFramedOptions} from '../../../../src/lib/frames/framed-body.ts';
import {readFramed, type Framed, type ReadFramedOptions} from '../../../../src/lib/frames/framed-reader.ts';

const never = new AbortController().signal;
const writing: WriteFramedOptions = {signal: never, toFailure: error => ({said: String(error)})};
const reading: ReadFramedOptions = {
	limit: 1024 ** 2,
	invalid: problem => new Error(`invalid: ${problem}`),
	fromFailure: failure => new Error(`sent: ${JSON.stringify(failure)}`),
};
type Streams = Readonly<Record<string, AsyncIterable<unknown>>>;

/** Cut anew into chunks of `size` bytes, as a network does. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
	for await (const piece of bytes) for (let at = 0; at < piece.length; at += size) yield piece.slice(at, at + size);
}

async function* of<T = never>(...items: readonly T[]): AsyncGenerator<T> {
	for (const item of items) yield item;
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
	const found: unknown[] = [];
	for await (const item of items) found.push(item);
	return found;
}

const through = (value: unknown, size = 1 << 16, options = writing): Promise<Framed> =>
	readFramed(inChunks(writeFramed(value, options), size), reading);

test.each([1, 7, 1 << 16])(
	'a value comes back with its streams where they stood, in chunks of %i bytes',
	async size => {
		const pieces = [new Float32Array([0.5, -1]), new Float32Array(0)];
		const {value} = await through(
			{model: 'm', request: {audio: of(...pieces), deep: [{text: of<unknown>('a', null, 3)}]}},
			size,
		);
		const {request} = value as {
			request: {audio: AsyncIterable<unknown>; deep: ReadonlyArray<{text: AsyncIterable<unknown>}>};
		};
		expect(value).toMatchObject({model: 'm'});
		expect(await Promise.all([all(request.audio), all(request.deep[0]?.text ?? of())])).toEqual([
			pieces,
			['a', null, 3],
		]);
	},
);

test('a value without streams is one frame', async () => {
	expect((await through({a: new Uint8Array([1, 2])})).value).toEqual({a: new Uint8Array([1, 2])});
});

test('an array may be used again as soon as the next item is asked for', async () => {
	async function* reusing(): AsyncGenerator<Float32Array> {
		const samples = new Float32Array(2);
		for (const level of [1, 2, 3]) yield samples.fill(level);
	}
	const pieces: Uint8Array[] = [];
	for await (const piece of writeFramed({audio: reusing()}, writing)) pieces.push(piece);
	const {value} = await readFramed(of(...pieces), reading);
	expect(await all((value as Streams)['audio'] ?? of())).toEqual(
		[1, 2, 3].map(level => new Float32Array(2).fill(level)),
	);
});

test('what a stream throws reaches its reader after what came before, and leaves its neighbours alone', async () => {
	async function* breaking(): AsyncGenerator<number> {
		yield 1;
		throw new Error('no more');
	}
	const {value} = await through({a: breaking(), b: of(2, 3)});
	const {a, b} = value as Streams;
	const seen: unknown[] = [];
	const reader = (async () => {
		for await (const item of a ?? of()) seen.push(item);
	})();
	await expect(reader).rejects.toThrow('sent: {"said":"Error: no more"}');
	expect(seen).toEqual([1]);
	expect(await all(b ?? of())).toEqual([2, 3]);
});

test('nothing is asked of a stream before somebody reads on', async () => {
	let asked = 0;
	async function* counting(): AsyncGenerator<number> {
		for (;;) yield (asked += 1);
	}
	const {value} = await through({items: counting()});
	expect(asked).toBe(0);
	const items = (value as Streams)['items']?.[Symbol.asyncIterator]();
	await items?.next();
	await items?.next();
	expect(asked).toBe(2);
});

test('a stream waits until it is told to begin', async () => {
	let begun = false;
	async function* source(): AsyncGenerator<number> {
		begun = true;
		yield 1;
	}
	let begin = (): void => undefined;
	const ready = new Promise<void>(resolve => (begin = resolve));
	const pieces = writeFramed({items: source()}, {...writing, ready});
	await pieces.next();
	const next = pieces.next();
	await new Promise(setImmediate);
	expect(begun).toBe(false);
	begin();
	await next;
	expect(begun).toBe(true);
});

test('a reader who leaves drops what else comes of that stream', async () => {
	const {value} = await through({a: of(1, 2, 3), b: of(4)});
	const {a, b} = value as Streams;
	for await (const item of a ?? of()) {
		expect(item).toBe(1);
		break;
	}
	expect(await all(b ?? of())).toEqual([4]);
	expect(await all(a ?? of())).toEqual([]);
});

test('an abort ends the body in the middle, and tells a source that is waiting', async () => {
	const abort = new AbortController();
	let returned = false;
	const source: AsyncIterable<number> = {
		[Symbol.asyncIterator]: () => ({
			next: () => new Promise(() => undefined),
			return: async () => {
				returned = true;
				return {done: true, value: undefined};
			},
		}),
	};
	const {value} = await through({items: source}, 1 << 16, {...writing, signal: abort.signal});
	const reader = all((value as Streams)['items'] ?? of());
	abort.abort();
	await expect(reader).rejects.toThrow('ends before its streams do');
	expect(returned).toBe(true);
});

test('a stream that nobody reads beside one that is read is refused before it fills memory', async () => {
	async function* endless(): AsyncGenerator<Uint8Array> {
		for (;;) yield new Uint8Array(512 * 1024);
	}
	const silent = {[Symbol.asyncIterator]: () => ({next: () => new Promise<IteratorResult<never>>(() => undefined)})};
	const {value} = await through({unread: endless(), read: silent});
	await expect(all((value as Streams)['read'] ?? of())).rejects.toThrow('streams of which one is read');
});

const bytesOf = async (value: unknown): Promise<Buffer> => {
	const pieces: Uint8Array[] = [];
	for await (const piece of writeFramed(value, writing)) pieces.push(piece);
	return Buffer.concat(pieces);
};

test('a body that is cut anywhere is refused, and what came whole before is given', async () => {
	const whole = await bytesOf({items: of('first', 'second')});
	for (let length = 0; length < whole.length; length += 1) {
		const work = async (): Promise<unknown> => {
			const {value} = await readFramed(of(whole.subarray(0, length)), reading);
			return all((value as Streams)['items'] ?? of());
		};
		await expect(work()).rejects.toThrow('ends before its streams do');
	}
});

test('a body that is damaged anywhere is refused or read, never a hang and never another error', async () => {
	const whole = await bytesOf({items: of<unknown>({samples: new Float32Array([1, 2])}, 'x'), text: 'hello'});
	for (let at = 0; at < whole.length; at += 1) {
		const damaged = Buffer.from(whole);
		damaged[at] = (damaged[at] ?? 0) ^ 0xff;
		try {
			const {value} = await readFramed(of(damaged), reading);
			const items = (value as Partial<Streams> | null)?.['items'];
			if (items !== undefined && Symbol.asyncIterator in Object(items)) await all(items);
		} catch (error) {
			expect(String(error)).toMatch(/^Error: (invalid|sent): /);
		}
	}
});

test.each([
	['a length beyond the limit', Buffer.from([0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0])],
	['items before the value', Buffer.from([4, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0])],
	['text', Buffer.from('POST / HTTP/1.1\r\n\r\n')],
])('%s is refused', async (_what, bytes) => {
	await expect(readFramed(of(bytes), reading)).rejects.toThrow('invalid: ');
});
