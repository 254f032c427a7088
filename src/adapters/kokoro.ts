import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {openEspeak, type EspeakSession} from '../backends/espeak/espeak.ts';
import {phonemize} from '../backends/espeak/phonemize.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxSession} from '../backends/onnx/session.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {Audio} from '../contract/media.ts';
import {speakInSentences, type SentenceSettings} from '../tasks/speak-in-sentences.ts';
import {kokoroPhonemes} from './kokoro/phonemes.ts';
import {readableVoices, readerOf} from './kokoro/voices.ts';

/** Hertz of everything the family says. */
const sampleRate = 24_000;
/** Numbers in a style, and phonemes the model reads at most, without the ends. */
const styleSize = 256;
const mostPhonemes = 510;
/** Characters; they seldom have more phonemes than that. */
const longest = 300;

/** Kokoro and its kin: a graph from phonemes and a style to sound, and a file of styles for each voice. */
export const kokoro: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'kokoro',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'style_text_to_speech_2' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const voices = readableVoices(model.manifest.voices);
		if (voices.length === 0)
			throw invalidModel(model, 'it has no voices in a language that can be read here: files in a folder `voices`');
		const speaker: KokoroSpeaker = {
			model,
			session,
			graph: await session.open(modelFile(model, 'weights')),
			vocabulary: await readVocabulary(model),
			espeak: openEspeak(),
			styles: new Map(),
		};
		return {
			tasks: {
				speech: tellingWarnings(
					session,
					speakInSentences({voices, longest, say: (sentence, settings) => say(sentence, settings, speaker)}),
				),
			},
			...graphLifecycle(model, session, device, 1),
		};
	},
});

interface KokoroSpeaker {
	readonly model: InstalledModel;
	readonly session: OnnxSession;
	readonly graph: OnnxGraph;
	/** Phoneme → number. */
	readonly vocabulary: ReadonlyMap<string, number>;
	readonly espeak: EspeakSession;
	/** By voice: a row of `styleSize` numbers for each length of a sentence. Read when first spoken. */
	readonly styles: Map<string, Float32Array>;
}

async function say(sentence: string, settings: SentenceSettings, speaker: KokoroSpeaker): Promise<Audio> {
	const {voice, speed, signal} = settings;
	const read = await phonemize(speaker.espeak, sentence, readerOf(voice), signal);
	const phonemes = [...kokoroPhonemes(read, voice.language)];
	const ids = phonemes.flatMap(phoneme => speaker.vocabulary.get(phoneme) ?? []).slice(0, mostPhonemes);
	const style = styleFor(await stylesOf(speaker, voice.name), ids.length);
	const {Tensor} = speaker.session.module;
	const padded = [0, ...ids, 0];
	const [output] = Object.values(
		await speaker.graph.run(
			{
				input_ids: new Tensor('int64', BigInt64Array.from(padded, BigInt), [1, padded.length]),
				style: new Tensor('float32', style, [1, styleSize]),
				speed: new Tensor('float32', Float32Array.of(speed), [1]),
			},
			{signal},
		),
	);
	if (output === undefined || !(output.data instanceof Float32Array))
		throw invalidModel(speaker.model, 'the output of its graph is no sound');
	return {samples: output.data.map(sample => Math.max(-1, Math.min(1, sample))), sampleRate, channels: 1};
}

/** The row for a sentence of that many phonemes: longer ones are spoken more calmly. */
function styleFor(styles: Float32Array, phonemes: number): Float32Array {
	const rows = Math.floor(styles.length / styleSize);
	const row = Math.min(phonemes, rows - 1);
	return styles.subarray(row * styleSize, (row + 1) * styleSize);
}

async function stylesOf({model, styles}: KokoroSpeaker, voice: string): Promise<Float32Array> {
	const known = styles.get(voice);
	if (known !== undefined) return known;
	const bytes = await readFile(modelFile(model, `voices/${voice}.bin`));
	if (bytes.length < styleSize * 4 || bytes.length % (styleSize * 4) !== 0)
		throw invalidModel(model, `the file of the voice ${voice} is no list of styles`);
	const read = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
	styles.set(voice, read);
	return read;
}

const tokenizerSchema = z.object({model: z.object({vocab: z.record(z.string(), z.number().int().min(0))})});

async function readVocabulary(model: InstalledModel): Promise<ReadonlyMap<string, number>> {
	const file = modelFile(model, 'tokenizer', 'tokenizer.json');
	try {
		return new Map(Object.entries(tokenizerSchema.parse(JSON.parse(await readFile(file, 'utf8'))).model.vocab));
	} catch (error) {
		throw invalidModel(model, `${path.basename(file)} has no table of phonemes`, error);
	}
}
