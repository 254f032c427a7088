import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {familyNames} from './vision-chat/families.ts';

/**
 * Models that see and answer, in the layout of three graphs: a vision encoder, a table of words and a decoder with a memory.
 * The library of model classes prepares the pixels; its own way of writing knows neither several pictures of different
 * sizes, nor `top_p`, nor a memory between turns, so that the graphs are run here.
 */
export const visionChat: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'vision-chat',
	backend,
	tasks: ['chat'],
	serves: ({family}, {format}) => familyNames.has(family) && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./vision-chat/load.ts')).load(request),
});
