import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxModule, TensorDescription} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {EncoderConfiguration, EncoderFolder} from './configuration.ts';
import type {PromptRow, PromptTokenizer} from './prompt-tokenizer.ts';
import {checkInputs, fixedSize, inputOf, tensorFor} from './tensors.ts';

/** One of the networks that read the prompt. */
export interface TextEncoder {
	readonly folder: EncoderFolder;
	readonly graph: OnnxGraph;
	readonly tokenizer: PromptTokenizer;
	readonly configuration: EncoderConfiguration;
}

/** Which of the layers the network that draws was trained to read. */
export type HiddenLayer = 'last' | 'last but one';

export interface ReadText {
	/** A vector of `width` numbers for each of `length` tokens. */
	readonly hidden: Float32Array;
	readonly length: number;
	readonly width: number;
	/** One vector for the whole text; null where the graph gives none. */
	readonly pooled: Float32Array | null;
	readonly row: PromptRow;
}

/** Throws `model-invalid` where the graph is no encoder of text, or does not give that layer. */
export function checkEncoder(model: InstalledModel, {folder, graph}: TextEncoder): void {
	checkInputs(model, folder, graph, ['input_ids'], ['attention_mask', 'position_ids']);
}

/** Tokens of a prompt that CLIP reads, where nothing says otherwise; and what nobody was trained to read more of. */
const usualLength = 77;
const mostLength = 4096;

/** `length`: tokens of a row at most, where the graph does not fix them; null: as many as the encoder was trained to read. */
export async function readPrompt(
	encoder: TextEncoder,
	text: string,
	{
		module,
		model,
		layer,
		length,
		signal,
	}: {
		readonly module: OnnxModule;
		readonly model: InstalledModel;
		readonly layer: HiddenLayer;
		readonly length: number | null;
		readonly signal: AbortSignal;
	},
): Promise<ReadText> {
	const {graph, tokenizer, configuration} = encoder;
	const ids = inputOf(graph, 'input_ids');
	const trained = Math.min(tokenizer.longest, configuration.longest ?? Infinity);
	const longest = Math.min(length ?? (trained > mostLength ? usualLength : trained), trained);
	const row = tokenizer.row(text, fixedSize(ids, 1) ?? longest);
	const hidden = hiddenOutput(graph, configuration, layer);
	const pooled = graph.outputs.find(({name}) => name === 'text_embeds') ?? graph.outputs.find(isPooled);
	if (hidden === undefined) throw invalidModel(model, `its ${encoder.folder} graph does not give its ${layer} layer`);
	const shape = [1, row.ids.length];
	const feeds = Object.fromEntries(
		graph.inputs.map(input => [input.name, tensorFor(module, input, valuesOf(input, row), shape)]),
	);
	const fetches = [hidden.name, ...(pooled === undefined ? [] : [pooled.name])];
	const given = await graph.run(feeds, {signal, fetches});
	const data = float32Of(given[hidden.name]?.data ?? []);
	return {
		hidden: data,
		length: row.ids.length,
		width: data.length / row.ids.length,
		pooled: pooled === undefined ? null : float32Of(given[pooled.name]?.data ?? []),
		row,
	};
}

/** The pipelines this follows show the encoder the padding too. */
function valuesOf({name}: TensorDescription, {ids}: PromptRow): Float32Array {
	if (name === 'attention_mask') return new Float32Array(ids.length).fill(1);
	return name === 'position_ids' ? Float32Array.from(ids, (_, at) => at) : Float32Array.from(ids);
}

/** By name: `last_hidden_state`, and `hidden_states.11` of twelve layers; by shape where an export has names of its own. Pure. */
export function hiddenOutput(
	{outputs}: Pick<OnnxGraph, 'outputs'>,
	{layers}: Pick<EncoderConfiguration, 'layers'>,
	layer: HiddenLayer,
): TensorDescription | undefined {
	const named = (name: string): TensorDescription | undefined => outputs.find(output => output.name === name);
	if (layer === 'last')
		return (
			named('last_hidden_state') ??
			outputs.find(({shape, name}) => shape.length === 3 && !/\d$/.test(name)) ??
			outputs[0]
		);
	const numbered = outputs.flatMap(({name}) => /^hidden_states\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
	// Exports number the embedding too, so the highest number is the last layer; one alone is the one that is needed.
	const wanted = layers === null ? (numbered.length === 1 ? numbered[0] : Math.max(...numbered) - 1) : layers - 1;
	return named(`hidden_states.${wanted ?? 0}`) ?? named('hidden_states') ?? named('penultimate_hidden_state');
}

const isPooled = ({name, shape}: TensorDescription): boolean =>
	shape.length === 2 && /pool|embed/i.test(name) && !name.startsWith('hidden_states');
