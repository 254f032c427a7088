import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {parseWith} from './parse.ts';
import {rerankingStage} from './stage/reranking.ts';

export interface RerankingRequest {
	readonly query: string;
	readonly documents: readonly string[];
	/** True: scores as the network gives them; otherwise between 0 and 1. */
	readonly raw?: boolean | undefined;
	/** False: a document that is longer than the model reads is refused; otherwise its beginning counts, with a warning. */
	readonly truncate?: boolean | undefined;
}

export type RerankingEvent =
	/** One for each document, in the order they get ready; `index` is that of the document. */
	| {readonly type: 'score'; readonly index: number; readonly score: number}
	| {readonly type: 'reranking-end'; readonly usage: RerankingUsage};

export interface RerankingUsage {
	/** That the model read: the query with each document, and what stands around them. */
	readonly tokens: number;
	/** Milliseconds of computing. */
	readonly computeMs: number;
}

export interface RankedDocument {
	/** Of the document in the request. */
	readonly index: number;
	/** The higher, the better it answers. */
	readonly score: number;
}

export interface RerankingResult {
	/** The best first; of equal ones that which came first. */
	readonly results: readonly RankedDocument[];
	readonly usage: RerankingUsage;
}

/** Documents of one request. */
export const mostDocuments = 10_000;
/** Characters of a query or a document. */
const longestText = 1_000_000;

const text = z.string('a text').max(longestText, `at most ${longestText} characters`);

const requestSchema: z.ZodType<RerankingRequest> = z.strictObject({
	query: text.refine(query => query.trim() !== '', 'a question, but it is empty'),
	documents: z
		.array(text, 'a list of texts')
		.min(1, 'at least one text')
		.max(mostDocuments, `at most ${mostDocuments} texts`),
	raw: z.boolean().optional(),
	truncate: z.boolean().optional(),
});

/** A question and texts in, for each of the texts how well it answers out. */
export const reranking: Task<RerankingRequest, RerankingEvent, RerankingResult> = {
	name: 'reranking',
	accepts: ['text'],
	emits: ['text'],
	parse: request => parseWith(requestSchema, request),
	async collect(events) {
		const results: RankedDocument[] = [];
		for await (const event of events) {
			if (event.type === 'score') results.push({index: event.index, score: event.score});
			else if (event.type === 'reranking-end')
				return {results: results.toSorted((a, b) => b.score - a.score || a.index - b.index), usage: event.usage};
		}
		throw new Error('the reranking ended without its closing event');
	},
	visible: event => event.type === 'score',
	stage: rerankingStage,
};

declare module '../contract/task.ts' {
	interface Tasks {
		reranking: typeof reranking;
	}
}
