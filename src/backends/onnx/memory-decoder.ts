import type {Tensor} from 'onnxruntime-node';
import {invalidModel} from './model-files.ts';
import type {OnnxGraph, OnnxModule} from './session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import {asType, bytesOf, firstTokens, integers, nothing} from './tensors.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Some tokens in a row, as vectors. */
export interface Step {
	/** Inputs by name, such as `inputs_embeds`. */
	readonly vectors: Tensors;
	readonly length: number;
	/** How its tokens are counted, one list for each axis. */
	readonly axes: ReadonlyArray<readonly number[]>;
}

/** The text side of a model: vectors in, the logits of the next token out, with a memory of what was before. */
export class MemoryDecoder {
	readonly #model: InstalledModel;
	readonly #graph: OnnxGraph;
	readonly #module: OnnxModule;
	readonly #inputs: ReadonlyMap<string, string>;
	readonly #empty: Tensors;
	readonly #fetches: readonly string[];
	#past: Tensors;
	#length = 0;
	/** A memory of sums cannot forget the end alone. */
	readonly forgets: boolean;

	/** Throws `model-invalid` where the graph has no memory. */
	constructor(model: InstalledModel, graph: OnnxGraph, module: OnnxModule) {
		this.#model = model;
		this.#graph = graph;
		this.#module = module;
		this.#inputs = new Map(graph.inputs.map(({name, type}) => [name, type]));
		const past = graph.inputs.filter(({name}) => name.startsWith('past_'));
		const outputs = graph.outputs.map(({name}) => name).filter(name => name === 'logits' || name.startsWith('present'));
		if (past.length === 0 || !outputs.includes('logits') || outputs.length !== past.length + 1)
			throw invalidModel(model, `${graph.file} is no decoder with a memory`);
		this.#empty = Object.fromEntries(past.map(({name, type, shape}) => [name, nothing(module, type, shape)]));
		this.#past = this.#empty;
		this.#fetches = outputs;
		this.forgets = past.every(({name, shape}) => name.startsWith('past_key_values.') && shape.length === 4);
	}

	get takes(): ReadonlyMap<string, string> {
		return this.#inputs;
	}

	/** Bytes of what it remembers. */
	get held(): number {
		return bytesOf(this.#past);
	}

	/** Tokens that it remembers. */
	get length(): number {
		return this.#length;
	}

	/** Keeps the first of what it remembers; everything goes where it cannot forget a part. Returns what is left. */
	keep(count: number): number {
		if (count === this.#length) return count;
		const left = this.forgets ? count : 0;
		this.#past =
			left === 0
				? this.#empty
				: Object.fromEntries(
						Object.entries(this.#past).map(([name, tensor]) => [name, firstTokens(this.#module, tensor, left)]),
					);
		this.#length = left;
		return left;
	}

	/** The logits after the last of these tokens; all of them are remembered. */
	async step({vectors, length, axes}: Step, signal: AbortSignal): Promise<Float32Array> {
		const total = this.#length + length;
		const module = this.#module;
		const positions = integers(module, axes.flat(), axes.length === 1 ? [1, length] : [axes.length, 1, length]);
		const own: Readonly<Record<string, () => Tensor>> = {
			attention_mask: () =>
				integers(
					module,
					Array.from({length: total}, () => 1),
					[1, total],
				),
			position_ids: () => positions,
			num_logits_to_keep: () => integers(module, [1], []),
			use_cache_branch: () => new module.Tensor('bool', Uint8Array.of(this.#length === 0 ? 0 : 1), [1]),
		};
		const feeds: Record<string, Tensor> = {...this.#past};
		for (const [name, type] of this.#inputs) {
			const vector = vectors[name];
			if (vector !== undefined) feeds[name] = vector.type === type ? vector : asType(module, vector, type);
			else if (own[name] !== undefined) feeds[name] = own[name]();
			else if (feeds[name] === undefined)
				throw invalidModel(this.#model, `its decoder takes ${name}, which nobody knows`);
		}
		const outputs = await this.#graph.run(feeds, {signal, fetches: this.#fetches});
		this.#past = Object.fromEntries(
			Object.entries(outputs).flatMap(([name, tensor]) => (name === 'logits' ? [] : [[pastName(name), tensor]])),
		);
		this.#length = total;
		return this.#last(outputs['logits']);
	}

	#last(logits: Tensor | undefined): Float32Array {
		const size = logits?.dims.at(-1) ?? 0;
		if (logits === undefined || size === 0) throw invalidModel(this.#model, 'its decoder gave no logits');
		const {data} = logits;
		// What belongs to the runtime is not ours to change, and half-precision numbers are copied anyway.
		if (data instanceof Float32Array) return data.slice(data.length - size);
		return data instanceof Uint16Array ? float32Of(data.subarray(data.length - size)) : float32Of(data).slice(-size);
	}
}

/** What is after this step is before the next one. */
function pastName(name: string): string {
	return name.startsWith('present.') ? name.replace('present.', 'past_key_values.') : name.replace(/^present/, 'past');
}
