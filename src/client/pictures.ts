import {open, stat} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {MofaError} from '../contract/error.ts';
import type {Image} from '../contract/media.ts';
import {readablePictures, sniffPicture} from '../media/picture/sniff-picture.ts';

/** Bytes; whoever decodes it has narrower limits of its own. */
const largestPicture = 64 * 1024 ** 2;
const ending = /[^/\\]\.(png|jpe?g|webp|gif|bmp|avif|heic|tiff?)$/i;

/** Whether the name ends as files of pictures do. */
export function isPictureName(name: string): boolean {
	return ending.test(name);
}

/** The picture in a file. Throws `file-error`, and `invalid-request` for what is no picture or larger than any. */
export async function readPicture(file: string): Promise<Image> {
	const bytes = await readBytes(file);
	const sniffed = sniffPicture(bytes);
	if (sniffed !== null) return {bytes, mediaType: sniffed.mediaType};
	const expected = bytes.length === 0 ? 'a picture, but it is empty' : `a picture: ${readablePictures}`;
	throw new MofaError('invalid-request', {path: file, expected});
}

async function readBytes(file: string): Promise<Uint8Array> {
	try {
		const {size} = await stat(file);
		if (size > largestPicture)
			throw new MofaError('invalid-request', {path: file, expected: `a picture of at most ${largestPicture} bytes`});
		await using handle = await open(file, 'r');
		return Uint8Array.from(await handle.readFile());
	} catch (error) {
		if (MofaError.is(error)) throw error;
		const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
		const problem = gone ? 'there is no such file' : error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: file, problem}, {cause: error});
	}
}

export interface FoundPicture {
	/** Where it is named in the text. */
	readonly start: number;
	readonly end: number;
	readonly file: string;
}

/**
 * Pictures that a text names, as a terminal writes what is dropped on it: bare, in quotes, with escaped spaces, or as a
 * `file:` address. Only what ends as pictures do; whether it is there is not looked at. Pure but for the home folder.
 */
export function findPictures(text: string): readonly FoundPicture[] {
	const words = /'([^'\n]+)'|"([^"\n]+)"|((?:\\.|[^\s\\'"])+)/g;
	return [...text.matchAll(words)].flatMap(match => {
		const quoted = match[1] ?? match[2];
		const file = fileOf(quoted ?? unescaped(match[3] ?? ''));
		return file !== null && isPictureName(file) ? [{start: match.index, end: match.index + match[0].length, file}] : [];
	});
}

/** Only before what a shell would read otherwise: a path of Windows keeps its backslashes. */
const unescaped = (word: string): string => word.replaceAll(/\\([ '"()&;!$`[\]{}*?<>|\\#~])/g, '$1');

function fileOf(word: string): string | null {
	if (word.startsWith('file://')) {
		try {
			return fileURLToPath(word);
		} catch {
			return null;
		}
	}
	return word.startsWith('~/') ? path.join(os.homedir(), word.slice(1)) : word;
}

export interface SeenText {
	/** Without the names of the pictures. */
	readonly text: string;
	readonly pictures: ReadonlyArray<{readonly file: string; readonly image: Image}>;
}

/** A text and the pictures it names that are there; other names stay what they are. Throws as `readPicture` does. */
export async function takePictures(text: string): Promise<SeenText> {
	const found = findPictures(text);
	const there = await Promise.all(
		found.map(({file}) =>
			stat(file).then(
				info => info.isFile(),
				() => false,
			),
		),
	);
	const taken = found.filter((_, index) => there[index]);
	const pictures = await Promise.all(taken.map(async ({file}) => ({file, image: await readPicture(file)})));
	let rest = '';
	let at = 0;
	for (const {start, end} of taken) {
		rest += text.slice(at, start);
		at = end;
	}
	return {text: (rest + text.slice(at)).replaceAll(/[ \t]{2,}/g, ' ').trim(), pictures};
}
