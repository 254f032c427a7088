import {llama} from '../backends/llama/llama.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {estimate, parseOptions} from './gguf-encoder/options.ts';

/** Models in a GGUF file that make vectors or scores out of texts, on llama.cpp: BERT and its kin, Qwen3-Embedding, BGE rerankers. */
export const ggufEncoder: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf-encoder',
	backend: llama,
	tasks: ['embedding', 'reranking'],
	serves: ({tasks}, {format}) => format === 'gguf' && tasks.some(task => /^(embedding|reranking)$/.test(task)),
	parseOptions,
	estimate,
	load: async request => (await import('./gguf-encoder/load.ts')).load(request),
});
