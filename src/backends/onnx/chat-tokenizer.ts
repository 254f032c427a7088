import {readFile, stat} from 'node:fs/promises';
import {invalidModel, modelFile} from './model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** Between text and token numbers, for models that are talked to. */
export interface ChatTokenizer {
	/** What names a token, such as `<image>`, becomes that token. */
	encode(text: string): readonly number[];
	/** The same letters, but nothing in them is a control token. */
	encodePlain(text: string): readonly number[];
	/** Control tokens are left out, but for those in `kept`. */
	decode(tokens: readonly number[]): string;
	/** Undefined where the vocabulary has none of that name. */
	idOf(name: string): number | undefined;
	nameOf(token: number): string | undefined;
	/** What every text begins with, where the tokenizer says so. */
	readonly first: number | undefined;
	/** Texts that the vocabulary reads as control tokens. */
	readonly control: readonly string[];
}

interface AddedToken {
	readonly id: number;
	readonly content: string;
	readonly special?: boolean;
}

/** Bytes; no tokenizer is larger. */
const largest = 64 * 2 ** 20;

/**
 * From `tokenizer.json`. `kept` are control tokens that are part of what a model says. Throws `model-invalid` where the file
 * is absent, damaged, or of a kind that nobody here knows.
 */
export async function readChatTokenizer(model: InstalledModel, kept: readonly string[]): Promise<ChatTokenizer> {
	const {Tokenizer} = await import('@huggingface/tokenizers');
	const file = modelFile(model, 'tokenizer');
	try {
		const json = await readObject(file);
		const settings = model.paths['tokenizer_config.json'];
		const config = settings === undefined ? {} : await readObject(settings);
		// Spaces before a full stop are the model's own; they are not to be cleaned away.
		const tokenizer = new Tokenizer(json, {...config, clean_up_tokenization_spaces: false});
		const added = addedTokens(json);
		const stays = new Set(kept);
		const silent = new Set(
			added.filter(({special, content}) => special === true && !stays.has(content)).map(({id}) => id),
		);
		const names = new Map(added.map(({id, content}) => [id, content]));
		const control = added.map(({content}) => content);
		const encode = (text: string): readonly number[] =>
			text === '' ? [] : tokenizer.encode(text, {add_special_tokens: false}).ids;
		return {
			encode,
			encodePlain: text => withoutControl(text, control).flatMap(encode),
			decode(tokens) {
				const shown = tokens.filter(id => !silent.has(id));
				return shown.length === 0 ? '' : tokenizer.decode(shown, {skip_special_tokens: false});
			},
			idOf: name => tokenizer.token_to_id(name),
			nameOf: id => names.get(id),
			first: firstOf(tokenizer.encode('a', {add_special_tokens: true}).ids, encode('a')),
			control,
		};
	} catch (error) {
		throw invalidModel(model, `its tokenizer cannot be read: ${String(error).slice(0, 300)}`, error);
	}
}

async function readObject(file: string): Promise<object> {
	if ((await stat(file)).size > largest) throw new Error('it is too large');
	const value: unknown = JSON.parse(await readFile(file, 'utf8'));
	if (typeof value !== 'object' || value === null) throw new Error('it is no object');
	return value;
}

function addedTokens(json: object): readonly AddedToken[] {
	const list: unknown = 'added_tokens' in json ? json.added_tokens : [];
	if (!Array.isArray(list)) return [];
	return list.filter(
		(token: unknown): token is AddedToken =>
			typeof token === 'object' &&
			token !== null &&
			'id' in token &&
			typeof token.id === 'number' &&
			'content' in token &&
			typeof token.content === 'string',
	);
}

function firstOf(marked: readonly number[], bare: readonly number[]): number | undefined {
	return marked.length > bare.length && marked[0] !== bare[0] ? marked[0] : undefined;
}

/** Cut within each name of a token, so that no piece holds one. */
function withoutControl(text: string, control: readonly string[]): readonly string[] {
	for (const name of control) {
		const at = name.length > 1 ? text.indexOf(name) : -1;
		if (at !== -1)
			return [...withoutControl(text.slice(0, at + 1), control), ...withoutControl(text.slice(at + 1), control)];
	}
	return text === '' ? [] : [text];
}
