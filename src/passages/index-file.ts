import {readFile, stat} from 'node:fs/promises';
import * as z from 'zod';
import {writeFileAtomic} from '../lib/write-file-atomic.ts';
import {wordsFrom, type PassageIndex} from './passage-index.ts';

/** Raised when passages are cut otherwise or the form changes: the folder is then read afresh. */
const version = 1;
/** Bytes; a hundred thousand passages take less. */
const largest = 2 ** 30;

const passage = z.object({
	firstLine: z.int(),
	lastLine: z.int(),
	headings: z.array(z.string()),
	text: z.string(),
});
const headSchema = z.object({
	version: z.literal(version),
	folder: z.string(),
	model: z.string(),
	dimensions: z.int().min(1),
	files: z.array(z.object({file: z.string(), bytes: z.int(), modified: z.int(), passages: z.array(passage)})),
	/** Bytes of what follows the head: the words as JSON, then the vectors. */
	wordsBytes: z.int(),
});

/** Whose index it is: another folder or another model is another index. */
export interface IndexOwner {
	readonly folder: string;
	readonly model: string;
}

/** As it was written last; null where there is none, or it is of another version, folder or model, or damaged. */
export async function readIndex(file: string, owner: IndexOwner): Promise<PassageIndex | null> {
	try {
		if ((await stat(file)).size > largest) return null;
		const bytes = await readFile(file);
		const end = bytes.indexOf(0x0a);
		const head = headSchema.parse(JSON.parse(bytes.subarray(0, end).toString('utf8')));
		if (head.folder !== owner.folder || head.model !== owner.model) return null;
		const words = bytes.subarray(end + 1, end + 1 + head.wordsBytes);
		// Copied, because what is mapped as numbers must begin at a multiple of four.
		const rest = Uint8Array.from(bytes.subarray(end + 1 + head.wordsBytes));
		const count = head.files.reduce((sum, {passages}) => sum + passages.length, 0);
		if (rest.byteLength !== count * head.dimensions * Float32Array.BYTES_PER_ELEMENT) return null;
		const {files, dimensions} = head;
		return {files, dimensions, vectors: new Float32Array(rest.buffer), words: wordsFrom(words.toString('utf8'))};
	} catch {
		return null;
	}
}

/** One line of JSON, the words as JSON, and the vectors as they are in memory. */
export async function writeIndex(file: string, {folder, model}: IndexOwner, index: PassageIndex): Promise<void> {
	const {files, dimensions, vectors} = index;
	const words = Buffer.from(JSON.stringify(index.words));
	const head = {version, folder, model, dimensions, files, wordsBytes: words.length};
	const numbers = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
	await writeFileAtomic(file, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), words, numbers]));
}
