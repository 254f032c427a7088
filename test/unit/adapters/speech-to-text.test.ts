import {expect, test} from 'vitest';
import {speechToText} from '../../../src/adapters/speech-to-text.ts';
import {openLibraryListener} from '../../../src/adapters/speech-to-text/library-listener.ts';
import {LibraryRecognizer} from '../../../src/adapters/speech-to-text/library-recognizer.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import {describeConfig} from '../../../src/models/resolve/describe-config.ts';
import {transcribe} from '../../../src/tasks/transcribing/transcribe.ts';
import {transcription} from '../../../src/tasks/transcription.ts';
import {asrFixture, device, folderModel, mono, parityTone, reference} from '../../helpers/speech-model.ts';

const {signal} = new AbortController();

test('a class of the library is chosen by the configuration', async () => {
	const config = {model_type: 'cohere_asr', architectures: ['CohereAsrForConditionalGeneration']};
	const {family, tasks} = describeConfig({pipelineTag: null, config, modelIndex: null});
	expect({family, tasks}).toEqual({family: 'cohere_asr', tasks: ['transcription']});
	const {manifest, variant} = await folderModel(asrFixture('wav2vec2'));
	expect(speechToText.serves({...manifest, family}, variant)).toBe(true);
	expect(speechToText.serves(manifest, variant)).toBe(false);
});

test('the pipeline of the library hears what the reference says, but for doubled letters', async () => {
	const folder = asrFixture('wav2vec2');
	const model = await folderModel(folder);
	await using session = await onnx.open({signal, device, threads: 1});
	await using listener = await openLibraryListener(model, await session.transformers(), folder);
	const {cases} = await reference<{
		readonly cases: ReadonlyArray<{readonly seconds: number; readonly seed: number; readonly text: string}>;
	}>('wav2vec2');
	for (const {seconds, seed, text} of cases) {
		const recognizer = new LibraryRecognizer(listener, undefined);
		const heard = await transcription.collect(transcribe(recognizer, {audio: mono(parityTone(seconds, seed))}, signal));
		// The library makes one letter of two alike: it leaves out the blank between them first. Our own adapter does not.
		expect(heard.text).toBe(text.replaceAll(/(.)\1+/g, '$1'));
	}
});

test('a folder that the library cannot open is an error that names it', async () => {
	const model = await folderModel(asrFixture('wav2vec2'));
	await using session = await onnx.open({signal, device, threads: 1});
	const opened = openLibraryListener(model, await session.transformers(), '/nowhere/at/all');
	await expect(opened).rejects.toMatchObject({code: 'model-invalid', data: {model: model.manifest.name}});
});
