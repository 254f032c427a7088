import {readFile} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';

/** Between text and token numbers, for models that write text. */
export interface TextTokenizer {
	/** Without special tokens around it. */
	readonly encode: (text: string) => readonly number[];
	/** Special tokens are left out. Spaces stay as they are. */
	readonly decode: (tokens: readonly number[]) => string;
	/** The number of a special token; undefined where the model has none of that name. */
	readonly idOf: (name: string) => number | undefined;
}

/** Bytes; no tokenizer is larger. */
const largest = 64 * 2 ** 20;

/** From `tokenizer.json`. Throws `model-invalid` where it is absent, damaged, or of a kind nobody here knows. */
export async function readTokenizer(model: string, paths: Readonly<Record<string, string>>): Promise<TextTokenizer> {
	const file = paths['tokenizer'];
	if (file === undefined) throw new MofaError('model-invalid', {model, problem: 'it has no tokenizer.json'});
	const {Tokenizer} = await import('@huggingface/tokenizers');
	try {
		const read = async (path: string): Promise<object> => {
			const text = await readFile(path, 'utf8');
			if (text.length > largest) throw new Error('it is too large');
			return JSON.parse(text) as object;
		};
		const settings = paths['tokenizer_config.json'];
		// Spaces before a full stop are the model's own; they are not to be cleaned away.
		const config = {...(settings === undefined ? {} : await read(settings)), clean_up_tokenization_spaces: false};
		const tokenizer = new Tokenizer(await read(file), config);
		return {
			encode: text => tokenizer.encode(text, {add_special_tokens: false}).ids,
			decode: tokens => (tokens.length === 0 ? '' : tokenizer.decode([...tokens], {skip_special_tokens: true})),
			idOf: name => tokenizer.token_to_id(name),
		};
	} catch (error) {
		throw new MofaError(
			'model-invalid',
			{model, problem: `its tokenizer cannot be read: ${String(error)}`},
			{cause: error},
		);
	}
}
