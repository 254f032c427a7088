import path from 'node:path';
import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {warnOfWhatIsLeftOut} from '../tasks/transcribing/left-out.ts';
import {transcribe} from '../tasks/transcribing/transcribe.ts';
import {openLibraryListener} from './speech-to-text/library-listener.ts';
import {LibraryRecognizer} from './speech-to-text/library-recognizer.ts';

/** Families that the library's own pipeline hears with, and that have no adapter of their own here. */
const families = new Set(['cohere_asr', 'cohere-asr']);

/** What the library of model classes can hear with: text window by window, without times. */
export const speechToText: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'speech-to-text',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => families.has(family) && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, progress}) {
		const folder = path.dirname(modelFile(model, 'config'));
		const listen = await openLibraryListener(model, await session.transformers(), folder);
		progress(1);
		return {
			tasks: {
				transcription: tellingWarnings(session, (request, context) => {
					warnOfWhatIsLeftOut(request, ['translate', 'words', 'prompt', 'temperature'], context);
					return transcribe(new LibraryRecognizer(listen, request.language), request, context.signal);
				}),
			},
			footprint: graphFootprint(model, device),
			slots: 1,
			usefulThreads: device.cores,
			setThreads: count => {
				session.threads = count;
			},
			[Symbol.asyncDispose]: async () => {
				await listen[Symbol.asyncDispose]();
				await session[Symbol.asyncDispose]();
			},
		};
	},
});
