import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';

const families = new Set(['nemo-conformer-tdt', 'nemo-conformer-rnnt', 'nemo-conformer-ctc']);

/** Parakeet and other Conformers of NVIDIA's NeMo as onnx-asr has them: graphs, and `vocab.txt`. With `tokens.txt` they are sherpa's. */
export const nemoConformer: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'nemo-conformer',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format, files}) =>
		families.has(family) && format === 'onnx' && !files.some(({role}) => role === 'tokens.txt'),
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	load: async request => (await import('./nemo-conformer/load.ts')).load(request),
});
