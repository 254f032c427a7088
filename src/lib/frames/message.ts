import {isTypedArray, typedArrayClasses, typedArrayName, type TypedArray} from './typed-array.ts';

/**
 * Any plain value as bytes: JSON for its structure, raw bytes for every typed array in it, wherever it stands.
 *
 *     [u32 json length][json]                                   when JSON says it all, which is nearly always
 *     [u32 json length][json][u32 length][extras json][padding to 8][array][padding to 8][array] …
 *
 * The extras name, by path, what JSON cannot hold: typed arrays, `undefined`, bigints, -0 and numbers that are not finite;
 * and streams, which go by a number where the sender lends them.
 */

type Key = string | number;
type Extra =
	| readonly [path: readonly Key[], kind: 'array', type: string, length: number]
	| readonly [path: readonly Key[], kind: 'number' | 'bigint', text: string]
	| readonly [path: readonly Key[], kind: 'stream', number: number]
	| readonly [path: readonly Key[], kind: 'undefined'];

/** Keeps a stream that was found in a value; the number is what the other side knows it by. */
export type Lend = (items: AsyncIterable<unknown>) => number;
/** The stream of a number that the other side lent. */
export type Open = (number: number) => AsyncIterable<unknown>;

export interface EncodedMessage {
	/** Begins with the `headroom` that was asked for. */
	readonly head: Buffer;
	/** What follows the head, in order: the caller's own memory, not copies of it. */
	readonly attachments: readonly Uint8Array[];
	/** Length of the whole message in bytes, without the headroom. */
	readonly bytes: number;
}

const alignment = 8;
const padding = new Uint8Array(alignment);
const maxDepth = 256;

/**
 * Throws a TypeError that names the path of anything that is not plain data; a stream is plain where `lend` takes it.
 * Typed arrays are not copied: they must stay as they are until the message has been written.
 */
export function encodeMessage(value: unknown, headroom = 0, lend?: Lend): EncodedMessage {
	const found: Found = {path: [], extras: [], arrays: [], lend};
	const json = JSON.stringify(strip(value, found));
	const extras = found.extras.length === 0 ? '' : JSON.stringify(found.extras);
	const jsonBytes = Buffer.byteLength(json);
	const extrasBytes = Buffer.byteLength(extras);
	const headBytes = 4 + jsonBytes + (extrasBytes === 0 ? 0 : 4 + extrasBytes);
	const head = Buffer.allocUnsafe(headroom + headBytes);
	head.writeUInt32LE(jsonBytes, headroom);
	head.write(json, headroom + 4);
	if (extrasBytes > 0) {
		head.writeUInt32LE(extrasBytes, headroom + 4 + jsonBytes);
		head.write(extras, headroom + 8 + jsonBytes);
	}
	return {head, ...alignAll(found.arrays, headBytes)};
}

/** `copied` hears of the bytes of every array that had to be copied to stand aligned in memory. */
export function decodeMessage(
	payload: Uint8Array,
	copied: (bytes: number) => void = () => {},
	open: Open = unexpected,
): unknown {
	const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
	const [json, afterJson] = readText(bytes, 0);
	const value: unknown = JSON.parse(json);
	if (afterJson === bytes.length) return value;
	const [extrasJson, afterExtras] = readText(bytes, afterJson);
	const readArray = arrayReader(bytes, afterExtras, copied);
	const reviveExtra = (extra: Extra): unknown => revive(extra, readArray, open);
	return restore(value, JSON.parse(extrasJson) as readonly Extra[], reviveExtra);
}

function unexpected(): never {
	throw new TypeError('a message with a stream in it, which nothing here reads');
}

interface Found {
	/** Where the walk stands: one array for the whole walk, since it is copied only when something is found. */
	readonly path: Key[];
	readonly extras: Extra[];
	readonly arrays: TypedArray[];
	readonly lend: Lend | undefined;
}

/** The value with a null for everything JSON cannot hold; the very same object when there is no such thing in it. */
function strip(value: unknown, found: Found): unknown {
	switch (typeof value) {
		case 'string':
		case 'boolean':
			return value;
		case 'number':
			if (Number.isFinite(value) && !Object.is(value, -0)) return value;
			found.extras.push([[...found.path], 'number', Object.is(value, -0) ? '-0' : String(value)]);
			return null;
		case 'bigint':
			found.extras.push([[...found.path], 'bigint', String(value)]);
			return null;
		case 'undefined':
			found.extras.push([[...found.path], 'undefined']);
			return null;
		case 'object':
			return value === null ? null : stripObject(value, found);
		default:
			throw new TypeError(`${describePath(found.path)} is a ${typeof value}, which cannot leave the process`);
	}
}

function stripObject(value: object, found: Found): unknown {
	if (found.path.length > maxDepth) throw new TypeError(`data nested deeper than ${maxDepth} levels`);
	if (isTypedArray(value)) {
		found.extras.push([[...found.path], 'array', typedArrayName(value), value.length]);
		found.arrays.push(value);
		return null;
	}
	if (Array.isArray(value)) return stripItems(value, found);
	if (found.lend !== undefined && isStream(value)) {
		found.extras.push([[...found.path], 'stream', found.lend(value)]);
		return null;
	}
	if (!isPlain(value)) {
		const name = value.constructor.name;
		throw new TypeError(`${describePath(found.path)} is a ${name}, which cannot leave the process`);
	}
	return stripFields(value as Readonly<Record<string, unknown>>, found);
}

function stripItems(items: readonly unknown[], found: Found): unknown {
	let copy: unknown[] | undefined;
	for (let index = 0; index < items.length; index++) {
		const item = items[index];
		found.path.push(index);
		const stripped = strip(item, found);
		found.path.pop();
		if (stripped === item) continue;
		copy ??= [...items];
		copy[index] = stripped;
	}
	return copy ?? items;
}

function stripFields(fields: Readonly<Record<string, unknown>>, found: Found): unknown {
	let copy: Record<string, unknown> | undefined;
	for (const key of Object.keys(fields)) {
		const item = fields[key];
		found.path.push(key);
		const stripped = strip(item, found);
		found.path.pop();
		if (stripped === item) continue;
		copy ??= {...fields};
		copy[key] = stripped;
	}
	return copy ?? fields;
}

function isStream(value: object): value is AsyncIterable<unknown> {
	return Symbol.asyncIterator in value;
}

/** Also true for plain objects of another realm, whose prototype is not ours but equally bare. */
function isPlain(value: object): boolean {
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

function describePath(path: readonly Key[]): string {
	return path.length === 0 ? 'the value' : path.join('.');
}

/** Puts each array on the next multiple of eight, counted from the start of the message. */
function alignAll(arrays: readonly TypedArray[], start: number): Pick<EncodedMessage, 'attachments' | 'bytes'> {
	const attachments: Uint8Array[] = [];
	let bytes = start;
	for (const array of arrays) {
		const gap = gapAt(bytes);
		if (gap > 0) attachments.push(padding.subarray(0, gap));
		if (array.byteLength > 0) attachments.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
		bytes += gap + array.byteLength;
	}
	return {attachments, bytes};
}

function gapAt(offset: number): number {
	return (alignment - (offset % alignment)) % alignment;
}

function readText(bytes: Buffer, offset: number): readonly [text: string, end: number] {
	const end = bytes.length - offset < 4 ? Infinity : offset + 4 + bytes.readUInt32LE(offset);
	if (end > bytes.length) throw new RangeError('a message that is shorter than it says');
	return [bytes.toString('utf8', offset + 4, end), end];
}

type ArrayReader = (type: string, length: number) => TypedArray;

function arrayReader(bytes: Buffer, start: number, copied: (bytes: number) => void): ArrayReader {
	let offset = start;
	return (type, length) => {
		const TypedArrayClass = typedArrayClasses.get(type);
		if (TypedArrayClass === undefined) throw new TypeError(`an array of the unknown type ${type}`);
		offset += gapAt(offset);
		const size = length * TypedArrayClass.BYTES_PER_ELEMENT;
		if (!Number.isSafeInteger(length) || length < 0 || offset + size > bytes.length)
			throw new RangeError('an array that is longer than its message');
		const position = bytes.byteOffset + offset;
		const aligned = position % TypedArrayClass.BYTES_PER_ELEMENT === 0;
		if (!aligned) copied(size);
		const array = aligned
			? new TypedArrayClass(bytes.buffer, position, length)
			: new TypedArrayClass(bytes.buffer.slice(position, position + size), 0, length);
		offset += size;
		return array;
	};
}

function restore(value: unknown, extras: readonly Extra[], reviveExtra: (extra: Extra) => unknown): unknown {
	const root = {value};
	for (const extra of extras) {
		const path: readonly Key[] = ['value', ...extra[0]];
		const last = path.at(-1) ?? 'value';
		const holder = path.slice(0, -1).reduce<unknown>(ownField, root);
		if (ownField(holder, last) !== null) throw new TypeError('a message whose extras do not match its value');
		(holder as Record<Key, unknown>)[last] = reviveExtra(extra);
	}
	return root.value;
}

function ownField(holder: unknown, key: Key): unknown {
	if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key))
		throw new TypeError('a message whose extras do not match its value');
	return (holder as Readonly<Record<Key, unknown>>)[key];
}

function revive(extra: Extra, readArray: ArrayReader, open: Open): unknown {
	switch (extra[1]) {
		case 'array':
			return readArray(extra[2], extra[3]);
		case 'number':
			return Number(extra[2]);
		case 'bigint':
			return BigInt(extra[2]);
		case 'stream':
			return open(extra[2]);
		case 'undefined':
			return undefined;
		default:
			throw new TypeError('a message with an extra of an unknown kind');
	}
}
