import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import {LogMel} from '../../backends/onnx/log-mel.ts';
import {MergedDecoder} from '../../backends/onnx/merged-decoder.ts';
import {modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {Handler} from '../../contract/task.ts';
import {transcribe} from '../../tasks/transcribing/transcribe.ts';
import {readWhisper} from './configuration.ts';
import {WhisperRecognizer, type WhisperParts} from './recognizer.ts';

/** Opens encoder and decoder. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	session,
	device,
	progress,
}: LoadRequest<unknown, OnnxSession>): Promise<Engine<'transcription'>> {
	const parts = await open(model, session, progress);
	const {windowSeconds, positions} = parts.configuration;
	return {
		tasks: {transcription: tellingWarnings(session, handler(parts))},
		// One computes at a time; another hears its first words before the first is through.
		...graphLifecycle(model, session, device, 4),
		facts: {windowSeconds, contextLength: positions},
	};
}

async function open(
	model: InstalledModel,
	session: OnnxSession,
	progress: (fraction: number) => void,
): Promise<WhisperParts> {
	const configuration = await readWhisper(model.manifest.name, model.paths);
	const mel = await LogMel.open(session, configuration.mel);
	progress(0.1);
	const encoder = await session.open(modelFile(model, 'weights-encoder_model'));
	progress(0.5);
	const graph = await session.open(modelFile(model, 'weights-decoder_model_merged'));
	progress(1);
	const decoder = new MergedDecoder(graph, session.module, configuration);
	return {encoder, decoder, mel, configuration};
}

function handler(parts: WhisperParts): Handler<'transcription'> {
	return (request, context) => transcribe(new WhisperRecognizer(parts, request, context), request, context.signal);
}
