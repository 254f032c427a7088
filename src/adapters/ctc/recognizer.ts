import type {OnnxGraph} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import {float32Of} from '../../lib/float16.ts';
import {likeliest} from '../../lib/pick-token.ts';
import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import type {FeatureExtractor} from './features.ts';
import {spell} from './spell.ts';
import type {CtcVocabulary} from './vocabulary.ts';

/** The parts of a loaded model. */
export interface CtcParts {
	readonly graph: OnnxGraph;
	readonly vocabulary: CtcVocabulary;
	readonly features: FeatureExtractor;
}

/** Hears a window as long as it is. */
export class CtcRecognizer implements Recognizer {
	readonly sampleRate = 16_000;
	/** Attention grows with the square of the sound, and nothing is gained by more. */
	readonly windowSeconds = 20;
	readonly seeks = false;
	readonly least = 0.1;
	readonly #parts: CtcParts;
	readonly #words: boolean;

	constructor(parts: CtcParts, words: boolean) {
		this.#parts = parts;
		this.#words = words;
	}

	async hear(sound: Float32Array, {signal}: HearOptions): Promise<Heard> {
		const {vocabulary} = this.#parts;
		const seconds = sound.length / this.sampleRate;
		const {frames, averageLogProbability} = await this.frames(sound, signal);
		const words = spell(frames, vocabulary, seconds / Math.max(1, frames.length));
		const [first] = words;
		const last = words.at(-1);
		if (first === undefined || last === undefined) return {segments: [], settled: seconds};
		const text = words.map(word => word.text).join(' ');
		return {
			segments: [{text, start: first.start, end: last.end, averageLogProbability, ...(this.#words ? {words} : {})}],
			settled: seconds,
		};
	}

	/** The likeliest number of each frame. */
	async frames(
		sound: Float32Array,
		signal: AbortSignal,
	): Promise<{readonly frames: readonly number[]; readonly averageLogProbability: number}> {
		const {graph, features} = this.#parts;
		if (signal.aborted) throw new MofaError('cancelled', {});
		const {logits} = await graph.run(await features(sound));
		if (logits === undefined) throw new MofaError('model-invalid', {model: graph.file, problem: 'it gave no logits'});
		const [, count = 0, size = 0] = logits.dims;
		const values = float32Of(logits.data);
		const rows = Array.from({length: count}, (_, frame) => values.subarray(frame * size, (frame + 1) * size));
		const frames = rows.map(likeliest);
		const sum = rows.reduce((total, row, index) => total + logProbability(row, frames[index] ?? 0), 0);
		return {frames, averageLogProbability: sum / Math.max(1, count)};
	}
}

function logProbability(row: Float32Array, token: number): number {
	const highest = row[token] ?? 0;
	return -Math.log(row.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}
