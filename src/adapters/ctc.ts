import path from 'node:path';
import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {OnnxSession} from '../backends/onnx/session.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {warnOfWhatIsLeftOut} from '../tasks/transcribing/left-out.ts';
import {transcribe} from '../tasks/transcribing/transcribe.ts';
import {CtcRecognizer, type CtcParts} from './ctc/recognizer.ts';
import {readVocabulary} from './ctc/vocabulary.ts';
import {featureExtractor} from './ctc/features.ts';

/** Families that tell a letter or a piece of a word for each moment of the sound. */
const families = new Set([
	'wav2vec2',
	'wav2vec2-bert',
	'hubert',
	'wavlm',
	'unispeech',
	'unispeech-sat',
	'parakeet',
	'parakeet_ctc',
	'parakeet-ctc',
]);

/** Connectionist temporal classification: one graph, no text side, times for every word. */
export const ctc: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'ctc',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format, files}) =>
		families.has(family) && format === 'onnx' && files.some(({role}) => role === 'weights'),
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, progress}) {
		const parts = await open(model, session);
		progress(1);
		return {
			tasks: {
				transcription: tellingWarnings(session, (request, context) => {
					warnOfWhatIsLeftOut(request, ['language', 'translate', 'prompt', 'temperature'], context);
					return transcribe(new CtcRecognizer(parts, request.words === true), request, context.signal);
				}),
			},
			...graphLifecycle(model, session, device, 4),
		};
	},
});

async function open(model: InstalledModel, session: OnnxSession): Promise<CtcParts> {
	const vocabulary = await readVocabulary(model);
	const graph = await session.open(modelFile(model, 'weights'));
	const folder = path.dirname(modelFile(model, 'config'));
	return {graph, vocabulary, features: await featureExtractor(model, session, graph, folder)};
}
