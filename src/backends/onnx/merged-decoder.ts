import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Tensor} from 'onnxruntime-node';
import type {OnnxGraph, OnnxModule} from './session.ts';
import {MofaError} from '../../contract/error.ts';
import {float32Of} from '../../lib/float16.ts';

export interface DecoderShape {
	readonly layers: number;
	readonly heads: number;
	readonly headSize: number;
}

type Tensors = Readonly<Record<string, Tensor>>;

/** The logits of each token that was given, one row after the other. */
export interface Logits {
	readonly rows: number;
	row(index: number): Float32Array;
}

/**
 * The text side of an encoder-decoder model as one graph, as the Hub's exports have it: tokens in, the logits of the next one
 * out, with a memory of what was before.
 */
export class MergedDecoder {
	readonly #graph: OnnxGraph;
	readonly #tensor: OnnxModule['Tensor'];
	readonly #empty: Tensors;
	readonly #own: readonly string[];
	readonly #all: readonly string[];
	/** Newer exports have one path for the first step and the others. */
	readonly #branches: boolean;
	/** Outputs by layer that tell where each token looked; empty where the export has none. */
	readonly attentions: readonly string[];

	constructor(graph: OnnxGraph, {Tensor}: OnnxModule, {layers, heads, headSize}: DecoderShape) {
		this.#graph = graph;
		this.#tensor = Tensor;
		const inputs = new Map(graph.inputs.map(input => [input.name, input]));
		const outputs = graph.outputs.map(({name}) => name);
		const parts = Array.from({length: layers}, (_, layer) =>
			['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map(part => `${layer}.${part}`),
		).flat();
		const past = parts.map(part => `past_key_values.${part}`);
		const missing = ['input_ids', 'encoder_hidden_states', ...past].find(name => !inputs.has(name));
		if (missing !== undefined || !outputs.includes('logits'))
			throw new MofaError('model-invalid', {
				model: graph.file,
				problem: `it is no decoder with a memory: it has no ${missing ?? 'logits'}`,
			});
		this.#branches = inputs.has('use_cache_branch');
		this.attentions = outputs.filter(name => name.startsWith('cross_attentions.')).toSorted(byNumber);
		this.#own = ['logits', ...parts.filter(part => part.includes('.decoder.')).map(part => `present.${part}`)];
		this.#all = ['logits', ...parts.map(part => `present.${part}`)];
		this.#empty = Object.fromEntries(
			past.map(name => [name, this.#nothing(inputs.get(name)?.type ?? 'float32', [1, heads, 0, headSize])]),
		);
	}

	/** Begins a text. `hidden` is what the encoder made of the sound. */
	async begin(tokens: readonly number[], hidden: Tensor, signal: AbortSignal): Promise<DecoderState> {
		const outputs = await this.#run(tokens, hidden, this.#empty, false, this.#all, signal);
		return {hidden, past: pastOf(outputs), logits: this.#logits(outputs)};
	}

	/** Adds one token. The state given is spent. */
	async next(state: DecoderState, token: number, signal: AbortSignal): Promise<DecoderState> {
		const outputs = await this.#run([token], state.hidden, state.past, true, this.#own, signal);
		// The keys and values of the sound stay as they were: the graph answers them empty from the second step on.
		return {hidden: state.hidden, past: {...state.past, ...pastOf(outputs)}, logits: this.#logits(outputs)};
	}

	/** Where each of the tokens looked, by layer: `[1, heads, tokens, frames]`. */
	async attend(tokens: readonly number[], hidden: Tensor, signal: AbortSignal): Promise<readonly Tensor[]> {
		const outputs = await this.#run(tokens, hidden, this.#empty, false, this.attentions, signal);
		return this.attentions.flatMap(name => outputs[name] ?? []);
	}

	async #run(
		tokens: readonly number[],
		hidden: Tensor,
		past: Tensors,
		branch: boolean,
		fetches: readonly string[],
		signal: AbortSignal,
	): Promise<Tensors> {
		// A call blocks the thread: between two of them others get their turn, and an abort is heard.
		await nextTurn();
		if (signal.aborted) throw new MofaError('cancelled', {});
		const Tensor = this.#tensor;
		const feeds = {
			...past,
			input_ids: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
			encoder_hidden_states: hidden,
			...(this.#branches ? {use_cache_branch: new Tensor('bool', Uint8Array.of(branch ? 1 : 0), [1])} : {}),
		};
		return this.#graph.run(feeds, {fetches});
	}

	#logits(outputs: Tensors): Logits {
		const tensor = outputs['logits'];
		if (tensor === undefined)
			throw new MofaError('model-invalid', {model: this.#graph.file, problem: 'it gave no logits'});
		const [, rows = 0, size = 0] = tensor.dims;
		const values = float32Of(tensor.data);
		return {rows, row: index => values.subarray(index * size, (index + 1) * size)};
	}

	#nothing(type: string, shape: readonly number[]): Tensor {
		const Tensor = this.#tensor;
		return type === 'float16'
			? new Tensor('float16', new Uint16Array(0), shape)
			: new Tensor('float32', new Float32Array(0), shape);
	}
}

export interface DecoderState {
	readonly hidden: Tensor;
	readonly past: Tensors;
	readonly logits: Logits;
}

function pastOf(outputs: Tensors): Tensors {
	const entries = Object.entries(outputs).filter(([name]) => name.startsWith('present.'));
	return Object.fromEntries(entries.map(([name, tensor]) => [name.replace('present.', 'past_key_values.'), tensor]));
}

const byNumber = (a: string, b: string): number => Number(a.split('.')[1]) - Number(b.split('.')[1]);
