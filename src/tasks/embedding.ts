import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {parseWith} from './parse.ts';
import {embeddingStage} from './stage/embedding.ts';

export interface EmbeddingRequest {
	/** Texts, or the model's own token numbers, which are taken as they are: nothing is put before or around them. */
	readonly inputs: readonly EmbeddingInput[];
	/** The first so many numbers of each vector; absent: all that the model gives. */
	readonly dimensions?: number | undefined;
	/** What the texts are for, to models that tell questions from what may answer them. */
	readonly purpose?: 'query' | 'document' | undefined;
	/** Vectors of length 1, as when absent; false: as the model gives them. */
	readonly normalise?: boolean | undefined;
	/** False: a text that is longer than the model reads is refused; otherwise its beginning counts, with a warning. */
	readonly truncate?: boolean | undefined;
}

export type EmbeddingInput = string | readonly number[];

export type EmbeddingEvent =
	/** One for each input, in the order they get ready; `index` is that of the input. */
	| {readonly type: 'vector'; readonly index: number; readonly vector: Float32Array}
	| {readonly type: 'embedding-end'; readonly usage: EmbeddingUsage};

export interface EmbeddingUsage {
	/** That the model read, those around the texts included. */
	readonly tokens: number;
	/** Milliseconds of computing. */
	readonly computeMs: number;
}

export interface EmbeddingResult {
	/** In the order of the inputs, all of one length. */
	readonly vectors: readonly Float32Array[];
	/** Numbers in each of them. */
	readonly dimensions: number;
	readonly usage: EmbeddingUsage;
}

/** Inputs of one request. */
export const mostInputs = 10_000;
/** Characters of a text. */
const longestText = 1_000_000;
/** Tokens of an input that comes as such. */
const longestTokens = 100_000;

const input = z.union(
	[
		z.string().max(longestText, `at most ${longestText} characters`),
		z
			.array(
				z
					.int('a token number')
					.min(0, 'a token number')
					.max(2 ** 31, 'a token number'),
			)
			.min(1, 'token numbers, but there are none')
			.max(longestTokens),
	],
	{error: issue => (issue.code === 'invalid_union' ? 'a text, or a list of token numbers' : undefined)},
);

const requestSchema: z.ZodType<EmbeddingRequest> = z.strictObject({
	inputs: z.array(input, 'a list of texts').min(1, 'at least one text').max(mostInputs, `at most ${mostInputs} texts`),
	dimensions: z.int('a whole number').min(1, 'at least 1').max(100_000).optional(),
	purpose: z.enum(['query', 'document'], 'query or document').optional(),
	normalise: z.boolean().optional(),
	truncate: z.boolean().optional(),
});

/** Texts in, one vector for each out: texts that mean alike get vectors that lie close. */
export const embedding: Task<EmbeddingRequest, EmbeddingEvent, EmbeddingResult> = {
	name: 'embedding',
	accepts: ['text'],
	emits: ['vector'],
	parse: request => parseWith(requestSchema, request),
	async collect(events) {
		const vectors: Float32Array[] = [];
		for await (const event of events) {
			if (event.type === 'vector') vectors[event.index] = event.vector;
			else if (event.type === 'embedding-end')
				return {vectors, dimensions: vectors[0]?.length ?? 0, usage: event.usage};
		}
		throw new Error('the embedding ended without its closing event');
	},
	visible: event => event.type === 'vector',
	stage: embeddingStage,
};

declare module '../contract/task.ts' {
	interface Tasks {
		embedding: typeof embedding;
	}
}
