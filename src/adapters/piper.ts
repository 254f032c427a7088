import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {openEspeak, type EspeakSession} from '../backends/espeak/espeak.ts';
import {phonemize} from '../backends/espeak/phonemize.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import type {Feeds, OnnxGraph, OnnxSession} from '../backends/onnx/session.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {MofaError} from '../contract/error.ts';
import type {InstalledModel, Voice} from '../contract/manifest.ts';
import type {Audio} from '../contract/media.ts';
import {speakInSentences, type SentenceSettings} from '../tasks/speak-in-sentences.ts';
import {parsePiperConfig, type PiperConfig} from './piper/config.ts';
import {phonemeIds} from './piper/phoneme-ids.ts';

/** Characters; some twenty seconds. */
const longest = 300;
/** Seconds of silence behind a sentence: the voice itself leaves none. */
const pause = 0.2;

/** The voices of Piper: VITS graphs that read phonemes, one file for each voice or set of speakers. */
export const piper: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'piper',
	backend,
	tasks: ['speech'],
	serves: ({family}, {format}) => family === 'piper' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const weights = modelFile(model, 'weights');
		const config = await readConfig(model, model.paths['config'] ?? `${weights}.json`);
		const espeak = config.phoneme_type === 'espeak' ? openEspeak() : null;
		const graph = await session.open(weights);
		const voice: PiperVoice = {config, espeak, graph, session};
		return {
			tasks: {
				speech: tellingWarnings(
					session,
					speakInSentences({
						voices: model.manifest.voices ?? [{name: model.manifest.name, language: config.espeak?.voice ?? 'en'}],
						longest,
						say: (sentence, settings) => say(sentence, settings, voice),
					}),
				),
			},
			...graphLifecycle(model, session, device, 1),
		};
	},
});

interface PiperVoice {
	readonly config: PiperConfig;
	/** Null where the voice reads letters. */
	readonly espeak: EspeakSession | null;
	readonly graph: OnnxGraph;
	readonly session: OnnxSession;
}

async function say(
	sentence: string,
	settings: SentenceSettings,
	{config, espeak, graph, session}: PiperVoice,
): Promise<Audio> {
	const {signal, warn} = settings;
	const read = espeak === null ? sentence : await phonemize(espeak, sentence, config.espeak?.voice ?? 'en-us', signal);
	const {ids, unknown} = phonemeIds(read, config);
	if (unknown.length > 0) warn({setting: 'text', message: `left out what this voice cannot say: ${unknown.join(' ')}`});
	const {Tensor} = session.module;
	const {noise_scale: noise, length_scale: length, noise_w: width} = config.inference;
	const feeds: Feeds = {
		input: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
		input_lengths: new Tensor('int64', BigInt64Array.of(BigInt(ids.length)), [1]),
		scales: new Tensor('float32', Float32Array.of(noise, length / settings.speed, width), [3]),
		...(graph.inputs.some(({name}) => name === 'sid')
			? {sid: new Tensor('int64', BigInt64Array.of(BigInt(speakerOf(settings.voice, config))), [1])}
			: {}),
	};
	const output = (await graph.run(feeds, {signal}))['output'];
	if (output === undefined || !(output.data instanceof Float32Array))
		throw new MofaError('model-invalid', {
			model: graph.file,
			problem: 'its output is not called `output`, or no sound',
		});
	const {sample_rate: sampleRate} = config.audio;
	return {samples: withPause(output.data, Math.round(pause * sampleRate)), sampleRate, channels: 1};
}

function withPause(spoken: Float32Array, silent: number): Float32Array {
	const samples = new Float32Array(spoken.length + silent);
	samples.set(spoken.map(sample => Math.max(-1, Math.min(1, sample))));
	return samples;
}

const speakerOf = ({name}: Voice, {speaker_id_map: numbers}: PiperConfig): number => numbers[name] ?? 0;

async function readConfig(model: InstalledModel, file: string): Promise<PiperConfig> {
	try {
		return parsePiperConfig(JSON.parse(await readFile(file, 'utf8')));
	} catch (error) {
		const problem = `${path.basename(file)} is not the configuration of a Piper voice: ${String(error).slice(0, 200)}`;
		throw invalidModel(model, problem, error);
	}
}
