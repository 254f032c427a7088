import * as z from 'zod';
import type {Warning} from '../../contract/task.ts';
import {reranking, type RerankingRequest} from '../../tasks/reranking.ts';
import {invalid} from '../envelope.ts';
import {listOf} from '../list-of.ts';
import {droppedFields} from '../openai/dropped-fields.ts';
import {keepAliveOf, parseFields, unknownFields} from '../openai/generation-fields.ts';
import type {JsonObject} from '../read-json.ts';
import {modelName} from '../model-name.ts';

export interface RerankAsk {
	/** Null: the default one. */
	readonly model: string | null;
	readonly request: RerankingRequest;
	/** So many of the best; absent: all. */
	readonly top?: number | undefined;
	readonly withTexts: boolean;
	readonly keepAlive?: number | undefined;
	readonly warnings: readonly Warning[];
}

const shared = {
	model: modelName.nullish(),
	query: z.string('a question as text'),
	raw_scores: z.boolean().nullish(),
	truncate: z.boolean().nullish(),
	keep_alive: z.union([z.string(), z.number()], 'a duration such as 5m, or seconds').nullish(),
};

const text = 'a text, or an object with a text';
const fields = z.looseObject({
	...shared,
	documents: listOf(z.union([z.string(), z.object({text: z.string(text)})], text), 'a list of texts'),
	top_n: z.int('a whole number').min(1, 'at least 1').nullish(),
	return_documents: z.boolean().nullish(),
});
const known: ReadonlySet<string> = new Set(Object.keys(fields.shape));
const harmless: ReadonlySet<string> = new Set(['user', 'metadata', 'priority']);

/** As Jina, Cohere and llama.cpp write it. Throws `invalid-request` in the client's own words. */
export function parseRerank(body: JsonObject, {withTexts}: {readonly withTexts: boolean}): RerankAsk {
	const parsed = parseFields(fields, body);
	return {
		...common(parsed),
		request: reranking.parse({
			query: parsed.query,
			documents: parsed.documents.map(item => (typeof item === 'string' ? item : item.text)),
			...settingsOf(parsed),
		}),
		...(typeof parsed.top_n === 'number' ? {top: parsed.top_n} : {}),
		withTexts: parsed.return_documents ?? withTexts,
		warnings: [
			...unknownFields(body, known, harmless),
			...droppedFields(body['documents'], parsed.documents, 'documents'),
		],
	};
}

const inferenceFields = z.looseObject({
	...shared,
	texts: listOf(z.string(), 'a list of texts'),
	return_text: z.boolean().nullish(),
	truncation_direction: z.string().nullish(),
});
const knownInference: ReadonlySet<string> = new Set(Object.keys(inferenceFields.shape));

/** As Text Embeddings Inference writes it, which is known by its `texts`. Throws `invalid-request` likewise. */
export function parseInferenceRerank(body: JsonObject): RerankAsk {
	const parsed = parseFields(inferenceFields, body);
	const direction = parsed.truncation_direction ?? 'right';
	if (!/^(left|right)$/i.test(direction)) throw invalid('truncation_direction', 'right');
	const fromTheLeft: Warning = {setting: 'truncation_direction', message: 'the beginning of a text counts'};
	return {
		...common(parsed),
		request: reranking.parse({query: parsed.query, documents: parsed.texts, ...settingsOf(parsed)}),
		withTexts: parsed.return_text ?? false,
		warnings: [
			...unknownFields(body, knownInference, harmless),
			...(direction.toLowerCase() === 'left' ? [fromTheLeft] : []),
		],
	};
}

interface Shared {
	readonly model?: string | null | undefined;
	readonly raw_scores?: boolean | null | undefined;
	readonly truncate?: boolean | null | undefined;
	readonly keep_alive?: string | number | null | undefined;
}

const common = ({model, keep_alive: keepAlive}: Shared): Pick<RerankAsk, 'model' | 'keepAlive'> => ({
	model: model ?? null,
	keepAlive: keepAliveOf(keepAlive ?? undefined),
});

const settingsOf = ({raw_scores: raw, truncate}: Shared): Pick<RerankingRequest, 'raw' | 'truncate'> => ({
	...(typeof raw === 'boolean' ? {raw} : {}),
	...(typeof truncate === 'boolean' ? {truncate} : {}),
});
