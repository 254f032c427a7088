import type {Tensor} from 'onnxruntime-node';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {PictureRow} from './prompt.ts';
import {asType, integers} from '../../backends/onnx/tensors.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Tokens as vectors, with rows of pictures where they stand. */
export interface Embedder {
	/** `rows` says for each token which row of a picture is there instead of a word. */
	embed(tokens: readonly number[], rows: ReadonlyArray<PictureRow | undefined>, signal: AbortSignal): Promise<Tensors>;
}

/** A table of words, whose vectors are written over where a picture stands. */
export function tableEmbedder(model: InstalledModel, graph: OnnxGraph, module: OnnxModule): Embedder {
	return {
		async embed(tokens, rows, signal) {
			const vectors = await graph.run({input_ids: integers(module, tokens, [1, tokens.length])}, {signal});
			const own = vectors['inputs_embeds'];
			if (own === undefined) throw invalidModel(model, 'its table of words gave no inputs_embeds');
			if (rows.every(row => row === undefined)) return vectors;
			const width = own.dims.at(-1) ?? 0;
			const data = Float32Array.from(float32Of(own.data));
			for (const [at, source] of rows.entries())
				if (source !== undefined) data.set(rowOf(model, source, width), at * width);
			return {...vectors, inputs_embeds: asType(module, {type: 'float32', data, dims: own.dims}, own.type)};
		},
	};
}

/** Phi: a graph that does both, told by numbers below zero where a picture stands. */
export function joiningEmbedder(model: InstalledModel, graph: OnnxGraph, module: OnnxModule, width: number): Embedder {
	return {
		async embed(tokens, rows, signal) {
			const sources = rows.filter(row => row !== undefined);
			const features = new Float32Array(sources.length * width);
			for (const [at, source] of sources.entries()) features.set(rowOf(model, source, width), at * width);
			const signed = tokens.map((token, at) => (rows[at] === undefined ? token : -token));
			const type = graph.inputs.find(({name}) => name === 'image_features')?.type ?? 'float32';
			return graph.run(
				{
					input_ids: integers(module, signed, [1, tokens.length]),
					image_features: asType(module, {type: 'float32', data: features, dims: [sources.length, width]}, type),
				},
				{signal},
			);
		},
	};
}

function rowOf(model: InstalledModel, {picture, row}: PictureRow, width: number): Float32Array {
	if (picture.features.length !== picture.shape.rows * width)
		throw invalidModel(model, 'its vision encoder gives rows of another width than its words have');
	return picture.features.subarray(row * width, (row + 1) * width);
}
