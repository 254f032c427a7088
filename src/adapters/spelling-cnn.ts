import * as z from 'zod';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {OnnxGraph, OnnxModule} from '../backends/onnx/session.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {MelClip} from '../media/mel-clip.ts';
import {bestClass} from './spelling-cnn/best-class.ts';
import {parseSpellingMeta, type SpellingMeta} from './spelling-cnn/meta.ts';
import {transcribeWords, type Speller} from './spelling-cnn/transcribe-words.ts';

/** `meta` is the file beside the graph; `confidence` the probability below which a sound is no word. */
const optionsSchema = z.object({meta: z.unknown(), confidence: z.number().min(0).max(1).default(0.3)});

/** SpellingCNN of Moonshine: letters, digits and a few commands, each spoken by itself, as for a password or a number. */
export const spellingCnn: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'spelling-cnn',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => family === 'spelling-cnn' && format === 'onnx',
	parseOptions: input => optionsSchema.parse(input),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, options}) {
		const meta = readMeta(model, options.meta);
		// A word takes a few milliseconds: no more than one core is worth waking.
		const graph = await session.open(modelFile(model, 'weights'), {threads: 1, accelerate: false});
		mustFit(model, meta, graph);
		return {
			tasks: {transcription: transcribeWords(speller(meta, options.confidence, graph, session.module))},
			footprint: graphFootprint(model, device),
			slots: 4,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

function readMeta(model: InstalledModel, json: unknown): SpellingMeta {
	try {
		return parseSpellingMeta(json);
	} catch (error) {
		const problem = `the file beside it does not tell its classes and its spectrogram: ${String(error).slice(0, 200)}`;
		throw invalidModel(model, problem, error);
	}
}

function mustFit(model: InstalledModel, meta: SpellingMeta, {inputs, outputs}: OnnxGraph): void {
	const input = inputs.find(({name}) => name === meta.input_name);
	const output = outputs.find(({name}) => name === meta.output_name);
	if (input === undefined || output === undefined)
		throw invalidModel(model, `its graph has no '${meta.input_name}' or no '${meta.output_name}'`);
	const expected = [meta.n_mels, meta.target_frames];
	const found = input.shape.slice(-2);
	if (found.some((size, at) => typeof size === 'number' && size !== expected[at]))
		throw invalidModel(model, `its graph takes ${found.join(' × ')} numbers, its file says ${expected.join(' × ')}`);
	const classes = output.shape.at(-1);
	if (typeof classes === 'number' && classes !== meta.classes.length)
		throw invalidModel(model, `its graph tells ${classes} classes apart, its file names ${meta.classes.length}`);
}

function speller(meta: SpellingMeta, confidence: number, graph: OnnxGraph, {Tensor}: OnnxModule): Speller {
	const {sample_rate: sampleRate, n_mels: mels, target_frames: frames} = meta;
	const mel = new MelClip({
		sampleRate,
		size: meta.n_fft,
		hop: meta.hop_length,
		mels,
		low: meta.f_min,
		high: Math.min(meta.f_max, sampleRate / 2),
		frames,
	});
	return {
		sampleRate,
		clipSamples: Math.round(meta.clip_seconds * sampleRate),
		confidence,
		async spell(clip, signal) {
			const picture = new Tensor('float32', mel.picture(clip), [1, 1, mels, frames]);
			const logits = (await graph.run({[meta.input_name]: picture}, {signal}))[meta.output_name];
			if (!(logits?.data instanceof Float32Array))
				throw new TypeError('the graph answered with something else than numbers');
			const {index, probability} = bestClass(logits.data);
			return {text: meta.classes[index] ?? '', probability};
		},
	};
}
