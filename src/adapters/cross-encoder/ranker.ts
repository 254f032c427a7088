import {checkGraph} from '../../backends/onnx/check-graph.ts';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxSession, TensorDescription} from '../../backends/onnx/session.ts';
import {textBatches} from '../../backends/onnx/text-batches.ts';
import {tokenFeeds, tokenInputs} from '../../backends/onnx/token-feeds.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {PairModel} from '../../tasks/reranking/rerank.ts';
import type {RowTokenizer} from '../../tasks/text-rows/row-tokenizer.ts';
import type {CrossEncoderLimits} from './limits.ts';

export interface RankerParts {
	readonly model: InstalledModel;
	readonly graph: OnnxGraph;
	readonly session: OnnxSession;
	readonly tokenizer: RowTokenizer;
	readonly limits: CrossEncoderLimits;
}

/** Throws `model-invalid` for a graph or a tokenizer that is not for a question and a text. */
export function ranker({model, graph, session, tokenizer, limits}: RankerParts): PairModel {
	const {pair: frame, padding} = tokenizer;
	if (frame === null) throw invalidModel(model, 'its tokenizer does not say how a question and a text stand together');
	const inputs = tokenInputs.filter(name => name === 'input_ids' || graph.inputs.some(input => input.name === name));
	const answer = answerOf(model, graph);
	checkGraph(graph, {inputs: Object.fromEntries(inputs.map(name => [name, 'int64'])), outputs: [answer.name]});
	return {
		longest: limits.longest,
		frame,
		get batches() {
			return textBatches(session);
		},
		tokens: text => tokenizer.tokens(text),
		async logits(rows, signal) {
			const types = rows.map(row => (limits.types > 1 ? row.types : row.types.map(() => 0)));
			const feeds = tokenFeeds(session.module, {rows: rows.map(({ids}) => ids), types, padding}, inputs);
			const {[answer.name]: given} = await graph.run(feeds, {signal, fetches: [answer.name]});
			const data = float32Of(given?.data ?? []);
			const labels = data.length / rows.length;
			return rows.map((_, row) => logOdds(model, data.subarray(row * labels, (row + 1) * labels), labels));
		},
	};
}

/**
 * Of one label, what the network says of it. Of two, how much more it says of the second, whose sigmoid is the second share of
 * their softmax. What the authors normalise by, `activation_fn` in `config.json`, changes neither order nor this.
 */
function logOdds(model: InstalledModel, logits: Float32Array, labels: number): number {
	const [first = Number.NaN, second = Number.NaN] = logits;
	if (labels === 1) return first;
	if (labels === 2) return second - first;
	throw tooMany(model, String(labels));
}

const tooMany = (model: InstalledModel, labels: string): Error =>
	invalidModel(
		model,
		`its graph gives ${labels} numbers for a text, where one or two are wanted: it tells kinds of texts apart`,
	);

const scoreNames: ReadonlySet<string> = new Set(['logits', 'scores', 'score']);

function answerOf(model: InstalledModel, {outputs}: OnnxGraph): TensorDescription {
	const scores = outputs.find(({name}) => scoreNames.has(name)) ?? outputs.find(({shape}) => shape.length <= 2);
	if (scores === undefined || scores.shape.length > 2)
		throw invalidModel(model, 'its graph gives vectors and no scores: it is a model for embedding');
	const labels = scores.shape.length === 2 ? scores.shape[1] : 1;
	if (typeof labels === 'number' && labels > 2) throw tooMany(model, String(labels));
	return scores;
}
