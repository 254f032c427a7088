import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {rerank} from '../tasks/reranking/rerank.ts';
import {readRowTokenizer} from '../tasks/text-rows/row-tokenizer.ts';
import {parseOptions, readLimits} from './cross-encoder/limits.ts';
import {ranker} from './cross-encoder/ranker.ts';

/** Networks that read a question and a text together: BERT and its kin, such as MiniLM, BGE and Jina rerankers. */
export const crossEncoder: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'cross-encoder',
	backend,
	tasks: ['reranking'],
	serves: ({family, tasks}, {format, files}) =>
		tasks.includes('reranking') &&
		format === 'onnx' &&
		!writes.test(family) &&
		files.some(({role}) => role === 'weights'),
	parseOptions,
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, options, session, device, progress}) {
		const limits = await readLimits(model, options);
		const tokenizer = await readRowTokenizer(model.manifest.name, model.paths);
		const graph = await session.open(modelFile(model, 'weights'));
		const pairs = ranker({model, graph, session, tokenizer, limits});
		progress(1);
		return {
			...graphLifecycle(model, session, device, 4),
			facts: {contextLength: limits.longest},
			tasks: {reranking: tellingWarnings(session, (request, context) => rerank(pairs, request, context))},
		};
	},
});

/** Those that say yes or no in words want an instruction around the texts, which nothing here writes. */
const writes = /^(qwen|llama|gemma|mistral|phi|minicpm)/;
