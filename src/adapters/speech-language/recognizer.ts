import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Tensor} from 'onnxruntime-node';
import type {ChatTokenizer} from '../../backends/onnx/chat-tokenizer.ts';
import {MemoryDecoder} from '../../backends/onnx/memory-decoder.ts';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import {asType, integers} from '../../backends/onnx/tensors.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import {pickToken} from '../../lib/pick-token.ts';
import {quietestCut} from '../../tasks/transcribing/loudness.ts';
import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import {loopAtEnd} from '../../tasks/transcribing/repetition.ts';
import type {Ears} from './ears.ts';
import type {Prompt} from './prompts.ts';

/** The parts of a loaded model. */
export interface SpeechLanguageParts {
	readonly model: InstalledModel;
	readonly module: OnnxModule;
	readonly ears: Ears;
	/** Sound to rows that stand where words stand. */
	readonly encoder: OnnxGraph;
	/** Tokens to vectors. */
	readonly words: OnnxGraph;
	readonly decoder: OnnxGraph;
	readonly tokenizer: ChatTokenizer;
	/** Tokens that end a text. */
	readonly stops: ReadonlySet<number>;
	readonly contextLength: number;
}

/** Nobody says more, in a script of several tokens for a letter neither. */
const tokensPerSecond = 20;
const tokensAtLeast = 16;

export interface Written {
	readonly tokens: readonly number[];
	/** Of each token and of the end, by mean. */
	readonly averageLogProbability: number;
}

type WriteOptions = Pick<HearOptions, 'signal' | 'written'>;

/** Rows of vectors, one after the other. */
interface Rows {
	readonly data: Float32Array;
	readonly width: number;
}

/** Writes down a window at a time, and tells neither when each word was said nor in which language. */
export class SpeechLanguageRecognizer implements Recognizer {
	readonly sampleRate: number;
	readonly windowSeconds: number;
	/** A language model hears more in a long window than in its sentences, so that it cuts itself. */
	readonly seeks = true;
	readonly least: number;
	readonly #parts: SpeechLanguageParts;
	readonly #prompt: Prompt;
	readonly #temperature: number;

	constructor(parts: SpeechLanguageParts, prompt: Prompt, temperature: number) {
		const {sampleRate, windowSeconds, least} = parts.ears;
		this.sampleRate = sampleRate;
		this.windowSeconds = windowSeconds;
		this.least = Math.max(0.1, least / sampleRate);
		this.#parts = parts;
		this.#prompt = prompt;
		this.#temperature = temperature;
	}

	async hear(sound: Float32Array, {signal, more, draft, written}: HearOptions): Promise<Heard> {
		const window = more && !draft ? sound.subarray(0, quietestCut(sound, this.sampleRate)) : sound;
		const seconds = window.length / this.sampleRate;
		const options = written === undefined ? {signal} : {signal, written};
		const {tokens, averageLogProbability} = await this.write(window, options);
		const text = this.#textOf(tokens.slice(0, loopAtEnd(tokens) ?? tokens.length));
		return {segments: text === '' ? [] : [{text, start: 0, end: seconds, averageLogProbability}], settled: seconds};
	}

	/** The likeliest tokens, without the one that ends them. Throws `context-overflow` where the prompt leaves room for none. */
	async write(sound: Float32Array, {signal, written}: WriteOptions): Promise<Written> {
		const {model, decoder: graph, module, stops} = this.#parts;
		const vectors = await this.#vectors(await this.#listen(sound, signal), signal);
		const most = this.#room(vectors.data.length / vectors.width, sound.length / this.sampleRate);
		const decoder = new MemoryDecoder(model, graph, module);
		const tokens: number[] = [];
		let sum = 0;
		for (let next = vectors; ;) {
			const logits = await this.#step(decoder, next, signal);
			const {token, logProbability} = pickToken(logits, this.#temperature, Math.random);
			sum += logProbability;
			if (stops.has(token)) break;
			tokens.push(token);
			if (tokens.length >= most || loopAtEnd(tokens) !== null) break;
			if (written !== undefined) this.#tell(tokens, written);
			next = await this.#wordsOf([token], signal);
		}
		return {tokens, averageLogProbability: sum / (tokens.length + 1)};
	}

	/** What the encoder makes of the sound. */
	async #listen(sound: Float32Array, signal: AbortSignal): Promise<Rows> {
		const {model, ears, encoder, module} = this.#parts;
		await turn(signal);
		const features = await ears.features(sound);
		const type = encoder.inputs.find(({name}) => name === ears.input)?.type ?? 'float32';
		const outputs = await encoder.run({[ears.input]: asType(module, features, type)}, {signal});
		return rowsOf(model, outputs['audio_features'], 'audio_features');
	}

	/** The prompt with the sound in its place. */
	async #vectors(sound: Rows, signal: AbortSignal): Promise<Rows> {
		const {before, after} = this.#prompt;
		const {data, width} = await this.#wordsOf([...before, ...after], signal);
		if (width !== sound.width)
			throw invalidModel(this.#parts.model, 'its audio encoder gives rows of another width than its words have');
		const all = new Float32Array(data.length + sound.data.length);
		const at = before.length * width;
		all.set(data.subarray(0, at));
		all.set(sound.data, at);
		all.set(data.subarray(at), at + sound.data.length);
		return {data: all, width};
	}

	async #wordsOf(tokens: readonly number[], signal: AbortSignal): Promise<Rows> {
		const {model, words, module} = this.#parts;
		const outputs = await words.run({input_ids: integers(module, tokens, [1, tokens.length])}, {signal});
		return rowsOf(model, outputs['inputs_embeds'], 'inputs_embeds');
	}

	async #step(decoder: MemoryDecoder, {data, width}: Rows, signal: AbortSignal): Promise<Float32Array> {
		await turn(signal);
		const {Tensor} = this.#parts.module;
		const length = data.length / width;
		const positions = Array.from({length}, (_, index) => decoder.length + index);
		const inputs_embeds = new Tensor('float32', data, [1, length, width]);
		return decoder.step({vectors: {inputs_embeds}, length, axes: [positions]}, signal);
	}

	#room(prompt: number, seconds: number): number {
		const {model, contextLength} = this.#parts;
		if (prompt >= contextLength)
			throw new MofaError('context-overflow', {model: model.manifest.name, tokens: prompt, limit: contextLength});
		return Math.min(contextLength - prompt, tokensAtLeast + Math.ceil(seconds * tokensPerSecond));
	}

	#tell(tokens: readonly number[], written: (text: string) => void): void {
		const text = this.#textOf(tokens);
		// Bytes that are no character yet.
		if (text !== '' && !text.endsWith('\uFFFD')) written(text);
	}

	#textOf(tokens: readonly number[]): string {
		return this.#parts.tokenizer.decode(tokens).trim();
	}
}

/** A call blocks the thread: between two of them others get their turn, and an abort is heard. */
async function turn(signal: AbortSignal): Promise<void> {
	await nextTurn();
	if (signal.aborted) throw new MofaError('cancelled', {});
}

function rowsOf(model: InstalledModel, tensor: Tensor | undefined, name: string): Rows {
	const width = tensor?.dims.at(-1) ?? 0;
	if (tensor === undefined || width === 0) throw invalidModel(model, `one of its graphs gives no ${name}`);
	return {data: float32Of(tensor.data), width};
}
