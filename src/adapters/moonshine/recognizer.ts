import type {MergedDecoder} from '../../backends/onnx/merged-decoder.ts';
import type {OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import {pickToken} from '../../lib/pick-token.ts';
import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import {loopAtEnd} from '../../tasks/transcribing/repetition.ts';
import type {TextTokenizer} from '../../tasks/transcribing/text-tokenizer.ts';

/** The parts of a loaded Moonshine. */
export interface MoonshineParts {
	readonly module: OnnxModule;
	readonly encoder: OnnxGraph;
	readonly decoder: MergedDecoder;
	readonly tokenizer: TextTokenizer;
	readonly start: number;
	readonly end: number;
	readonly positions: number;
}

/** Its authors' own limit: nobody says more, and a text that goes in circles ends there. */
const tokensPerSecond = 6.5;

export interface Written {
	readonly tokens: readonly number[];
	/** Of each token and of the end, by mean. */
	readonly averageLogProbability: number;
}

/** Hears a window as long as it is, and tells its text without times. */
export class MoonshineRecognizer implements Recognizer {
	readonly sampleRate = 16_000;
	/** Longer sound is beyond what it was trained on. */
	readonly windowSeconds = 25;
	readonly seeks = false;
	readonly least = 0.1;
	readonly #parts: MoonshineParts;

	constructor(parts: MoonshineParts) {
		this.#parts = parts;
	}

	async hear(sound: Float32Array, {signal}: HearOptions): Promise<Heard> {
		const seconds = sound.length / this.sampleRate;
		const {tokens, averageLogProbability} = await this.write(sound, signal);
		const text = this.#parts.tokenizer.decode(tokens.slice(0, loopAtEnd(tokens) ?? tokens.length)).trim();
		return {segments: text === '' ? [] : [{text, start: 0, end: seconds, averageLogProbability}], settled: seconds};
	}

	/** The likeliest tokens, without the one that ends them. */
	async write(sound: Float32Array, signal: AbortSignal): Promise<Written> {
		const {encoder, decoder, module, start, end, positions} = this.#parts;
		if (signal.aborted) throw new MofaError('cancelled', {});
		const {Tensor} = module;
		const shape = [1, sound.length];
		const mask = encoder.inputs.some(({name}) => name === 'attention_mask')
			? {attention_mask: new Tensor('int64', new BigInt64Array(sound.length).fill(1n), shape)}
			: {};
		const hidden = (await encoder.run({input_values: new Tensor('float32', sound, shape), ...mask}))[
			'last_hidden_state'
		];
		if (hidden === undefined) throw new MofaError('model-invalid', {model: encoder.file, problem: 'it is no encoder'});
		const most = Math.min(positions - 1, Math.floor((sound.length / this.sampleRate) * tokensPerSecond));
		const tokens: number[] = [];
		let sum = 0;
		let state = await decoder.begin([start], hidden, signal);
		while (tokens.length < most) {
			const {token, logProbability} = pickToken(state.logits.row(state.logits.rows - 1), 0, Math.random);
			sum += logProbability;
			if (token === end) break;
			tokens.push(token);
			if (tokens.length < most) state = await decoder.next(state, token, signal);
		}
		return {tokens, averageLogProbability: sum / (tokens.length + 1)};
	}
}
