import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {RunContext, Warning} from '../contract/task.ts';
import {embed} from '../tasks/embedding/embed.ts';
import {parseEncoderOptions} from '../tasks/embedding/encoder-options.ts';
import {readRowTokenizer} from '../tasks/text-rows/row-tokenizer.ts';
import {readConfiguration} from './sentence-encoder/configuration.ts';
import {encoder} from './sentence-encoder/encoder.ts';

/** Networks that read a text at once, as the Hub has them: BERT and its kin, such as BGE, E5, GTE and Nomic. */
export const sentenceEncoder: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'sentence-encoder',
	backend,
	tasks: ['embedding'],
	// Which network it is does not matter: its graph says what goes in, and the files beside it what to make of the answer.
	serves: ({family, tasks}, {format, files}) =>
		tasks.includes('embedding') &&
		family !== 'model2vec' &&
		format === 'onnx' &&
		files.some(({role}) => role === 'weights'),
	parseOptions: parseEncoderOptions,
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, options, session, device, progress}) {
		const configuration = await readConfiguration(model, options);
		const tokenizer = await readRowTokenizer(model.manifest.name, model.paths);
		const graph = await session.open(modelFile(model, 'weights'));
		const pooling = configuration.pooling ?? 'mean';
		const vectors = encoder({model, graph, session, tokenizer, configuration, pooling});
		const pooled = graph.outputs.some(({name}) => name === 'sentence_embedding');
		const warnOnce = onceOf([...session.warnings, ...(configuration.pooling === null && !pooled ? [unsaid] : [])]);
		progress(1);
		return {
			tasks: {
				embedding(request, context) {
					warnOnce(context);
					return embed(vectors, request, context);
				},
			},
			footprint: graphFootprint(model, device),
			slots: 4,
			usefulThreads: device.cores,
			facts: {dimensions: vectors.dimensions},
			setThreads: count => {
				session.threads = count;
			},
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

const unsaid: Warning = {
	setting: 'pooling',
	message: 'the repository does not say how its vectors are pooled, so it is by their mean',
};

/** What is to be known of a model is told with its first answer. */
function onceOf(warnings: readonly Warning[]): (context: RunContext) => void {
	let left = warnings;
	return ({warn}) => {
		for (const warning of left) warn(warning);
		left = [];
	};
}
