import {open, type FileHandle} from 'node:fs/promises';

/** More fields at the top of a file are no graph's. */
const mostFields = 4096;
/** Bytes of one fact, and of all of them. */
const longestFact = 2 ** 20;
const mostBytes = 4 * 2 ** 20;
/** Bytes that hold the number and the length of any field. */
const longestHead = 20;

/** Numbers of fields in a `ModelProto`, and in a fact of it. */
const graphField = 7;
const factField = 14;
const keyField = 1;
const valueField = 2;

/**
 * What an exporter wrote beside the graph of an ONNX file, by name; null where the file is no ONNX, was cut, or says more than
 * any does. Reads a few bytes of each field at the top and the facts themselves, and never the graph. Throws what the file system says.
 */
export async function readOnnxMetadata(file: string): Promise<ReadonlyMap<string, string> | null> {
	await using handle = await open(file);
	const {size} = await handle.stat();
	const facts = new Map<string, string>();
	let hasGraph = false;
	let read = 0;
	let at = 0;
	for (let count = 0; at < size; count += 1) {
		if (count === mostFields) return null;
		const field = fieldAt(await bytesAt(handle, at, longestHead));
		if (field === null || at + field.head + field.length > size) return null;
		if (field.number === graphField && field.nested) hasGraph = true;
		if (field.number === factField && field.nested) {
			read += field.length;
			if (field.length > longestFact || read > mostBytes) return null;
			const fact = factIn(await bytesAt(handle, at + field.head, field.length));
			if (fact === null) return null;
			facts.set(...fact);
		}
		at += field.head + field.length;
	}
	return hasGraph ? facts : null;
}

interface Field {
	readonly number: number;
	/** Bytes before its content. */
	readonly head: number;
	/** Bytes of its content. */
	readonly length: number;
	/** Text, or a message of its own. */
	readonly nested: boolean;
}

/** The field that bytes begin with. */
function fieldAt(bytes: Uint8Array): Field | null {
	const tag = varint(bytes, 0);
	if (tag === null) return null;
	const number = Math.floor(tag.value / 8);
	if (number < 1) return null;
	switch (tag.value % 8) {
		case 0: {
			const content = varint(bytes, tag.end);
			return content === null ? null : {number, head: tag.end, length: content.end - tag.end, nested: false};
		}
		case 1:
			return {number, head: tag.end, length: 8, nested: false};
		case 2: {
			const length = varint(bytes, tag.end);
			return length === null ? null : {number, head: length.end, length: length.value, nested: true};
		}
		case 5:
			return {number, head: tag.end, length: 4, nested: false};
		default:
			return null;
	}
}

function factIn(bytes: Uint8Array): readonly [key: string, value: string] | null {
	const texts = new Map<number, string>();
	for (let at = 0; at < bytes.length;) {
		const field = fieldAt(bytes.subarray(at, at + longestHead));
		if (field === null || at + field.head + field.length > bytes.length) return null;
		at += field.head + field.length;
		if (field.nested) texts.set(field.number, Buffer.from(bytes.subarray(at - field.length, at)).toString('utf8'));
	}
	const key = texts.get(keyField);
	return key === undefined ? null : [key, texts.get(valueField) ?? ''];
}

/** Seven bits in each byte, the lowest first. Numbers of ten bytes are negative ones, of which only the length matters here. */
function varint(bytes: Uint8Array, from: number): {readonly value: number; readonly end: number} | null {
	let value = 0;
	for (let at = from; at < Math.min(bytes.length, from + 10); at += 1) {
		const byte = bytes[at] ?? 0;
		value += (byte % 128) * 2 ** (7 * (at - from));
		if (byte < 128) return {value, end: at + 1};
	}
	return null;
}

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
	const {buffer, bytesRead} = await handle.read(Buffer.alloc(length), 0, length, at);
	return buffer.subarray(0, bytesRead);
}
