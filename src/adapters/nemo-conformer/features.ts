import type {Tensor} from 'onnxruntime-node';
import {checkGraph} from '../../backends/onnx/check-graph.ts';
import type {OnnxGraph, OnnxModule, OnnxSession} from '../../backends/onnx/session.ts';
import {integers} from '../../backends/onnx/tensors.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {NemoSpectrogram} from './spectrogram.ts';

/** What a network is given for a stretch of sound. */
export interface NemoFeatures {
	/** `[1, bands, columns]` */
	readonly audio_signal: Tensor;
	/** `[1]`: columns that tell of the sound. */
	readonly length: Tensor;
}

export type FeatureMaker = (sound: Float32Array, signal: AbortSignal) => Promise<NemoFeatures>;

/** The graph that comes with the model, such as `nemo128.onnx`; where none does, the same is computed here. */
export async function featureMaker(model: InstalledModel, session: OnnxSession, bands: number): Promise<FeatureMaker> {
	const file = model.paths[`nemo${bands}.onnx`];
	if (file === undefined) return computed(session.module, bands);
	const graph = await session.open(file, {accelerate: false});
	checkGraph(graph, {
		inputs: {waveforms: 'float32', waveforms_lens: 'int64'},
		outputs: ['features', 'features_lens'],
	});
	return byGraph(session.module, graph, bands);
}

function computed(module: OnnxModule, bands: number): FeatureMaker {
	const spectrogram = new NemoSpectrogram(bands);
	return async sound => {
		const {data, columns, heard} = spectrogram.picture(sound);
		return {
			audio_signal: new module.Tensor('float32', data, [1, bands, columns]),
			length: integers(module, [heard], [1]),
		};
	};
}

function byGraph(module: OnnxModule, graph: OnnxGraph, bands: number): FeatureMaker {
	return async (sound, signal) => {
		const waveforms = new module.Tensor('float32', sound, [1, sound.length]);
		const waveforms_lens = integers(module, [sound.length], [1]);
		const {features, features_lens} = await graph.run({waveforms, waveforms_lens}, {signal});
		if (features?.type !== 'float32' || features.dims[1] !== bands || features_lens?.type !== 'int64')
			throw new MofaError('model-invalid', {model: graph.file, problem: `it does not tell sound in ${bands} bands`});
		return {audio_signal: features, length: features_lens};
	};
}
