import {llama} from '../backends/llama/llama.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {estimate, parseOptions} from './gguf/options.ts';

/** Any language model in a GGUF file, on llama.cpp. */
export const gguf: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf',
	backend: llama,
	tasks: ['chat', 'completion'],
	accepts: [],
	// What makes vectors or scores out of texts has an adapter of its own.
	serves: ({tasks}, {format}) => format === 'gguf' && !tasks.some(task => /^(embedding|reranking)$/.test(task)),
	parseOptions,
	estimate,
	load: async request => (await import('./gguf/load.ts')).load(request),
});
