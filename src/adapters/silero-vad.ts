import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {OnnxGraph, OnnxModule} from '../backends/onnx/session.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {findVoices, type VoiceDetector} from '../tasks/find-voices.ts';

const sampleRate = 16_000;
/** Samples that are judged at once, and of those before them that the model looks back on. */
const frameSamples = 512;
const contextSamples = 64;
/** What the model remembers of the sound. */
const stateShape = [2, 1, 128];

/** Silero VAD, version 5 and later: a small recurrent network that was trained on thousands of languages. */
export const sileroVad: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'silero-vad',
	backend,
	tasks: ['voice-activity'],
	serves: ({family}, {format}) => family === 'silero-vad' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		// It steps through time with little to do in each step: one core, and no way to an accelerator and back.
		const graph = await session.open(modelFile(model, 'weights'), {threads: 1, accelerate: false});
		mustBeSilero(model, graph);
		return {
			tasks: {'voice-activity': findVoices(detector(graph, session.module))},
			footprint: graphFootprint(model, device),
			slots: 4,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

function mustBeSilero(model: InstalledModel, {inputs, outputs}: OnnxGraph): void {
	const names = new Set([...inputs, ...outputs].map(({name}) => name));
	const missing = ['input', 'state', 'sr', 'output', 'stateN'].filter(name => !names.has(name));
	if (missing.length > 0)
		throw invalidModel(
			model,
			`it is no Silero VAD of version 5 or later: its graph has no ${missing.map(name => `'${name}'`).join(', ')}`,
		);
}

/** Thresholds and lengths are those of Silero's own code. */
function detector(graph: OnnxGraph, {Tensor}: OnnxModule): VoiceDetector {
	const rate = new Tensor('int64', BigInt64Array.of(BigInt(sampleRate)), []);
	return {
		sampleRate,
		frameSamples,
		defaults: {threshold: 0.5, minSpeech: 0.25, minSilence: 0.1, padding: 0.03},
		begin(signal) {
			let state = new Tensor('float32', new Float32Array(stateShape.reduce((a, b) => a * b)), stateShape);
			const window = new Float32Array(contextSamples + frameSamples);
			return async frame => {
				window.copyWithin(0, frameSamples);
				window.set(frame, contextSamples);
				const input = new Tensor('float32', window, [1, window.length]);
				const {output, stateN} = await graph.run({input, state, sr: rate}, {signal});
				if (!(output?.data instanceof Float32Array) || !(stateN?.data instanceof Float32Array))
					throw new TypeError('the graph answered with something else than numbers');
				state = new Tensor('float32', stateN.data, stateShape);
				return output.data[0] ?? 0;
			};
		},
	};
}
