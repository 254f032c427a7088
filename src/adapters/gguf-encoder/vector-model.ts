import type {LoadedEncoder} from '../../backends/llama/loaded-encoder.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {VectorModel} from '../../tasks/embedding/embed.ts';
import {asTokens} from './as-tokens.ts';
import type {GgufEncoderOptions} from './options.ts';
import {lineOf} from './pooling.ts';

/** The prompts are those of the manifest, else those of the line that the file is of: a header has no place for them. */
export function vectorModel(
	loaded: LoadedEncoder,
	model: InstalledModel,
	options: GgufEncoderOptions,
	longest: number,
): VectorModel {
	const prompts = {...lineOf(model, options.header).prompts, ...options.prompts};
	const {before, after} = loaded.surroundings;
	const room = Math.max(0, longest - before.length - after.length);
	return {
		name: model.manifest.name,
		dimensions: loaded.size,
		longest,
		vocabulary: loaded.vocabularySize,
		batches: oneByOne,
		prompt: purpose => (purpose === undefined ? '' : (prompts[purpose] ?? '')),
		tokens(text) {
			const ids = loaded.tokenize(text);
			return {ids: [...before, ...ids.slice(0, room), ...after], cut: ids.length > room};
		},
		async vectors(rows, signal) {
			const vectors: Float32Array[] = [];
			for (const row of rows) vectors.push(await loaded.vector(asTokens(row), signal));
			return vectors;
		},
	};
}

const oneByOne = {tokens: Infinity, inputs: 1} as const;
