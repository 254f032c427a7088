import type {EncoderOptions} from './encoder-options.ts';

/**
 * What the authors of well-known lines say of them on their pages, for exports that leave out the files that say it.
 * By the name of the model they were made of, or of the repository.
 */
const lines: ReadonlyArray<readonly [RegExp, EncoderOptions]> = [
	[/(^|\/)bge-m3$/i, {pooling: 'cls'}],
	[
		/(^|\/)qwen3-embedding-[\d.]+b$/i,
		{
			pooling: 'last',
			prompts: {
				query: 'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
			},
		},
	],
	[
		/(^|\/)embeddinggemma-300m(-qat)?$/i,
		{pooling: 'mean', prompts: {query: 'task: search result | query: ', document: 'title: none | text: '}},
	],
	[
		/(^|\/)(snowflake-arctic-embed-(xs|s|m|l)(-v1\.5)?|mxbai-embed-(large|xsmall)-v1)$/i,
		{pooling: 'cls', prompts: {query: 'Represent this sentence for searching relevant passages: '}},
	],
	[/(^|\/)snowflake-arctic-embed-[ml]-v2\.0$/i, {pooling: 'cls', prompts: {query: 'query: '}}],
	[/(^|\/)jina-embeddings-v2-(small|base)-\w+$/i, {pooling: 'mean'}],
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
		/(^|\/)nomic-embed-text-(v1(\.5)?|v2-moe)$/i,
		{pooling: 'mean', prompts: {query: 'search_query: ', document: 'search_document: '}},
	],
];

/** Nothing where none of the names is known. Pure. */
export function knownLine(names: readonly string[]): EncoderOptions {
	return lines.find(([pattern]) => names.some(name => pattern.test(name)))?.[1] ?? {};
}
