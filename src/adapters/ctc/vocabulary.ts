import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** What each number of the model's answer stands for. */
export interface CtcVocabulary {
	/** Nothing new is said; also between two of the same letter. */
	readonly blank: number;
	/** A space stands for the beginning of a word; empty for what is never written. */
	readonly pieces: ReadonlyMap<number, string>;
}

const tokenizerSchema = z.object({
	model: z.object({
		vocab: z.union([z.record(z.string(), z.number().int()), z.array(z.tuple([z.string(), z.number()]))]),
	}),
	added_tokens: z.array(z.object({id: z.number().int(), content: z.string(), special: z.boolean()})).default([]),
});

const configSchema = z.object({pad_token_id: z.number().int().nullish(), vocab_size: z.number().int().nullish()});
const wordsSchema = z.object({word_delimiter_token: z.string().nullish()});

/** From `tokenizer.json` and `config.json`. Throws `model-invalid` where they cannot be used. */
export async function readVocabulary(model: InstalledModel): Promise<CtcVocabulary> {
	const read = async <T>(role: string, schema: z.ZodType<T>): Promise<T> => {
		try {
			return schema.parse(JSON.parse(await readFile(modelFile(model, role), 'utf8')));
		} catch (error) {
			throw invalidModel(model, `its ${role} cannot be used: ${String(error).slice(0, 300)}`, error);
		}
	};
	const {model: written, added_tokens: added} = await read('tokenizer', tokenizerSchema);
	const config = await read('config', configSchema);
	const settings =
		model.paths['tokenizer_config.json'] === undefined ? {} : await read('tokenizer_config.json', wordsSchema);
	const {vocab} = written;
	const entries = Array.isArray(vocab) ? vocab.map(([piece], id) => [piece, id] as const) : Object.entries(vocab);
	const special = new Set(added.filter(token => token.special).map(({id}) => id));
	const delimiter = settings.word_delimiter_token ?? '|';
	const pieces = new Map(entries.map(([piece, id]) => [id, special.has(id) ? '' : spelled(piece, delimiter)]));
	const named = entries.find(([piece]) => piece === '<pad>' || piece === '[PAD]' || piece === '<blank>')?.[1];
	return {blank: config.pad_token_id ?? named ?? (config.vocab_size ?? pieces.size) - 1, pieces};
}

/** Sentence pieces mark the beginning of a word with `▁`; letters have a sign of their own for what lies between words. */
function spelled(piece: string, delimiter: string): string {
	if (piece === delimiter) return ' ';
	return /^(<.*>|\[.*\])$/.test(piece) ? '' : piece.replaceAll('\u2581', ' ');
}
