import {MofaError} from '../../contract/error.ts';
import type {RunContext} from '../../contract/task.ts';
import type {EmbeddingEvent, EmbeddingRequest} from '../embedding.ts';
import {cutWarning} from '../cut-warning.ts';
import {finishVector} from './finish-vector.ts';
import {lengthBatches, type BatchLimits} from '../text-rows/length-batches.ts';

/** A model that turns rows of tokens into vectors, as far as models differ. */
export interface VectorModel {
	readonly name: string;
	/** Numbers in a vector. */
	readonly dimensions: number;
	/** Tokens it reads of a text, those around it included; Infinity where it reads all. */
	readonly longest: number;
	/** Token numbers are below it. */
	readonly vocabulary: number;
	readonly batches: BatchLimits;
	/** What stands before a text of that purpose, or of none; empty where nothing does. */
	prompt(purpose: 'query' | 'document' | undefined): string;
	/** With the special tokens around it, cut to the longest. */
	tokens(text: string): {readonly ids: readonly number[]; readonly cut: boolean};
	/** One vector for each row, in their order; rows are not empty. */
	vectors(rows: ReadonlyArray<readonly number[]>, signal: AbortSignal): Promise<readonly Float32Array[]>;
}

/** 1. what is asked for that the model cannot do, 2. texts to tokens, 3. batches of like length, one after the other. */
export async function* embed(
	model: VectorModel,
	request: EmbeddingRequest,
	context: RunContext,
): AsyncGenerator<EmbeddingEvent> {
	const started = performance.now();
	// 1.
	const {dimensions = model.dimensions, normalise = true} = request;
	if (dimensions > model.dimensions)
		throw new MofaError('invalid-request', {
			path: 'dimensions',
			expected: `at most ${model.dimensions}, which is what this model gives`,
		});
	// 2.
	const rows = rowsOf(model, request, context);
	// 3.
	let away = 0;
	for (const batch of lengthBatches(
		rows.map(row => row.length),
		model.batches,
	)) {
		context.signal.throwIfAborted();
		const filled = batch.map(index => rows[index] ?? []).filter(row => row.length > 0);
		const vectors = filled.length === 0 ? [] : await model.vectors(filled, context.signal);
		let at = 0;
		for (const index of batch) {
			// A model that puts nothing around a text has nothing to say of an empty one.
			const vector = rows[index]?.length === 0 ? new Float32Array(model.dimensions) : vectors[at++];
			if (vector === undefined) throw new Error('the model gave fewer vectors than there were texts');
			const before = performance.now();
			yield {type: 'vector', index, vector: finishVector(vector, dimensions, normalise)};
			away += performance.now() - before;
		}
	}
	const tokens = rows.reduce((sum, row) => sum + row.length, 0);
	yield {type: 'embedding-end', usage: {tokens, computeMs: Math.round(performance.now() - started - away)}};
}

function rowsOf(
	model: VectorModel,
	{inputs, purpose, truncate = true}: EmbeddingRequest,
	{warn, signal}: RunContext,
): ReadonlyArray<readonly number[]> {
	const prompt = model.prompt(purpose);
	let cut = 0;
	const rows = inputs.map((input, index) => {
		signal.throwIfAborted();
		const row = typeof input === 'string' ? model.tokens(prompt + input) : known(model, input, index);
		if (row.cut) cut += 1;
		return row.ids;
	});
	if (cut > 0 && !truncate)
		throw new MofaError('invalid-request', {path: 'inputs', expected: `texts of at most ${model.longest} tokens`});
	if (cut > 0) warn(cutWarning('inputs', {texts: cut, of: inputs.length, tokens: model.longest}));
	return rows;
}

/** Numbers from elsewhere must not lead out of the model's table. */
function known(
	{vocabulary, longest}: VectorModel,
	ids: readonly number[],
	index: number,
): ReturnType<VectorModel['tokens']> {
	if (ids.some(id => id >= vocabulary))
		throw new MofaError('invalid-request', {
			path: `inputs.${index}`,
			expected: `token numbers of this model, which are below ${vocabulary}`,
		});
	return ids.length > longest ? {ids: ids.slice(0, longest), cut: true} : {ids, cut: false};
}
