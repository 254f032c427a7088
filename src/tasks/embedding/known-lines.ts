import type {EncoderOptions} from './encoder-options.ts';

/**
 * What the authors of well-known lines say of them on their pages, for exports that leave out the files that say it.
 * By the name of the model they were made of, or of the repository.
 */
const lines: ReadonlyArray<readonly [RegExp, EncoderOptions]> = [
	[/(^|\/)bge-m3$/i, {pooling: 'cls'}],
	[
		/(^|\/)bge-(small|base|large)-en(-v1\.5)?$/i,
		{pooling: 'cls', prompts: {query: 'Represent this sentence for searching relevant passages: '}},
	],
	[
		/(^|\/)(multilingual-)?e5-(small|base|large)(-v2)?$/i,
		{pooling: 'mean', prompts: {query: 'query: ', document: 'passage: '}},
	],
	[/(^|\/)gte-(small|base|large)$/i, {pooling: 'mean'}],
	[/(^|\/)all-(MiniLM-L\d+|mpnet-base)-v\d$/i, {pooling: 'mean'}],
	[
		/(^|\/)nomic-embed-text-v1(\.5)?$/i,
		{pooling: 'mean', prompts: {query: 'search_query: ', document: 'search_document: '}},
	],
];

/** Nothing where none of the names is known. Pure. */
export function knownLine(names: readonly string[]): EncoderOptions {
	return lines.find(([pattern]) => names.some(name => pattern.test(name)))?.[1] ?? {};
}
