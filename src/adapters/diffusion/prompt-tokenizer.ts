import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {clipTokenizer} from './clip-tokenizer.ts';
import {largestVocabulary, readJson, readText, unreadable} from './read-json.ts';

/** A prompt as a text encoder reads it: cut, or filled up, to a length that does not change. */
export interface PromptTokenizer {
	/** Tokens that the encoder was trained to read, special ones included. */
	readonly longest: number;
	row(text: string, length: number): PromptRow;
}

export interface PromptRow {
	readonly ids: readonly number[];
	/** Tokens of the text that are in it, and that it has in all. */
	readonly read: number;
	readonly all: number;
}

const tokenSchema = z.union([z.string(), z.object({content: z.string()}).transform(({content}) => content)]).nullish();
const configSchema = z.object({
	model_max_length: z.number().nullish().catch(null),
	pad_token: tokenSchema.catch(null),
	eos_token: tokenSchema.catch(null),
});
const anything = z.record(z.string(), z.unknown());

/** Of what stands in that folder. Throws `model-invalid` where it is not whole. */
export async function readPromptTokenizer(model: InstalledModel, folder: string): Promise<PromptTokenizer> {
	const [settings, special] = await Promise.all([
		readJson(model, [`${folder}/tokenizer_config.json`], configSchema),
		readJson(model, [`${folder}/special_tokens_map.json`], configSchema),
	]);
	const {Tokenizer} = await import('@huggingface/tokenizers');
	const written = await definitionOf(model, folder);
	try {
		const tokenizer = new Tokenizer(written, {});
		const plain = (text: string): readonly number[] => tokenizer.encode(text, {add_special_tokens: false}).ids;
		const {before, after} = around(plain(sample), tokenizer.encode(sample).ids);
		const padding = settings?.pad_token ?? special?.pad_token ?? settings?.eos_token ?? special?.eos_token;
		const fill = tokenizer.token_to_id(padding ?? '') ?? after.at(-1) ?? 0;
		return {
			longest: settings?.model_max_length ?? Infinity,
			row(text, length) {
				const ids = plain(text);
				const kept = ids.slice(0, Math.max(0, length - before.length - after.length));
				const row = [...before, ...kept, ...after];
				return {ids: [...row, ...filler(fill, length - row.length)], read: kept.length, all: ids.length};
			},
		};
	} catch (error) {
		throw unreadable(model, folder, error);
	}
}

/** A text that every tokenizer has tokens for. */
const sample = 'a';

const filler = (id: number, count: number): readonly number[] => Array.from({length: Math.max(0, count)}, () => id);

async function definitionOf(model: InstalledModel, folder: string): Promise<Readonly<Record<string, unknown>>> {
	const whole = await readJson(model, [`${folder}/tokenizer.json`], anything, largestVocabulary);
	if (whole !== null) return whole;
	const vocabulary = `${folder}/vocab.json`;
	const merges = `${folder}/merges.txt`;
	if (model.paths[vocabulary] === undefined || model.paths[merges] === undefined)
		throw invalidModel(model, `it has neither ${folder}/tokenizer.json nor ${vocabulary} and ${merges}`);
	const table = await readJson(model, [vocabulary], z.record(z.string(), z.int().min(0)), largestVocabulary);
	return clipTokenizer(table ?? {}, await readText(model, merges, largestVocabulary));
}

/** What stands around the inner row in the outer one. */
function around(
	inner: readonly number[],
	outer: readonly number[],
): {readonly before: readonly number[]; readonly after: readonly number[]} {
	for (let at = 0; at + inner.length <= outer.length; at += 1)
		if (inner.every((id, index) => outer[at + index] === id))
			return {before: outer.slice(0, at), after: outer.slice(at + inner.length)};
	throw new Error('it changes a text by putting special tokens around it');
}
