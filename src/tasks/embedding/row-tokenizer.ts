import {readFile, stat} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';

/** Text to rows of tokens, for models that read. */
export interface RowTokenizer {
	/** Without special tokens. */
	tokens(text: string): readonly number[];
	/** Special tokens that the model wants before and after a text. */
	readonly before: readonly number[];
	readonly after: readonly number[];
	/** Token numbers are below it. */
	readonly vocabulary: number;
	/** What rows are filled up with. */
	readonly padding: number;
	/** Stands for what has no token; undefined where everything has one. */
	readonly unknown: number | undefined;
}

/** Bytes; no tokenizer is larger. */
const largest = 64 * 2 ** 20;

/** From `tokenizer.json`. Throws `model-invalid` where it is absent, damaged, or of a kind nobody here knows. */
export async function readRowTokenizer(model: string, paths: Readonly<Record<string, string>>): Promise<RowTokenizer> {
	const file = paths['tokenizer'];
	if (file === undefined) throw new MofaError('model-invalid', {model, problem: 'it has no tokenizer.json'});
	const {Tokenizer} = await import('@huggingface/tokenizers');
	try {
		const settings = paths['tokenizer_config.json'];
		const written = await readObject(file);
		const tokenizer = new Tokenizer(written, settings === undefined ? {} : await readObject(settings));
		const tokens = (text: string): readonly number[] => tokenizer.encode(text, {add_special_tokens: false}).ids;
		const {before, after} = around(tokens(sample), tokenizer.encode(sample).ids);
		const ids = [...tokenizer.get_vocab(true).values()];
		return {
			tokens,
			before,
			after,
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

const isId = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;
