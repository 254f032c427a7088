import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {openEspeak, type EspeakSession} from '../backends/espeak/espeak.ts';
import {phonemize} from '../backends/espeak/phonemize.ts';
import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {OnnxGraph, OnnxSession} from '../backends/onnx/session.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {Audio} from '../contract/media.ts';
import {readNpz, type NumpyArray} from '../lib/npz.ts';
import {speakInSentences, type SentenceSettings} from '../tasks/speak-in-sentences.ts';
import {kittenTokens} from './kitten/tokens.ts';

/** Hertz of everything the family says. */
const sampleRate = 24_000;
/** Samples behind a sentence that are noise. */
const trail = 5000;
/** Characters. */
const longest = 400;

const configSchema = z.object({
	voice_aliases: z.record(z.string(), z.string()).default({}),
	speed_priors: z.record(z.string(), z.number().positive()).default({}),
});
type KittenConfig = z.infer<typeof configSchema>;

/** KittenTTS: very small English voices; phonemes and a style to sound. After the authors' own `kittentts` package. */
export const kitten: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'kitten',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'kitten-tts' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const config = await readConfig(model);
		const speaker: KittenSpeaker = {
			config,
			session,
			graph: await session.open(modelFile(model, 'weights')),
			styles: await readStyles(model),
			espeak: openEspeak(),
		};
		const named = model.manifest.voices ?? [];
		const voices = named.length > 0 ? named : [...speaker.styles.keys()].map(name => ({name, language: 'en-US'}));
		return {
			tasks: {
				speech: tellingWarnings(
					session,
					speakInSentences({
						voices,
						longest,
						say: (sentence, settings) => say(sentence, settings, speaker, model),
					}),
				),
			},
			...graphLifecycle(model, session, device, 1),
		};
	},
});

interface KittenSpeaker {
	readonly config: KittenConfig;
	readonly session: OnnxSession;
	readonly graph: OnnxGraph;
	/** By the name in the file: a row for each length of a sentence. */
	readonly styles: ReadonlyMap<string, NumpyArray>;
	readonly espeak: EspeakSession;
}

async function say(
	sentence: string,
	{voice, speed, signal}: SentenceSettings,
	{config, session, graph, styles, espeak}: KittenSpeaker,
	model: InstalledModel,
): Promise<Audio> {
	const name = config.voice_aliases[voice.name] ?? voice.name;
	const style = styles.get(name);
	if (style === undefined) throw invalidModel(model, `voices.npz has no voice ${name}`);
	// Without an end the last word is swallowed.
	const whole = /[.!?,;:]$/.test(sentence) ? sentence : `${sentence},`;
	const ids = kittenTokens(await phonemize(espeak, whole, 'en-us', signal));
	const {Tensor} = session.module;
	const row = styleFor(style, whole.length);
	const [output] = Object.values(
		await graph.run(
			{
				input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
				style: new Tensor('float32', row, [1, row.length]),
				speed: new Tensor('float32', Float32Array.of(speed * (config.speed_priors[name] ?? 1)), [1]),
			},
			{signal},
		),
	);
	if (output === undefined || !(output.data instanceof Float32Array))
		throw invalidModel(model, 'the output of its graph is no sound');
	const samples = output.data.subarray(0, Math.max(0, output.data.length - trail));
	return {samples: samples.map(sample => Math.max(-1, Math.min(1, sample))), sampleRate, channels: 1};
}

/** The row for a sentence of that many characters, or the last. */
function styleFor({shape, data}: NumpyArray, characters: number): Float32Array {
	const [rows = 1, size = data.length] = shape;
	const row = Math.min(characters, rows - 1);
	return data.subarray(row * size, (row + 1) * size);
}

async function readConfig(model: InstalledModel): Promise<KittenConfig> {
	try {
		return configSchema.parse(JSON.parse(await readFile(modelFile(model, 'config'), 'utf8')));
	} catch (error) {
		throw invalidModel(model, 'config.json is not of a KittenTTS voice', error);
	}
}

async function readStyles(model: InstalledModel): Promise<ReadonlyMap<string, NumpyArray>> {
	try {
		return readNpz(await readFile(modelFile(model, 'voices.npz')));
	} catch (error) {
		throw invalidModel(model, `voices.npz: ${error instanceof Error ? error.message : String(error)}`, error);
	}
}
