import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import {cutWarning} from '../cut-warning.ts';
import type {RerankingEvent, RerankingRequest} from '../reranking.ts';
import {lengthBatches, type BatchLimits} from '../text-rows/length-batches.ts';
import {pairRow, roomBeside, type PairRow} from '../text-rows/pair-rows.ts';
import type {PairFrame} from '../text-rows/row-tokenizer.ts';

/** A model that reads a question together with a text, as far as models differ. */
export interface PairModel {
	/** Tokens of a row, those around the two texts included; Infinity where it reads all. */
	readonly longest: number;
	readonly frame: PairFrame;
	readonly batches: BatchLimits;
	/** Without special tokens. */
	tokens(text: string): readonly number[];
	/** For each row one number, in their order: log-odds that the text answers the question. */
	logits(rows: readonly PairRow[], signal: AbortSignal): Promise<readonly number[]>;
}

/** 1. the question and each of the texts to a row, 2. batches of like length, one after the other, 3. a score for each. */
export async function* rerank(
	model: PairModel,
	request: RerankingRequest,
	context: RunContext,
): AsyncGenerator<RerankingEvent> {
	const started = performance.now();
	// 1.
	const rows = rowsOf(model, request, context);
	// 2.
	let away = 0;
	for (const batch of lengthBatches(
		rows.map(({ids}) => ids.length),
		model.batches,
	)) {
		context.signal.throwIfAborted();
		const logits = await model.logits(
			batch.flatMap(index => rows[index] ?? []),
			context.signal,
		);
		// 3.
		for (const [at, index] of batch.entries()) {
			const before = performance.now();
			yield {type: 'score', index, score: scoreOf(logits[at], request.raw ?? false)};
			away += performance.now() - before;
		}
	}
	const tokens = rows.reduce((sum, {ids}) => sum + ids.length, 0);
	yield {type: 'reranking-end', usage: {tokens, computeMs: Math.round(performance.now() - started - away)}};
}

function rowsOf(
	model: PairModel,
	{query, documents, truncate = true}: RerankingRequest,
	{warn, signal}: RunContext,
): readonly PairRow[] {
	const {frame, longest} = model;
	const asked = model.tokens(query);
	// A question that is cut is another question, so only texts are.
	const room = roomBeside(asked, frame, longest);
	if (room < 1)
		throw new MofaError('invalid-request', {
			path: 'query',
			expected: `a question of fewer than ${asked.length + room} tokens, which leave room for a text, but it has ${asked.length}`,
		});
	const rows = documents.map(document => {
		signal.throwIfAborted();
		return pairRow(asked, model.tokens(document), frame, longest);
	});
	const cut = rows.filter(row => row.cut).length;
	if (cut > 0 && !truncate)
		throw new MofaError('invalid-request', {
			path: 'documents',
			expected: `texts of at most ${room} tokens beside this question`,
		});
	if (cut > 0) warn(cutWarning('documents', {texts: cut, of: documents.length, tokens: room}));
	return rows;
}

/** Between 0 and 1 whatever the model was trained with: the order is the same, and figures of two models can be laid side by side. */
function scoreOf(logit: number | undefined, raw: boolean): number {
	if (logit === undefined || Number.isNaN(logit))
		throw new MofaError('internal', {problem: 'the model gave something that is no number'});
	return raw ? logit : 1 / (1 + Math.exp(-logit));
}
