import {onnx as backend} from '../backends/onnx/onnx.ts';
import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import type {OnnxSession} from '../backends/onnx/session.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {Handler, Warning} from '../contract/task.ts';
import {transcribe} from '../tasks/transcribing/transcribe.ts';
import {readWhisper} from './whisper/configuration.ts';
import {MergedDecoder} from '../backends/onnx/merged-decoder.ts';
import {WhisperRecognizer, type WhisperParts} from './whisper/recognizer.ts';

/** Whisper in the Hub's ONNX layout, of any size, language and window. */
export const whisper: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'whisper',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => (family === 'whisper' || family === 'lite-whisper') && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, progress}) {
		const parts = await open(model, session, progress);
		const {windowSeconds, positions} = parts.configuration;
		return {
			tasks: {transcription: handler(parts, session)},
			footprint: graphFootprint(model, device),
			// One computes at a time; another hears its first words before the first is through.
			slots: 4,
			usefulThreads: device.cores,
			facts: {windowSeconds, contextLength: positions},
			setThreads: count => {
				session.threads = count;
			},
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

async function open(
	model: InstalledModel,
	session: OnnxSession,
	progress: (fraction: number) => void,
): Promise<WhisperParts> {
	const configuration = await readWhisper(model.manifest.name, model.paths);
	progress(0.1);
	const encoder = await session.open(modelFile(model, 'weights-encoder_model'));
	progress(0.5);
	const graph = await session.open(modelFile(model, 'weights-decoder_model_merged'));
	progress(1);
	const decoder = new MergedDecoder(graph, session.module, configuration);
	return {module: session.module, encoder, decoder, configuration};
}

function handler(parts: WhisperParts, session: OnnxSession): Handler<'transcription'> {
	const told = new Set<Warning>();
	return (request, context) => {
		for (const warning of session.warnings.filter(one => !told.has(one))) {
			told.add(warning);
			context.warn(warning);
		}
		return transcribe(new WhisperRecognizer(parts, request, context), request, context.signal);
	};
}
