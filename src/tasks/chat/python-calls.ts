import type {WrittenCall} from './tool-call-readers.ts';
import {skipSpace, take, takeMatch, type Reader} from './text-reader.ts';

/**
 * Calls as LFM2 and Llama 4 write them: `[name(key="value", count=3), other()]`, with Python's literals. Undefined for
 * anything else, positional arguments among them.
 */
export function readPythonCalls(body: string): readonly WrittenCall[] | undefined {
	const reader: Reader = {text: body.trim(), at: 0};
	const bracketed = take(reader, '[');
	const calls: WrittenCall[] = [];
	do {
		const call = readCall(reader);
		if (call === undefined) return undefined;
		calls.push(call);
		skipSpace(reader);
	} while (take(reader, ','));
	if (bracketed && !take(reader, ']')) return undefined;
	return reader.at === reader.text.length ? calls : undefined;
}

const maxDepth = 32;
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
	['True', true],
	['False', false],
	['None', null],
	['true', true],
	['false', false],
	['null', null],
]);

function readCall(reader: Reader): WrittenCall | undefined {
	skipSpace(reader);
	const name = takeMatch(reader, /[\w.-]+/y);
	if (name === undefined || !take(reader, '(')) return undefined;
	const pairs = readItems(reader, ')', () => {
		skipSpace(reader);
		const key = takeMatch(reader, /[A-Za-z_]\w*/y);
		skipSpace(reader);
		if (key === undefined || !take(reader, '=')) return undefined;
		const value = readValue(reader, 0);
		return value && ([key, value.is] as const);
	});
	return pairs && {name, arguments: Object.fromEntries(pairs)};
}

/** Wrapped, so that `None` is not mistaken for nothing read. */
function readValue(reader: Reader, depth: number): {readonly is: unknown} | undefined {
	skipSpace(reader);
	if (depth > maxDepth) return undefined;
	if (take(reader, '[')) {
		const items = readItems(reader, ']', () => readValue(reader, depth + 1));
		return items && {is: items.map(item => item.is)};
	}
	if (take(reader, '{')) {
		const pairs = readItems(reader, '}', () => readPair(reader, depth + 1));
		return pairs && {is: Object.fromEntries(pairs)};
	}
	const quoted = readString(reader);
	if (quoted !== undefined) return {is: quoted};
	const number = takeMatch(reader, /-?\d+(\.\d+)?([eE][+-]?\d+)?/y);
	if (number !== undefined) return {is: Number(number)};
	const word = takeMatch(reader, /[A-Za-z]+/y);
	return word !== undefined && words.has(word) ? {is: words.get(word)} : undefined;
}

function readPair(reader: Reader, depth: number): readonly [string, unknown] | undefined {
	skipSpace(reader);
	const key = readString(reader);
	skipSpace(reader);
	if (key === undefined || !take(reader, ':')) return undefined;
	const value = readValue(reader, depth);
	return value && [key, value.is];
}

function readItems<T>(reader: Reader, close: string, readItem: () => T | undefined): readonly T[] | undefined {
	const items: T[] = [];
	skipSpace(reader);
	while (!take(reader, close)) {
		if (items.length > 0 && !take(reader, ',')) return undefined;
		const item = readItem();
		if (item === undefined) return undefined;
		items.push(item);
		skipSpace(reader);
	}
	return items;
}

const escapes: ReadonlyMap<string, string> = new Map([
	['n', '\n'],
	['t', '\t'],
	['r', '\r'],
]);

function readString(reader: Reader): string | undefined {
	const literal = takeMatch(reader, /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y);
	return literal
		?.slice(1, -1)
		.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, character: string | undefined) =>
			code === undefined
				? (escapes.get(character ?? '') ?? character ?? '')
				: String.fromCodePoint(Number.parseInt(code, 16)),
		);
}
