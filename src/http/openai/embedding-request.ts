import * as z from 'zod';
import type {Warning} from '../../contract/task.ts';
import {embedding, type EmbeddingInput, type EmbeddingRequest} from '../../tasks/embedding.ts';
import {invalid} from '../envelope.ts';
import {listOf} from '../list-of.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';
import {keepAliveOf, parseFields, unknownFields} from './generation-fields.ts';

export interface EmbeddingAsk {
	readonly model: string;
	readonly request: EmbeddingRequest;
	readonly format: 'float' | 'base64';
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
}

/** What OpenAI's description of this endpoint says. */
const inputLimit = 2048;

const tokens = listOf(z.int().min(0));
const fields = z.looseObject({
	model: modelName,
	input: z.union([z.string(), listOf(z.string()), tokens, listOf(tokens)], 'text, token numbers, or a list of either'),
	encoding_format: z.string().nullish(),
	dimensions: z.number().nullish(),
	// Not OpenAI's own: what local servers and other services call the same thing.
	input_type: z.string().nullish(),
	truncate: z.boolean().nullish(),
	keep_alive: z.union([z.string(), z.number()], 'a duration such as 5m, or seconds').nullish(),
});
const known: ReadonlySet<string> = new Set(Object.keys(fields.shape));
const harmless: ReadonlySet<string> = new Set(['user', 'metadata']);

/** OpenAI's request for embeddings as our embedding task has it. Throws `invalid-request` in the client's own words. */
export function parseEmbeddings(body: JsonObject): EmbeddingAsk {
	const parsed = parseFields(fields, body);
	const {dimensions, input_type: purpose, truncate} = parsed;
	return {
		model: parsed.model,
		request: embedding.parse({
			inputs: inputsOf(parsed.input),
			...(typeof dimensions === 'number' ? {dimensions} : {}),
			...(typeof purpose === 'string' ? {purpose: purposeOf(purpose)} : {}),
			...(typeof truncate === 'boolean' ? {truncate} : {}),
		}),
		format: formatOf(parsed.encoding_format ?? 'float'),
		keepAlive: keepAliveOf(parsed.keep_alive ?? undefined),
		warnings: unknownFields(body, known, harmless),
	};
}

function inputsOf(input: z.infer<typeof fields>['input']): readonly EmbeddingInput[] {
	const inputs: readonly EmbeddingInput[] = typeof input === 'string' || isTokens(input) ? [input] : input;
	if (inputs.length === 0 || inputs.some(item => item.length === 0))
		throw invalid('input', 'text or token numbers, but some of it is empty');
	if (inputs.length > inputLimit) throw invalid('input', `at most ${inputLimit} texts at once`);
	return inputs;
}

const isTokens = (input: ReadonlyArray<string | number | readonly number[]>): input is readonly number[] =>
	typeof input[0] === 'number';

function formatOf(format: string): 'float' | 'base64' {
	if (format === 'float' || format === 'base64') return format;
	throw invalid('encoding_format', `float or base64, not ${format.slice(0, 100)}`);
}

/** Cohere, Voyage and NVIDIA each have their own words for the two. */
function purposeOf(word: string): 'query' | 'document' {
	if (word === 'query' || word === 'search_query') return 'query';
	if (word === 'document' || word === 'search_document' || word === 'passage') return 'document';
	throw invalid('input_type', `query or document, not ${word.slice(0, 100)}`);
}
