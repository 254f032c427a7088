import {llama} from '../backends/llama/llama.ts';
import {LoadedEncoder} from '../backends/llama/loaded-encoder.ts';
import {isRearranged} from '../backends/llama/memory.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {MofaError} from '../contract/error.ts';
import type {Handler, Warning} from '../contract/task.ts';
import {embed, type VectorModel} from '../tasks/embedding/embed.ts';
import {rerank, type PairModel} from '../tasks/reranking/rerank.ts';
import {poolOf} from '../backends/llama/model-memory.ts';
import {estimate, parseOptions, shapeOf} from './gguf-encoder/options.ts';
import {poolingOf, ranks} from './gguf-encoder/pooling.ts';
import {pairModel} from './gguf-encoder/pair-model.ts';
import {vectorModel} from './gguf-encoder/vector-model.ts';

/** Models in a GGUF file that make vectors or scores out of texts, on llama.cpp: BERT and its kin, Qwen3-Embedding, BGE rerankers. */
export const ggufEncoder: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf-encoder',
	backend: llama,
	tasks: ['embedding', 'reranking'],
	serves: ({tasks}, {format}) => format === 'gguf' && tasks.some(task => /^(embedding|reranking)$/.test(task)),
	parseOptions,
	estimate,
	async load({model, options, session, device, threads, signal, progress}) {
		const {name} = model.manifest;
		const path = model.paths['weights'];
		if (path === undefined) throw new MofaError('model-invalid', {model: name, problem: 'it has no weights file'});
		const {overrides, isGuessed} = poolingOf(model, options);
		const {longest, contextBytes} = shapeOf(options);
		const pool = poolOf(device);
		const loaded = await LoadedEncoder.load(session, {
			name,
			path,
			longest,
			contextBytes,
			threads,
			pool,
			signal,
			progress,
			...(overrides === undefined ? {} : {overrides}),
			cores: device.cores,
			mapped: pool !== 'ram' || !isRearranged(model.variant.quantization),
		});
		try {
			const handlers = ranks(options)
				? ranking(name, pairModel(loaded, model, options, longest))
				: embedding(name, vectorModel(loaded, model, options, longest), isGuessed);
			return {
				tasks: handlers,
				get footprint() {
					return loaded.footprint;
				},
				get reclaimable() {
					return loaded.reclaimable;
				},
				facts: ranks(options) ? {contextLength: longest} : {contextLength: longest, dimensions: loaded.size},
				slots: 4,
				usefulThreads: loaded.usefulThreads,
				shrink: () => loaded.shrink(),
				setThreads: count => loaded.setThreads(count),
				[Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
			};
		} catch (error) {
			await loaded[Symbol.asyncDispose]();
			throw error;
		}
	},
});

interface Handlers {
	readonly embedding: Handler<'embedding'>;
	readonly reranking: Handler<'reranking'>;
}

function ranking(name: string, pairs: PairModel): Handlers {
	return {
		embedding: () => {
			throw new MofaError('task-unsupported', {model: name, task: 'embedding', supported: ['reranking']});
		},
		reranking: (request, context) => rerank(pairs, request, context),
	};
}

function embedding(name: string, vectors: VectorModel, isGuessed: boolean): Handlers {
	let isTold = !isGuessed;
	return {
		embedding(request, context) {
			if (!isTold) context.warn(unsaid);
			isTold = true;
			return embed(vectors, request, context);
		},
		reranking: () => {
			throw new MofaError('task-unsupported', {model: name, task: 'reranking', supported: ['embedding']});
		},
	};
}

const unsaid: Warning = {
	setting: 'pooling',
	message: 'the file does not say how its vectors are pooled, so it is by their mean',
};
