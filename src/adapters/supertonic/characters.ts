import * as z from 'zod';
import type {InstalledModel} from '../../contract/manifest.ts';
import {cleaned} from './normalize.ts';
import {readRequiredJson} from './required-json.ts';

/** The number of each character by its code point; -1 for what the model was not trained to read. */
export type Characters = readonly number[];

const schema: z.ZodType<Characters> = z
	.array(z.int().min(-1))
	.min(1)
	.max(2 ** 17);

/** Throws `model-invalid` where the file is absent or of something else. */
export const readCharacters = (model: InstalledModel): Promise<Characters> =>
	readRequiredJson(model, 'onnx/unicode_indexer.json', schema);

/** Whether every character of the text is one the model reads. Pure. */
export const reads = (characters: Characters, text: string): boolean =>
	numbersOf(characters, text).length === [...text].length;

/** The text as numbers, without what the model does not read. Pure. */
export function numbersOf(characters: Characters, text: string): readonly number[] {
	return [...text].map(character => numberOf(characters, character)).filter(number => number >= 0);
}

/** Text whose every word can be read at least in part, and the characters that lose something. Pure. */
export function readableText(
	characters: Characters,
	text: string,
	{accented}: {readonly accented: boolean},
): {readonly text: string; readonly lost: readonly string[]} {
	const lost: string[] = [];
	const silent = new Set<string>();
	for (const character of new Set(text)) {
		const left = cleaned(character, {accented}).trim();
		if (reads(characters, left)) continue;
		if (!invisible.test(character)) lost.push(character);
		// What is no letter may still be where a sentence ends.
		if (numbersOf(characters, left).length === 0 && /[\p{L}\p{N}]/u.test(character)) silent.add(character);
	}
	return {text: silent.size === 0 ? text : [...text].filter(character => !silent.has(character)).join(''), lost};
}

/** Joiners and the like: nobody misses them. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;

const numberOf = (characters: Characters, character: string): number => characters[character.codePointAt(0) ?? 0] ?? -1;
