import {readFile, stat} from 'node:fs/promises';
import type {Tokenizer} from '@huggingface/tokenizers';
import {MofaError} from '../../contract/error.ts';
import {looksAtWords, rememberWords} from './word-cache.ts';

/** Text to rows of tokens, for models that read. */
export interface RowTokenizer {
	/** Without special tokens. */
	tokens(text: string): readonly number[];
	/** Special tokens that the model wants before and after a text. */
	readonly before: readonly number[];
	readonly after: readonly number[];
	/** How the model wants two texts in one row; null where its files do not say it. */
	readonly pair: PairFrame | null;
	/** Token numbers are below it. */
	readonly vocabulary: number;
	/** What rows are filled up with. */
	readonly padding: number;
	/** Stands for what has no token; undefined where everything has one. */
	readonly unknown: number | undefined;
}

/** What stands around two texts of one row, and of which of the two each of those tokens is. */
export interface PairFrame {
	readonly before: MarkedTokens;
	readonly between: MarkedTokens;
	readonly after: MarkedTokens;
	/** The mark of the tokens of the first text, and of the second. */
	readonly types: readonly [number, number];
}

export interface MarkedTokens {
	readonly ids: readonly number[];
	readonly types: readonly number[];
}

/** Bytes; no tokenizer is larger. */
const largest = 64 * 2 ** 20;

/** From `tokenizer.json`. Throws `model-invalid` where it is absent, damaged, or of a kind nobody here knows. */
export async function readRowTokenizer(model: string, paths: Readonly<Record<string, string>>): Promise<RowTokenizer> {
	const file = paths['tokenizer'];
	if (file === undefined) throw new MofaError('model-invalid', {model, problem: 'it has no tokenizer.json'});
	const library = await import('@huggingface/tokenizers');
	try {
		const settings = paths['tokenizer_config.json'];
		const written = await readObject(file);
		const tokenizer = new library.Tokenizer(written, settings === undefined ? {} : await readObject(settings));
		const encode = (text: string): readonly number[] => tokenizer.encode(text, {add_special_tokens: false}).ids;
		const tokens = looksAtWords(written) ? rememberWords(encode) : encode;
		const {before, after} = around(tokens(sample), tokenizer.encode(sample).ids);
		const ids = [...tokenizer.get_vocab(true).values()];
		return {
			tokens,
			before,
			after,
			pair: isPresent(written['post_processor']) ? pairFrame(tokenizer, tokens(sample)) : null,
			vocabulary: ids.reduce((highest, id) => Math.max(highest, id), -1) + 1,
			padding: paddingOf(written) ?? ['[PAD]', '<pad>'].map(name => tokenizer.token_to_id(name)).find(isId) ?? 0,
			unknown: unknownOf(written, name => tokenizer.token_to_id(name)),
		};
	} catch (error) {
		const problem = `its tokenizer cannot be read: ${String(error).slice(0, 300)}`;
		throw new MofaError('model-invalid', {model, problem}, {cause: error});
	}
}

/** A text that every tokenizer has tokens for. */
const sample = 'a';

/** What stands around the inner row in the outer one. */
function around(
	inner: readonly number[],
	outer: readonly number[],
): {before: readonly number[]; after: readonly number[]} {
	const extra = outer.length - inner.length;
	for (let at = 0; at <= extra; at += 1)
		if (inner.every((id, index) => outer[at + index] === id))
			return {before: outer.slice(0, at), after: outer.slice(at + inner.length)};
	throw new Error('it changes a text by putting special tokens around it');
}

/** The two are found at the first place from the front and from the back; what stands around them is what the model wants there. */
function pairFrame(tokenizer: Tokenizer, inner: readonly number[]): PairFrame | null {
	const {ids, types} = encodedPair(tokenizer);
	const places = ids.flatMap((_, at) => (inner.every((id, index) => ids[at + index] === id) ? [at] : []));
	const [first] = places;
	const second = places.at(-1);
	if (first === undefined || second === undefined || second < first + inner.length) return null;
	const part = (from: number, to?: number): MarkedTokens => ({ids: ids.slice(from, to), types: types.slice(from, to)});
	return {
		before: part(0, first),
		between: part(first + inner.length, second),
		after: part(second + inner.length),
		types: [types[first] ?? 0, types[second] ?? 0],
	};
}

/** Nothing where its template is for one text alone, which the library takes for a fault. */
function encodedPair(tokenizer: Tokenizer): MarkedTokens {
	try {
		const {ids, token_type_ids: types} = tokenizer.encode(sample, {text_pair: sample, return_token_type_ids: true});
		return {ids, types};
	} catch {
		return {ids: [], types: []};
	}
}

async function readObject(file: string): Promise<Readonly<Record<string, unknown>>> {
	if ((await stat(file)).size > largest) throw new Error('it is too large');
	return fieldsOf(JSON.parse(await readFile(file, 'utf8')));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function paddingOf(written: Readonly<Record<string, unknown>>): number | undefined {
	const id = fieldsOf(written['padding'])['pad_id'];
	return isId(id) ? id : undefined;
}

function unknownOf(
	written: Readonly<Record<string, unknown>>,
	idOf: (name: string) => number | undefined,
): number | undefined {
	const {unk_id: id, unk_token: name} = fieldsOf(written['model']);
	if (isId(id)) return id;
	return typeof name === 'string' ? idOf(name) : undefined;
}

const isPresent = (value: unknown): boolean => value !== null && value !== undefined;

const isId = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;
