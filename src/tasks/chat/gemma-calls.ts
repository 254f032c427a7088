import type {WrittenCall} from './tool-call-readers.ts';
import {skipSpace, take, takeMatch, type Reader} from './text-reader.ts';

/**
 * FunctionGemma and Gemma 4 write `call:name{key:value,…}`: keys without quotes, strings between `<escape>` marks or
 * between `<|"|>` marks, numbers, `true`, `false`, `null`, and nested `{…}` and `[…]`.
 */
export function readGemmaCalls(body: string): readonly WrittenCall[] | undefined {
	const match = /^\s*call:([\w.-]+)\s*(?=\{)/.exec(body);
	if (match?.[1] === undefined) return undefined;
	const reader: Reader = {text: body.trimEnd(), at: match[0].length};
	const value = readValue(reader, 0);
	const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
	if (!isObject || reader.at !== reader.text.length) return undefined;
	return [{name: match[1], arguments: Object.fromEntries(Object.entries(value))}];
}

const quotes = ['<escape>', '<|"|>', '"'];
const maxDepth = 32;

/** Undefined where the text is not such a value. */
function readValue(reader: Reader, depth: number): unknown {
	skipSpace(reader);
	if (depth > maxDepth) return undefined;
	if (take(reader, '{'))
		return readItems(
			reader,
			'}',
			() => readPair(reader, depth),
			pairs => Object.fromEntries(pairs),
		);
	if (take(reader, '['))
		return readItems(
			reader,
			']',
			() => readValue(reader, depth + 1),
			values => values,
		);
	const quote = quotes.find(mark => reader.text.startsWith(mark, reader.at));
	return quote === undefined ? readWord(reader) : readString(reader, quote);
}

function readItems<T, R>(
	reader: Reader,
	close: string,
	readItem: () => T | undefined,
	build: (items: readonly T[]) => R,
): R | undefined {
	const items: T[] = [];
	skipSpace(reader);
	if (take(reader, close)) return build(items);
	do {
		const item = readItem();
		if (item === undefined) return undefined;
		items.push(item);
		skipSpace(reader);
	} while (take(reader, ','));
	return take(reader, close) ? build(items) : undefined;
}

function readPair(reader: Reader, depth: number): readonly [string, unknown] | undefined {
	skipSpace(reader);
	const quote = quotes.find(mark => reader.text.startsWith(mark, reader.at));
	const key = quote === undefined ? takeMatch(reader, /[^:{}[\],]+/y) : readString(reader, quote);
	skipSpace(reader);
	if (key === undefined || !take(reader, ':')) return undefined;
	const value = readValue(reader, depth + 1);
	return value === undefined ? undefined : [key.trim(), value];
}

function readString(reader: Reader, quote: string): string | undefined {
	const start = reader.at + quote.length;
	const end = reader.text.indexOf(quote, start);
	if (end === -1) return undefined;
	reader.at = end + quote.length;
	return reader.text.slice(start, end);
}

function readWord(reader: Reader): unknown {
	const word = takeMatch(reader, /[^{}[\],]+/y)?.trim();
	if (word === undefined || word === '') return undefined;
	try {
		return JSON.parse(word);
	} catch {
		return word;
	}
}
