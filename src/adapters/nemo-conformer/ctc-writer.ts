import {checkGraph} from '../../backends/onnx/check-graph.ts';
import type {OnnxGraph} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import {float32Of} from '../../lib/float16.ts';
import {pickToken} from '../../lib/pick-token.ts';
import type {NemoFeatures} from './features.ts';
import type {TokenWriter} from './recognizer.ts';
import type {SaidToken} from './sentences.ts';
import type {NemoVocabulary} from './vocabulary.ts';

export interface CtcOptions {
	readonly vocabulary: NemoVocabulary;
	readonly subsampling: number;
}

/** One answer for each frame, from one call. */
export class CtcWriter implements TokenWriter {
	readonly #graph: OnnxGraph;
	readonly #options: CtcOptions;

	constructor(graph: OnnxGraph, options: CtcOptions) {
		checkGraph(graph, {inputs: {audio_signal: 'float32', length: 'int64'}, outputs: ['logprobs']});
		this.#graph = graph;
		this.#options = options;
	}

	async write({audio_signal, length}: NemoFeatures, signal: AbortSignal): Promise<readonly SaidToken[]> {
		const {vocabulary, subsampling} = this.#options;
		const {logprobs} = await this.#graph.run({audio_signal, length}, {signal});
		const [, frames = 0, size = 0] = logprobs?.dims ?? [];
		if (logprobs === undefined || size !== vocabulary.size)
			throw new MofaError('model-invalid', {
				model: this.#graph.file,
				problem: `it chooses between ${size} pieces, and its vocab.txt has ${vocabulary.size}`,
			});
		const values = float32Of(logprobs.data);
		const count = Math.min(frames, Math.ceil(Number(length.data[0] ?? 0) / subsampling));
		const likeliest = Array.from({length: count}, (_, frame) =>
			pickToken(values.subarray(frame * size, (frame + 1) * size), 0, Math.random),
		);
		return collapsed(likeliest, vocabulary.blank);
	}
}

/** What comes several times in a row is one, and blanks are none. Pure. */
export function collapsed(
	frames: ReadonlyArray<{readonly token: number; readonly logProbability: number}>,
	blank: number,
): readonly SaidToken[] {
	const said: SaidToken[] = [];
	for (const [frame, {token, logProbability}] of frames.entries()) {
		if (token === blank) continue;
		const last = said.at(-1);
		if (last !== undefined && frames[frame - 1]?.token === token)
			said[said.length - 1] = {...last, frames: last.frames + 1};
		else said.push({token, frame, frames: 1, logProbability});
	}
	return said;
}
