import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {DataType, TextToAudioPipeline} from '@huggingface/transformers';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {Audio} from '../contract/media.ts';
import {speakInSentences, type SentenceSettings} from '../tasks/speak-in-sentences.ts';

/** Characters. */
const longest = 300;
const families = /^(vits|supertonic)$/;

/** Text-to-speech classes of the library that give sound by themselves: VITS (MMS, in a thousand languages) and Supertonic. */
export const textToWaveform: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'text-to-waveform',
	backend,
	tasks: ['speech'],
	// Supertonic as its authors lay it out is `supertonic`.
	serves: ({family}, {format, files}) =>
		families.test(family) && format === 'onnx' && !files.some(({role}) => role === 'weights-vector_estimator'),
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const {pipeline} = await session.transformers();
		const folder = path.dirname(modelFile(model, 'config'));
		const options = {device: 'cpu', dtype: dataType(model), local_files_only: true} as const;
		const speaker = await pipeline('text-to-speech', folder, options).catch((error: unknown) => {
			throw invalidModel(model, String(error).slice(0, 300), error);
		});
		const styles = new Map<string, Float32Array>();
		const voices = model.manifest.voices ?? [{name: path.basename(model.manifest.name), language: 'und'}];
		return {
			tasks: {
				speech: tellingWarnings(
					session,
					speakInSentences({
						voices,
						// What a voice speaks is said nowhere in these repositories.
						anyLanguage: true,
						longest,
						say: (sentence, settings) => say(sentence, settings, {model, speaker, styles}),
					}),
				),
			},
			footprint: graphFootprint(model, device),
			slots: 1,
			usefulThreads: device.cores,
			setThreads: count => {
				session.threads = count;
			},
			async [Symbol.asyncDispose]() {
				await speaker.dispose();
				await session[Symbol.asyncDispose]();
			},
		};
	},
});

interface WaveformSpeaker {
	readonly model: InstalledModel;
	readonly speaker: TextToAudioPipeline;
	/** By voice; read when first spoken. Empty for a model with one voice inside. */
	readonly styles: Map<string, Float32Array>;
}

async function say(
	sentence: string,
	{voice, speed, warn}: SentenceSettings,
	{model, speaker, styles}: WaveformSpeaker,
): Promise<Audio> {
	const style = await styleOf(model, voice.name, styles);
	if (style === null && speed !== 1) warn({setting: 'speed', message: 'this model has one pace only'});
	const {audio, sampling_rate: sampleRate} = await speaker(
		sentence,
		style === null ? {} : {speaker_embeddings: style, speed},
	);
	if (!(audio instanceof Float32Array)) throw invalidModel(model, 'it gave several sounds for one sentence');
	return {samples: audio.map(sample => Math.max(-1, Math.min(1, sample))), sampleRate, channels: 1};
}

async function styleOf(
	model: InstalledModel,
	voice: string,
	styles: Map<string, Float32Array>,
): Promise<Float32Array | null> {
	const known = styles.get(voice);
	if (known !== undefined) return known;
	const file = model.paths[`voices/${voice}.bin`];
	if (file === undefined) return null;
	const bytes = await readFile(file);
	if (bytes.length === 0 || bytes.length % 4 !== 0)
		throw invalidModel(model, `the voice ${voice} is no list of numbers`);
	const style = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
	styles.set(voice, style);
	return style;
}

/** As the library calls the type in the names of the graphs. */
function dataType({variant}: InstalledModel): DataType {
	const types: readonly DataType[] = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'];
	return types.find(type => type === variant.quantization) ?? 'fp32';
}
