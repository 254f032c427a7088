import {graphFootprint} from '../backends/onnx/model-files.ts';
import {sherpa as backend} from '../backends/sherpa/sherpa.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';

/** What sherpa-onnx hears sound with as it comes in: an encoder, a decoder and a joiner; Paraformer; or one graph. */
const families = new Set(['streaming-transducer', 'streaming-paraformer', 'streaming-ctc']);

/** Next-gen Kaldi's streaming models in the layout of sherpa-onnx: Zipformer, Conformer, LSTM, E-Branchformer, NeMo, Paraformer. */
export const sherpaStreaming: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'sherpa-streaming',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => families.has(family) && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./sherpa-streaming/load.ts')).load(request),
});
