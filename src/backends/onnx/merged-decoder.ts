import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Tensor} from 'onnxruntime-node';
import type {OnnxGraph, OnnxModule} from './session.ts';
import {MofaError} from '../../contract/error.ts';
import {float32Of} from '../../lib/float16.ts';
import {integers} from './tensors.ts';

export interface DecoderShape {
	readonly layers: number;
	readonly heads: number;
	readonly headSize: number;
}

/** Milliseconds between two turns of their own for others. */
const turnEvery = 4;

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
	readonly #module: OnnxModule;
	/** When others last got a turn of their own. */
	#turned = 0;
	readonly #empty: Tensors;
	readonly #own: Answers;
	readonly #all: Answers;
	/** Newer exports have one path for the first step and the others. */
	readonly #branches: {readonly first: Tensors; readonly further: Tensors};
	/** Outputs by layer that tell where each token looked; empty where the export has none. */
	readonly attentions: readonly string[];

	constructor(graph: OnnxGraph, module: OnnxModule, {layers, heads, headSize}: DecoderShape) {
		this.#graph = graph;
		this.#module = module;
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
		const branch = (value: number): Tensors =>
			inputs.has('use_cache_branch') ? {use_cache_branch: new module.Tensor('bool', Uint8Array.of(value), [1])} : {};
		this.#branches = {first: branch(0), further: branch(1)};
		this.attentions = outputs.filter(name => name.startsWith('cross_attentions.')).toSorted(byNumber);
		this.#own = answersOf(parts.filter(part => part.includes('.decoder.')));
		this.#all = answersOf(parts);
		this.#empty = Object.fromEntries(
			past.map(name => [name, this.#nothing(inputs.get(name)?.type ?? 'float32', [1, heads, 0, headSize])]),
		);
	}

	/** Begins a text. `hidden` is what the encoder made of the sound. */
	async begin(tokens: readonly number[], hidden: Tensor, signal: AbortSignal): Promise<DecoderState> {
		const before = this.#before(hidden);
		const outputs = await this.#run(tokens, before, this.#all.fetches, signal);
		const feeds = remembered({...before, ...this.#branches.further}, outputs, this.#all);
		return {feeds, logits: this.#logits(outputs)};
	}

	/** Adds one token. The state given is spent. */
	async next(state: DecoderState, token: number, signal: AbortSignal): Promise<DecoderState> {
		const outputs = await this.#run([token], state.feeds, this.#own.fetches, signal);
		// The keys and values of the sound stay as they were: the graph answers them empty from the second step on.
		return {feeds: remembered(state.feeds, outputs, this.#own), logits: this.#logits(outputs)};
	}

	/** Where each of the tokens looked, by layer: `[1, heads, tokens, frames]`. */
	async attend(tokens: readonly number[], hidden: Tensor, signal: AbortSignal): Promise<readonly Tensor[]> {
		const outputs = await this.#run(tokens, this.#before(hidden), this.attentions, signal);
		return this.attentions.flatMap(name => outputs[name] ?? []);
	}

	/** Nothing was written yet. */
	#before(hidden: Tensor): Tensors {
		return {...this.#empty, ...this.#branches.first, encoder_hidden_states: hidden};
	}

	async #run(
		tokens: readonly number[],
		before: Tensors,
		fetches: readonly string[],
		signal: AbortSignal,
	): Promise<Tensors> {
		// A call blocks the thread: between two of them others get their turn, and an abort is heard. The runtime gives them one with
		// each call; what a second one takes would be felt among calls as short as that.
		if (performance.now() - this.#turned > turnEvery) {
			await nextTurn();
			this.#turned = performance.now();
		}
		if (signal.aborted) throw new MofaError('cancelled', {});
		const input_ids = integers(this.#module, tokens, [1, tokens.length]);
		return this.#graph.run({...before, input_ids}, {fetches});
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
		const {Tensor} = this.#module;
		return type === 'float16'
			? new Tensor('float16', new Uint16Array(0), shape)
			: new Tensor('float32', new Float32Array(0), shape);
	}
}

export interface DecoderState {
	/** What the next step takes beside its token. */
	readonly feeds: Tensors;
	readonly logits: Logits;
}

/** What is asked of the graph: the logits, and of those parts of the memory what it answers and what it takes them as. */
interface Answers {
	readonly fetches: readonly string[];
	readonly memories: ReadonlyArray<readonly [present: string, past: string]>;
}

function answersOf(parts: readonly string[]): Answers {
	const memories = parts.map(part => [`present.${part}`, `past_key_values.${part}`] as const);
	return {fetches: ['logits', ...memories.map(([present]) => present)], memories};
}

function remembered(feeds: Tensors, outputs: Tensors, {memories}: Answers): Tensors {
	const next: Record<string, Tensor> = {...feeds};
	for (const [present, past] of memories) {
		const tensor = outputs[present];
		if (tensor !== undefined) next[past] = tensor;
	}
	return next;
}

const byNumber = (a: string, b: string): number => Number(a.split('.')[1]) - Number(b.split('.')[1]);
