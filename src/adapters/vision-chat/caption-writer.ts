import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Tensor} from 'onnxruntime-node';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {Writer} from './conversation.ts';
import type {Prompt} from './prompt.ts';
import {asType, bytesOf, integers, nothing} from '../../backends/onnx/tensors.ts';

type Tensors = Readonly<Record<string, Tensor>>;

export interface CaptionGraphs {
	readonly words: OnnxGraph;
	readonly encoder: OnnxGraph;
	readonly decoder: OnnxGraph;
}

/**
 * Florence: an encoder reads picture and question together, a decoder writes with both in view. Each answer is one of its own,
 * so nothing is kept for the next.
 */
export class CaptionWriter implements Writer {
	readonly #model: InstalledModel;
	readonly #graphs: CaptionGraphs;
	readonly #module: OnnxModule;
	#source: {readonly hidden: Tensor; readonly mask: Tensor} | undefined;
	#past: Tensors = {};
	#length = 0;

	constructor(model: InstalledModel, graphs: CaptionGraphs, module: OnnxModule) {
		this.#model = model;
		this.#graphs = graphs;
		this.#module = module;
	}

	get held(): number {
		return bytesOf(this.#past);
	}

	forget(): void {
		this.#past = {};
		this.#source = undefined;
		this.#length = 0;
	}

	async read(
		{tokens, pictures: [picture], written = []}: Prompt,
		signal: AbortSignal,
	): Promise<{readonly logits: Float32Array; readonly cached: number}> {
		const {encoder, decoder} = this.#graphs;
		const words = await this.#embed(tokens, signal);
		const width = words.dims.at(-1) ?? 0;
		const seen = picture?.features ?? new Float32Array();
		if (width === 0 || seen.length % width !== 0) throw this.#wrong('its picture and its words are not of one width');
		const joined = new Float32Array(seen.length + tokens.length * width);
		joined.set(seen);
		joined.set(float32Of(words.data), seen.length);
		const total = joined.length / width;
		const mask = integers(
			this.#module,
			Array.from({length: total}, () => 1),
			[1, total],
		);
		const embeds = {type: 'float32', data: joined, dims: [1, total, width]};
		const feeds = {inputs_embeds: asType(this.#module, embeds, typeOf(encoder, 'inputs_embeds')), attention_mask: mask};
		const {last_hidden_state: hidden} = await encoder.run(feeds, {signal});
		if (hidden === undefined) throw this.#wrong('its encoder gave no last_hidden_state');
		this.#source = {hidden, mask};
		const past = decoder.inputs.filter(({name}) => name.startsWith('past_key_values.'));
		this.#past = Object.fromEntries(past.map(({name, type, shape}) => [name, nothing(this.#module, type, shape)]));
		this.#length = 0;
		return {logits: await this.#step(written, signal), cached: 0};
	}

	write(token: number, signal: AbortSignal): Promise<Float32Array> {
		return this.#step([token], signal);
	}

	async #step(tokens: readonly number[], signal: AbortSignal): Promise<Float32Array> {
		await nextTurn();
		if (signal.aborted) throw new MofaError('cancelled', {});
		const {decoder} = this.#graphs;
		const source = this.#source;
		if (source === undefined) throw this.#wrong('it was asked to write before it had read');
		const module = this.#module;
		const total = this.#length + tokens.length;
		const embeds = await this.#embed(tokens, signal);
		const known: Readonly<Record<string, Tensor>> = {
			...this.#past,
			inputs_embeds: asType(module, embeds, typeOf(decoder, 'inputs_embeds')),
			encoder_hidden_states: source.hidden,
			encoder_attention_mask: source.mask,
			attention_mask: integers(
				module,
				Array.from({length: total}, () => 1),
				[1, total],
			),
			use_cache_branch: new module.Tensor('bool', Uint8Array.of(this.#length === 0 ? 0 : 1), [1]),
		};
		const feeds = Object.fromEntries(
			decoder.inputs.map(({name}) => {
				const tensor = known[name];
				if (tensor === undefined) throw this.#wrong(`its decoder takes ${name}, which nobody knows`);
				return [name, tensor];
			}),
		);
		const outputs = await decoder.run(feeds, {signal});
		const fresh = Object.entries(outputs).flatMap(([name, tensor]) => {
			// Of picture and question the graph answers empty from the second step on: they stay as they were.
			const stays = this.#length > 0 && name.includes('.encoder.');
			return name.startsWith('present.') && !stays
				? [[name.replace('present.', 'past_key_values.'), tensor] as const]
				: [];
		});
		this.#past = {...this.#past, ...Object.fromEntries(fresh)};
		this.#length = total;
		const logits = outputs['logits'];
		if (logits === undefined) throw this.#wrong('its decoder gave no logits');
		return float32Of(logits.data).slice(-(logits.dims.at(-1) ?? 0));
	}

	async #embed(tokens: readonly number[], signal: AbortSignal): Promise<Tensor> {
		const ids = integers(this.#module, tokens, [1, tokens.length]);
		const {inputs_embeds: vectors} = await this.#graphs.words.run({input_ids: ids}, {signal});
		if (vectors === undefined) throw this.#wrong('its table of words gave no inputs_embeds');
		return vectors;
	}

	#wrong(problem: string): MofaError {
		return invalidModel(this.#model, problem);
	}
}

const typeOf = (graph: OnnxGraph, input: string): string =>
	graph.inputs.find(({name}) => name === input)?.type ?? 'float32';
