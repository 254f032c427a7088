import type {LoadedEncoder} from '../../backends/llama/loaded-encoder.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {PairModel} from '../../tasks/reranking/rerank.ts';
import {asTokens} from './as-tokens.ts';
import {invalidFile} from './invalid-file.ts';
import type {GgufEncoderOptions} from './options.ts';
import {pairFrame} from './pair-frame.ts';

/** Throws `model-invalid` for a file that tells kinds of texts apart, or does not say how two texts stand together. */
export function pairModel(
	loaded: LoadedEncoder,
	model: InstalledModel,
	{header}: GgufEncoderOptions,
	longest: number,
): PairModel {
	if (!loaded.hasHead) throw invalidFile(model, 'its header says that it ranks, and it has nothing to score with');
	if (loaded.size > 2) throw invalidFile(model, `it tells ${loaded.size} kinds of texts apart and ranks none`);
	const answersYes = ['qwen3', 'qwen3vl'].includes(String(header['general.architecture']));
	return {
		longest,
		frame: pairFrame(loaded, model, header),
		batches: {tokens: Infinity, inputs: 1},
		tokens: text => loaded.tokenize(text),
		async logits(rows, signal) {
			const logits: number[] = [];
			for (const {ids} of rows) logits.push(logOdds(await loaded.vector(asTokens(ids), signal), answersYes));
			return logits;
		},
	};
}

/**
 * Of one label, what the network says of it; of two, how much more it says of the second. Qwen3's are already the shares of
 * yes and no.
 */
function logOdds([first = Number.NaN, second]: Float32Array, answersYes: boolean): number {
	if (answersYes) return Math.log(first) - Math.log(second ?? 1 - first);
	return second === undefined ? first : second - first;
}
