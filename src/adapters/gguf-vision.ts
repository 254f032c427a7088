import {llamaServer} from '../backends/llama-server/llama-server.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {estimate, parseOptions} from './gguf-vision/options.ts';

/** Language models in GGUF with a projector beside them, which see: on llama.cpp's own server. */
export const ggufVision: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf-vision',
	backend: llamaServer,
	tasks: ['chat'],
	serves: ({tasks, accepts = []}, {format, files}) =>
		format === 'gguf' &&
		tasks.includes('chat') &&
		accepts.includes('image') &&
		files.some(({role}) => role === 'projector'),
	parseOptions,
	estimate,
	load: async request => (await import('./gguf-vision/load.ts')).load(request),
});
