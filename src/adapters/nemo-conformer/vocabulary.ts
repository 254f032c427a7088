import {readFile, stat} from 'node:fs/promises';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** What each number of the network's answer stands for. */
export interface NemoVocabulary {
	readonly size: number;
	/** Nothing new is said. */
	readonly blank: number;
	/** By number. A space stands for the beginning of a word; empty for what is never written. */
	readonly pieces: readonly string[];
}

/** Bytes, and pieces; no vocabulary has more. */
const largest = 16 * 2 ** 20;
const most = 1_000_000;

/** From `vocab.txt`. Throws `model-invalid` where it cannot be used. */
export async function readVocabulary(model: InstalledModel): Promise<NemoVocabulary> {
	const vocabulary = await read(modelFile(model, 'vocab.txt')).catch((error: unknown) => String(error));
	if (typeof vocabulary === 'string') throw invalidModel(model, `its vocab.txt cannot be used: ${vocabulary}`);
	return vocabulary;
}

async function read(file: string): Promise<NemoVocabulary | string> {
	return (await stat(file)).size > largest ? 'it is too large' : parseVocabulary(await readFile(file, 'utf8'));
}

/** A piece and its number in each line; or what is wrong. Pure. */
export function parseVocabulary(text: string): NemoVocabulary | string {
	const pieces: string[] = [];
	let blank: number | null = null;
	for (const line of text.split(/\r?\n/)) {
		if (line === '') continue;
		const [, piece, written] = /^([^ ]+) (\d{1,7})$/.exec(line) ?? [];
		const id = Number(written);
		if (piece === undefined || id >= most) return `'${line.slice(0, 40)}' is not a piece and its number`;
		if (pieces[id] !== undefined) return `two pieces have the number ${id}`;
		if (piece === '<blk>') blank = id;
		pieces[id] = spelled(piece);
	}
	if (blank === null) return 'it has no <blk>';
	const missing = Array.from(pieces.keys()).findIndex(id => pieces[id] === undefined);
	return missing >= 0 ? `it has no piece ${missing}` : {size: pieces.length, blank, pieces};
}

/** Pieces of sentences mark the beginning of a word with `▁`. What stands in angles is a sign for the network itself. */
const spelled = (piece: string): string => (/^<[^<>]+>$/.test(piece) ? '' : piece.replaceAll('\u2581', ' '));
