import {checkGraph} from '../../backends/onnx/check-graph.ts';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxSession, TensorDescription} from '../../backends/onnx/session.ts';
import {textBatches} from '../../backends/onnx/text-batches.ts';
import {tokenFeeds, tokenInputs} from '../../backends/onnx/token-feeds.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {VectorModel} from '../../tasks/embedding/embed.ts';
import type {Pooling} from '../../tasks/embedding/encoder-options.ts';
import type {RowTokenizer} from '../../tasks/text-rows/row-tokenizer.ts';
import type {EncoderConfiguration} from './configuration.ts';
import {pool} from './pool.ts';

export interface EncoderParts {
	readonly model: InstalledModel;
	readonly graph: OnnxGraph;
	readonly session: OnnxSession;
	readonly tokenizer: RowTokenizer;
	readonly configuration: EncoderConfiguration;
	/** How to pool where the graph leaves it to us. */
	readonly pooling: Pooling;
}

/** Throws `model-invalid` for a graph that is no encoder of text. */
export function encoder({model, graph, session, tokenizer, configuration, pooling}: EncoderParts): VectorModel {
	const inputs = tokenInputs.filter(name => name === 'input_ids' || graph.inputs.some(input => input.name === name));
	const answer = answerOf(model, graph, configuration);
	checkGraph(graph, {inputs: Object.fromEntries(inputs.map(name => [name, 'int64'])), outputs: [answer.name]});
	const last = answer.shape.at(-1);
	const size = typeof last === 'number' && last > 0 ? last : configuration.width;
	if (size === null) throw invalidModel(model, 'nothing says how long its vectors are');
	const {before, after} = tokenizer;
	const room = Math.max(0, configuration.longest - before.length - after.length);
	const {prompts, longest} = configuration;
	return {
		name: model.manifest.name,
		dimensions: size,
		longest,
		vocabulary: tokenizer.vocabulary,
		get batches() {
			return textBatches(session);
		},
		prompt: purpose => (purpose === undefined ? prompts.any : prompts[purpose]),
		tokens(text) {
			const ids = tokenizer.tokens(text);
			return {ids: before.concat(ids.length > room ? ids.slice(0, room) : ids, after), cut: ids.length > room};
		},
		async vectors(rows, signal) {
			const feeds = tokenFeeds(session.module, {rows, padding: tokenizer.padding}, inputs);
			const {[answer.name]: given} = await graph.run(feeds, {signal, fetches: [answer.name]});
			const data = float32Of(given?.data ?? []);
			const lengths = rows.map(row => row.length);
			const width = answer.pooled ? 1 : Math.max(...lengths);
			if (data.length !== rows.length * width * size)
				throw invalidModel(model, `its graph gives other vectors than of ${size} numbers`);
			return answer.pooled
				? pool(data, {lengths: lengths.map(() => 1), width, size, pooling: 'cls'})
				: pool(data, {lengths, width, size, pooling});
		},
	};
}

interface Answer extends TensorDescription {
	/** One vector for each text, all that follows the network included. */
	readonly pooled: boolean;
}

/** What an export calls the vectors of the tokens; other names are taken by their shape. */
const hiddenNames: ReadonlySet<string> = new Set(['last_hidden_state', 'token_embeddings', 'hidden_states']);

function answerOf(model: InstalledModel, {outputs}: OnnxGraph, {further}: EncoderConfiguration): Answer {
	const sentence = outputs.find(({name}) => name === 'sentence_embedding');
	if (sentence !== undefined) return {...sentence, pooled: true};
	if (further.length > 0)
		throw invalidModel(
			model,
			`behind its network stands ${further.join(', ').slice(0, 100)}, which its graph does not have in it`,
		);
	const hidden =
		outputs.find(({name}) => hiddenNames.has(name)) ?? outputs.find(({shape}) => shape.length === 3) ?? outputs[0];
	if (hidden === undefined) throw invalidModel(model, 'its graph gives nothing');
	return {...hidden, pooled: false};
}
