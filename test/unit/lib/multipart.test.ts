import {expect, test} from 'vitest';
import {multipartBoundary, readMultipart} from '../../../src/lib/multipart.ts';

interface Found {
	readonly name: string;
	readonly fileName: string | null;
	readonly text: string;
}

const invalid = (problem: string): Error => new Error(`invalid: ${problem}`);

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, boundary: string, size = 1 << 16, skip = false): Promise<Found[]> {
	const found: Found[] = [];
	for await (const {name, fileName, bytes: content} of readMultipart(inPieces(bytes, size), boundary, {invalid})) {
		const pieces: Uint8Array[] = [];
		if (!skip) for await (const piece of content) pieces.push(Uint8Array.from(piece));
		found.push({name, fileName, text: Buffer.concat(pieces).toString('latin1')});
	}
	return found;
}

/** As fetch writes it. */
async function formOf(fill: (form: FormData) => void): Promise<{bytes: Buffer; boundary: string}> {
	const form = new FormData();
	fill(form);
	const request = new Request('http://localhost', {method: 'POST', body: form});
	const boundary = multipartBoundary(request.headers.get('content-type') ?? '') ?? '';
	return {bytes: Buffer.from(await request.arrayBuffer()), boundary};
}

const tricky = '\r\n--\r\n-----\r\n--WebKit\r\n\r\nContent-Disposition: form-data; name="x"\r\n\r\n';
const example = (): Promise<{bytes: Buffer; boundary: string}> =>
	formOf(form => {
		form.append('file', new Blob([tricky]), 'a "song".wav');
		form.append('model', 'whisper-1');
		form.append('timestamp_granularities[]', 'word');
		form.append('empty', '');
		form.append('timestamp_granularities[]', 'Käse');
	});

test.each([1, 2, 3, 7, 64, 1 << 16])('the parts of a form, in pieces of %i bytes', async size => {
	const {bytes, boundary} = await example();
	expect(await read(bytes, boundary, size)).toEqual([
		{name: 'file', fileName: 'a "song".wav', text: tricky},
		{name: 'model', fileName: null, text: 'whisper-1'},
		{name: 'timestamp_granularities[]', fileName: null, text: 'word'},
		{name: 'empty', fileName: null, text: ''},
		{name: 'timestamp_granularities[]', fileName: null, text: Buffer.from('Käse').toString('latin1')},
	]);
});

test('what is not read of a part is passed over', async () => {
	const {bytes, boundary} = await example();
	expect((await read(bytes, boundary, 5, true)).map(({name}) => name)).toHaveLength(5);
});

test('a form that is cut anywhere is refused', async () => {
	const {bytes, boundary} = await example();
	const end = bytes.lastIndexOf('--');
	for (let length = 0; length < end; length += 1)
		await expect(read(bytes.subarray(0, length), boundary, 50)).rejects.toThrow('invalid: a form that ends before');
});

test('a hundred megabytes pass with one piece of them in memory', async () => {
	const [boundary, piece] = ['xyz', new Uint8Array(1 << 20).fill(13)];
	async function* long(): AsyncGenerator<Uint8Array> {
		yield Buffer.from('--xyz\r\ncontent-disposition: form-data; name=file; filename=a\r\n\r\n');
		for (let count = 0; count < 100; count += 1) yield piece;
		yield Buffer.from('\r\n--xyz--\r\n');
	}
	let total = 0;
	let longest = 0;
	for await (const part of readMultipart(long(), boundary, {invalid}))
		for await (const bytes of part.bytes) {
			total += bytes.length;
			longest = Math.max(longest, bytes.length);
		}
	expect(total).toBe(100 * (1 << 20));
	expect(longest).toBeLessThanOrEqual((1 << 20) + 16);
});

test.each([
	['no boundary', Buffer.from('hello'), /ends before/],
	['a part without a name', Buffer.from('--b\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--'), /without a name/],
	['a head without an end', Buffer.from(`--b\r\n${'x'.repeat(40_000)}`), /head has no end/],
	[
		'too many parts',
		Buffer.from('--b\r\ncontent-disposition: form-data; name=a\r\n\r\n\r\n'.repeat(300)),
		/more than 200/,
	],
])('%s is refused', async (_what, bytes, expected) => {
	await expect(read(bytes, 'b')).rejects.toThrow(expected);
});

test.each([
	['multipart/form-data; boundary=abc', 'abc'],
	['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
	['Multipart/Form-Data;BOUNDARY=x', 'x'],
	['multipart/mixed; boundary=abc', undefined],
	['multipart/form-data', undefined],
	['application/json', undefined],
])('the boundary of %s is %s', (type, expected) => {
	expect(multipartBoundary(type)).toBe(expected);
});
