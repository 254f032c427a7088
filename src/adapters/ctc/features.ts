import {readFile} from 'node:fs/promises';
import type {Tensor} from 'onnxruntime-node';
import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {Feeds, OnnxGraph, OnnxSession} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** What a graph is given for a stretch of sound. */
export type FeatureExtractor = (sound: Float32Array) => Promise<Feeds>;

const settingsSchema = z.object({do_normalize: z.boolean().default(true)});

/** Models that hear samples get them, brought to one loudness where they want it; for others the library makes the features. */
export async function featureExtractor(
	model: InstalledModel,
	session: OnnxSession,
	graph: OnnxGraph,
	folder: string,
): Promise<FeatureExtractor> {
	const names = new Set(graph.inputs.map(({name}) => name));
	const {Tensor: TensorOf} = session.module;
	if (!names.has('input_values')) return libraryFeatures(model, session, names, folder);
	const {do_normalize: normalize} = await readSettings(model);
	return async sound => {
		const shape = [1, sound.length];
		const values = new TensorOf('float32', normalize ? normalized(sound) : sound, shape);
		const mask = new BigInt64Array(names.has('attention_mask') ? sound.length : 0).fill(1n);
		return {input_values: values, ...(mask.length > 0 ? {attention_mask: new TensorOf('int64', mask, shape)} : {})};
	};
}

async function readSettings(model: InstalledModel): Promise<z.infer<typeof settingsSchema>> {
	const file = model.paths['preprocessor_config.json'];
	try {
		return settingsSchema.parse(file === undefined ? {} : JSON.parse(await readFile(file, 'utf8')));
	} catch (error) {
		throw invalidModel(model, `its preprocessor_config.json cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}

/** Mean nought, deviation one; in doubles, so that long sound loses nothing. */
export function normalized(sound: Float32Array): Float32Array {
	const mean = sound.reduce((sum, value) => sum + value, 0) / sound.length;
	const variance = sound.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sound.length;
	const scale = 1 / Math.sqrt(variance + 1e-7);
	return sound.map(value => (value - mean) * scale);
}

async function libraryFeatures(
	model: InstalledModel,
	session: OnnxSession,
	names: ReadonlySet<string>,
	folder: string,
): Promise<FeatureExtractor> {
	const {AutoProcessor} = await session.transformers();
	const process = await AutoProcessor.from_pretrained(folder, {local_files_only: true}).catch((error: unknown) => {
		throw invalidModel(model, `its preprocessor_config.json cannot be used: ${String(error)}`, error);
	});
	const {Tensor: TensorOf} = session.module;
	return async sound => {
		const features = (await process(sound)) as Readonly<Record<string, Pick<Tensor, 'type' | 'data' | 'dims'>>>;
		return Object.fromEntries(
			Object.entries(features)
				.filter(([name]) => names.has(name))
				.map(([name, {type, data, dims}]) => [name, new TensorOf(type, data as Float32Array, dims)]),
		);
	};
}
