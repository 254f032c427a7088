import type {Token} from 'node-llama-cpp';
import type {LoadedEncoder} from '../../backends/llama/loaded-encoder.ts';
import type {Header} from '../../backends/llama/memory.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {MarkedTokens, PairFrame} from '../../tasks/text-rows/row-tokenizer.ts';
import {invalidFile} from './invalid-file.ts';

/** What stands around a question and a text: as the file's own template has it, else as its kind of vocabulary does. */
export function pairFrame(loaded: LoadedEncoder, model: InstalledModel, header: Header): PairFrame {
	const template = header['tokenizer.chat_template.rerank'];
	const parts = typeof template === 'string' ? templateParts(loaded, model, template) : vocabularyParts(loaded, header);
	if (parts.between.length === 0) throw invalidFile(model, 'it does not say how a question and a text stand together');
	// llama.cpp takes every token for one of the first text.
	return {before: marked(parts.before), between: marked(parts.between), after: marked(parts.after), types: [0, 0]};
}

interface Parts {
	readonly before: readonly Token[];
	readonly between: readonly Token[];
	readonly after: readonly Token[];
}

function templateParts(loaded: LoadedEncoder, model: InstalledModel, template: string): Parts {
	const [, before, between, after] =
		/^([^]*?)\{query\}([^]*?)\{document\}([^]*)$/.exec(template.slice(0, 20_000)) ?? [];
	if (before === undefined || between === undefined || after === undefined)
		throw invalidFile(model, 'its template for ranking has no {query} with a {document} behind it');
	return {
		before: loaded.tokenize(before, true),
		between: loaded.tokenize(between, true),
		after: loaded.tokenize(after, true),
	};
}

/** `[CLS] question [SEP] text [SEP]` of BERT, `<s> question </s></s> text </s>` of RoBERTa, and what lies between. */
function vocabularyParts(loaded: LoadedEncoder, header: Header): Parts {
	const {before, after} = loaded.surroundings;
	const {end, separator} = loaded.separator;
	const both = header['tokenizer.ggml.add_sep_token'] === true && header['tokenizer.ggml.model'] !== 'bert';
	const between = both && separator !== null ? [...after, separator] : after;
	const alone = [separator ?? end].filter(token => token !== null);
	return {before, between: between.length > 0 ? between : alone, after};
}

const marked = (ids: readonly Token[]): MarkedTokens => ({ids, types: ids.map(() => 0)});
