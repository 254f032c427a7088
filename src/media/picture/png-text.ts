import {inflateSync} from 'node:zlib';
import {pngChunk, type PngChunk} from './png-chunks.ts';

/** Characters of one text, and of all texts of a picture: what programs write is far shorter. */
const longest = 1_000_000;

/** What every reader of `tEXt` knows; anything else is written as UTF-8. */
const plain = /^[\n\u{20}-\u{7E}\u{A0}-\u{FF}]*$/u;
const keywords = /^[\u{21}-\u{7E}](?:[\u{20}-\u{7E}]{0,77}[\u{21}-\u{7E}])?$/u;

/** One chunk: `tEXt` where the text is Latin-1, else `iTXt`. The keyword has 1 to 79 printable characters of ASCII. */
export function textChunk(keyword: string, text: string): Uint8Array {
	if (!keywords.test(keyword)) throw new RangeError(`not a keyword for a text in a PNG: ${JSON.stringify(keyword)}`);
	if (plain.test(text)) return pngChunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
	// No compression, no language, no translated keyword.
	return pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
}

/** The texts of a picture by their keywords; one that is damaged, or too long to be meant, is left out. */
export function textOf(chunks: readonly PngChunk[]): Readonly<Record<string, string>> {
	const texts = new Map<string, string>();
	let room = longest;
	for (const chunk of chunks) {
		const read = readText(chunk, room);
		if (read === null || texts.has(read.keyword)) continue;
		texts.set(read.keyword, read.text);
		room -= read.text.length;
	}
	return Object.fromEntries(texts);
}

interface KeyedText {
	readonly keyword: string;
	readonly text: string;
}

function readText({type, data}: PngChunk, room: number): KeyedText | null {
	if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return null;
	const end = data.indexOf(0);
	if (end < 1 || end > 79) return null;
	const keyword = latin(data.subarray(0, end));
	const rest = data.subarray(end + 1);
	const bytes = type === 'tEXt' ? rest : type === 'zTXt' ? inflated(rest.subarray(1), room) : international(rest, room);
	if (bytes === null || bytes.length > room) return null;
	return {keyword, text: type === 'iTXt' ? Buffer.from(bytes).toString('utf8') : latin(bytes)};
}

/** A flag, a method, then a language and a translated keyword that each end in a zero. */
function international(bytes: Uint8Array, room: number): Uint8Array | null {
	const language = bytes.indexOf(0, 2);
	const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
	if (translated < 0) return null;
	const text = bytes.subarray(translated + 1);
	return bytes[0] === 1 ? inflated(text, room) : text;
}

function inflated(bytes: Uint8Array, room: number): Uint8Array | null {
	try {
		return inflateSync(bytes, {maxOutputLength: Math.max(1, room)});
	} catch {
		return null;
	}
}

const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
