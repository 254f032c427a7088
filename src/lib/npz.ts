import {inflateRawSync} from 'node:zlib';

/** An array as NumPy writes it: numbers row by row. */
export interface NumpyArray {
	readonly shape: readonly number[];
	readonly data: Float32Array;
}

/** What is read is hostile until it proves otherwise: more entries, or longer ones, are none of a model. */
const most = {entries: 10_000, bytes: 2 ** 28} as const;
const endOfDirectory = 0x06_05_4b_50;
const directoryEntry = 0x02_01_4b_50;

/** The 32-bit arrays of an `.npz` file, by their names without `.npy`. Throws a RangeError where it is none. Pure. */
export function readNpz(bytes: Uint8Array): ReadonlyMap<string, NumpyArray> {
	const arrays = new Map<string, NumpyArray>();
	for (const {name, content} of entriesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
		if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), readNpy(content));
	return arrays;
}

/** One `.npy` file of little-endian 32-bit numbers in the order of C. Throws a RangeError where it is none. Pure. */
export function readNpy(bytes: Buffer): NumpyArray {
	if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\u0093NUMPY') throw new RangeError('no NumPy array');
	const wide = (bytes[6] ?? 1) >= 2;
	const start = wide ? 12 : 10;
	if (bytes.length < start) throw new RangeError('a NumPy array that is cut off');
	const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
	const header = bytes.toString('latin1', start, Math.min(start + length, start + 10_000));
	if (!/'descr':\s*'<f4'/.test(header) || !/'fortran_order':\s*False/.test(header))
		throw new RangeError('a NumPy array of another type than 32-bit numbers in the order of C');
	const sizes = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1] ?? '';
	const shape = sizes.split(',').flatMap(size => (size.trim() === '' ? [] : [Number(size)]));
	const count = shape.reduce((product, size) => product * size, 1);
	const from = start + length;
	if (!Number.isSafeInteger(count) || from + count * 4 > bytes.length)
		throw new RangeError('a NumPy array that is shorter than it says');
	return {shape, data: new Float32Array(new Uint8Array(bytes.subarray(from, from + count * 4)).buffer)};
}

interface Entry {
	readonly name: string;
	readonly content: Buffer;
}

/** The files of a zip archive by its directory, stored or deflated. */
function* entriesOf(archive: Buffer): Generator<Entry> {
	const end = directoryEnd(archive);
	const count = Math.min(archive.readUInt16LE(end + 10), most.entries);
	let at = archive.readUInt32LE(end + 16);
	for (let index = 0; index < count; index += 1) {
		if (at + 46 > archive.length || archive.readUInt32LE(at) !== directoryEntry)
			throw new RangeError('an archive with a damaged directory');
		const nameLength = archive.readUInt16LE(at + 28);
		const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
		yield {name, content: contentOf(archive, at)};
		at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
	}
}

function contentOf(archive: Buffer, entry: number): Buffer {
	const method = archive.readUInt16LE(entry + 10);
	const packed = archive.readUInt32LE(entry + 20);
	const size = archive.readUInt32LE(entry + 24);
	const place = archive.readUInt32LE(entry + 42);
	if (size > most.bytes || place + 30 > archive.length) throw new RangeError('an archive with an impossible entry');
	const from = place + 30 + archive.readUInt16LE(place + 26) + archive.readUInt16LE(place + 28);
	if (from + packed > archive.length) throw new RangeError('an archive that is cut off');
	const content = archive.subarray(from, from + packed);
	if (method === 0) return content;
	if (method === 8) return inflateRawSync(content, {maxOutputLength: Math.max(1, size)});
	throw new RangeError('an archive that is packed in another way than NumPy does');
}

/** The last 22 bytes, or before a comment of 64 KiB at most. */
function directoryEnd(archive: Buffer): number {
	for (let at = archive.length - 22; at >= 0 && at >= archive.length - 22 - 65_535; at -= 1)
		if (archive.readUInt32LE(at) === endOfDirectory) return at;
	throw new RangeError('no archive');
}
