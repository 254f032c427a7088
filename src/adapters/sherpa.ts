import {graphFootprint, modelFile} from '../backends/onnx/model-files.ts';
import {checkTokens} from '../backends/sherpa/check-tokens.ts';
import {mustTell, readGraphFacts, type NeededFacts} from '../backends/sherpa/graph-facts.ts';
import {sherpa as backend, type SherpaConfig, type SherpaRecognizer} from '../backends/sherpa/sherpa.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {Handler} from '../contract/task.ts';
import type {Heard, Recognizer} from '../tasks/transcribing/recognizer.ts';
import {transcribe} from '../tasks/transcribing/transcribe.ts';

/** Hertz of everything these families hear, bands they hear in, and seconds they hear at once. */
const sampleRate = 16_000;
const bands = 80;
const windowSeconds = 28;

/** What the package calls each family, and how it wants its file. */
const families: Readonly<Record<string, (file: string) => Readonly<Record<string, unknown>>>> = {
	paraformer: model => ({paraformer: {model}}),
	sensevoice: model => ({senseVoice: {model, useInverseTextNormalization: 1}}),
};

/** What the graph of each says, without which the package ends the process. */
const window = ['vocab_size', 'lfr_window_size', 'lfr_window_shift'];
const facts: Readonly<Record<string, NeededFacts>> = {
	paraformer: {numbers: window, vectors: ['neg_mean', 'inv_stddev']},
	sensevoice: {numbers: [...window, 'normalize_samples']},
};

/** FunASR's Paraformer and SenseVoice in the layout of sherpa-onnx: one graph, and `tokens.txt`. */
export const sherpa: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'sherpa',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => Object.hasOwn(families, family) && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, threads}) {
		await checkFiles(model);
		const recognizer = session.open(configOf(model, threads));
		return {
			tasks: {transcription: handlerOf(recognizer)},
			footprint: graphFootprint(model, device),
			slots: 2,
			usefulThreads: device.cores,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

/** Throws `model-invalid` for what native code would end the process for. */
async function checkFiles(model: InstalledModel): Promise<void> {
	const file = modelFile(model, 'weights');
	mustTell(file, await readGraphFacts(file), facts[model.manifest.family] ?? {});
	await checkTokens(modelFile(model, 'tokens.txt'), {count: 0, blank: false});
}

function configOf(model: InstalledModel, threads: number): SherpaConfig {
	const {name, family} = model.manifest;
	return {
		model: name,
		featConfig: {sampleRate, featureDim: bands},
		modelConfig: {
			...families[family]?.(modelFile(model, 'weights')),
			tokens: modelFile(model, 'tokens.txt'),
			numThreads: threads,
			provider: 'cpu',
			debug: 0,
		},
	};
}

function handlerOf(native: SherpaRecognizer): Handler<'transcription'> {
	const recognizer: Recognizer = {
		sampleRate,
		windowSeconds,
		seeks: false,
		least: 0.1,
		async hear(sound, {signal}) {
			signal.throwIfAborted();
			return heard(await native.recognize(sound, sampleRate), sound.length / sampleRate);
		},
	};
	return (request, {signal, warn}) => {
		const {language, translate, prompt, words, temperature} = request;
		// Each hears the languages it was made for, and writes down what it hears.
		const cannot = Object.entries({language, translate, prompt, words, temperature}).filter(
			([, value]) => value !== undefined,
		);
		for (const [setting] of cannot) warn({setting, message: 'this model has no such setting'});
		return transcribe(recognizer, request, signal);
	};
}

type Result = Awaited<ReturnType<SherpaRecognizer['recognize']>>;

function heard({text, timestamps, lang}: Result, seconds: number): Heard {
	const said = text.trim();
	const language = /^<\|([a-z]{2,3})\|>$/.exec(lang)?.[1];
	const start = Math.min(timestamps[0] ?? 0, seconds);
	return {
		segments: said === '' ? [] : [{text: said, start, end: seconds}],
		settled: seconds,
		...(language === undefined ? {} : {language: {language}}),
	};
}
