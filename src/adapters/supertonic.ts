import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {parseSupertonicOptions} from './supertonic/options.ts';

/**
 * Supertonic as its authors lay it out: four graphs from letters over latents to sound, and a file for each voice. The same
 * model in the layout of the library is `text-to-waveform`.
 */
export const supertonic: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'supertonic',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format, files}) =>
		family === 'supertonic' && format === 'onnx' && files.some(({role}) => role === 'weights-vector_estimator'),
	parseOptions: parseSupertonicOptions,
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./supertonic/load.ts')).load(request),
});
