import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import {modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {warnOfWhatIsLeftOut} from '../../tasks/transcribing/left-out.ts';
import {transcribe} from '../../tasks/transcribing/transcribe.ts';
import {readConfiguration} from './configuration.ts';
import {CtcWriter} from './ctc-writer.ts';
import {featureMaker} from './features.ts';
import {NemoRecognizer, type NemoParts, type TokenWriter} from './recognizer.ts';
import {TransducerWriter} from './transducer-writer.ts';
import {readVocabulary} from './vocabulary.ts';

/** Opens the graphs. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	session,
	device,
	progress,
}: LoadRequest<unknown, OnnxSession>): Promise<Engine<'transcription'>> {
	const parts = await open(model, session, progress);
	return {
		tasks: {
			transcription: tellingWarnings(session, (request, context) => {
				warnOfWhatIsLeftOut(request, ['language', 'translate', 'prompt', 'temperature'], context);
				return transcribe(new NemoRecognizer(parts, request.words === true), request, context.signal);
			}),
		},
		...graphLifecycle(model, session, device, 4),
	};
}

async function open(
	model: InstalledModel,
	session: OnnxSession,
	progress: (fraction: number) => void,
): Promise<NemoParts> {
	const configuration = await readConfiguration(model);
	const vocabulary = await readVocabulary(model);
	const features = await featureMaker(model, session, configuration.bands);
	progress(0.1);
	const open = model.manifest.family === 'nemo-conformer-ctc' ? openCtc : openTransducer;
	const writer = await open(model, session, {
		...configuration,
		vocabulary,
		jumps: model.manifest.family.endsWith('tdt'),
	});
	progress(1);
	return {features, writer, vocabulary, frameSeconds: configuration.frameSeconds};
}

type WriterOptions = ConstructorParameters<typeof TransducerWriter>[3] & ConstructorParameters<typeof CtcWriter>[1];

async function openCtc(model: InstalledModel, session: OnnxSession, options: WriterOptions): Promise<TokenWriter> {
	return new CtcWriter(await session.open(modelFile(model, 'weights')), options);
}

async function openTransducer(
	model: InstalledModel,
	session: OnnxSession,
	options: WriterOptions,
): Promise<TokenWriter> {
	// It steps through time with little to do in each step: one core, and no way to an accelerator and back.
	const small = {threads: 1, accelerate: false};
	const joint = await session.open(modelFile(model, 'weights-decoder_joint-model'), small);
	const encoder = await session.open(modelFile(model, 'weights-encoder-model'));
	const writer = new TransducerWriter(session.module, encoder, joint, options);
	await writer.tryOut();
	return writer;
}
