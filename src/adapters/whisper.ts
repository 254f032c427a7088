import {onnx as backend} from '../backends/onnx/onnx.ts';
import {graphFootprint} from '../backends/onnx/model-files.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';

/** Whisper in the Hub's ONNX layout, of any size, language and window. */
export const whisper: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'whisper',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => (family === 'whisper' || family === 'lite-whisper') && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./whisper/load.ts')).load(request),
});
