import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import {checkTokens} from '../../backends/sherpa/check-tokens.ts';
import {
	mustTell,
	numberIn,
	readGraphFacts,
	type GraphFacts,
	type NeededFacts,
} from '../../backends/sherpa/graph-facts.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** What a model is to sherpa-onnx, once its files were found to be what they should. */
export interface StreamingKind {
	/** As the package has it: one of the families, and its files. */
	readonly modelConfig: Readonly<Record<string, unknown>> & {readonly tokens: string};
	/** Hundredths of a second that the model hears at once, and by how many it moves on. */
	readonly window: number;
	readonly shift: number;
	/** It tells when each token was said. */
	readonly times: boolean;
}

/** Hundredths of a second; a longer step is damage, and none at all would never end. */
const longestStep = 10_000;
/** Numbers of one hundredth of a second. */
const bands = 80;

/** What the encoder of a transducer says, by the kind that it says it is. */
const encoders: Readonly<Record<string, NeededFacts>> = {
	conformer: {
		numbers: ['num_encoder_layers', 'left_context', 'encoder_dim', 'pad_length', 'cnn_module_kernel'],
	},
	ebranchformer: {
		numbers: [
			'num_hidden_layers',
			'hidden_size',
			'intermediate_size',
			'csgu_kernel_size',
			'merge_conv_kernel',
			'left_context_len',
			'num_heads',
			'head_dim',
		],
	},
	lstm: {numbers: ['num_encoder_layers', 'rnn_hidden_size', 'd_model']},
	zipformer: {
		lists: ['encoder_dims', 'attention_dims', 'num_encoder_layers', 'cnn_module_kernels', 'left_context_len'],
	},
	zipformer2: {
		lists: [
			'encoder_dims',
			'query_head_dims',
			'value_head_dims',
			'num_heads',
			'num_encoder_layers',
			'cnn_module_kernels',
			'left_context_len',
		],
	},
};

const nemoCaches: readonly string[] = [1, 2, 3].flatMap(place => [
	`cache_last_channel_dim${place}`,
	`cache_last_time_dim${place}`,
]);

const byFamily: Readonly<Record<string, (model: InstalledModel) => Promise<StreamingKind>>> = {
	'streaming-transducer': transducer,
	'streaming-paraformer': paraformer,
	'streaming-ctc': ctc,
};

/** Looks at the files before native code does, which would end the process. Throws `model-invalid`. */
export async function streamingKind(model: InstalledModel): Promise<StreamingKind> {
	const read = byFamily[model.manifest.family];
	if (read === undefined) throw invalidModel(model, `nobody here knows the family '${model.manifest.family}'`);
	return read(model);
}

async function transducer(model: InstalledModel): Promise<StreamingKind> {
	const [encoder, decoder, joiner] = [part(model, 'encoder'), part(model, 'decoder'), part(model, 'joiner')];
	const facts = await readGraphFacts(encoder);
	const decoderFacts = await readGraphFacts(decoder);
	await readGraphFacts(joiner);
	const tokens = tokensOf(model);
	const modelConfig = {transducer: {encoder, decoder, joiner}, tokens};
	if (isNemo(facts)) {
		mustTell(encoder, facts, {numbers: ['vocab_size', 'pred_rnn_layers', 'pred_hidden', ...nemoCaches]});
		// Its own blank is not among those it counts.
		await checkTokens(tokens, {count: numberIn(facts, 'vocab_size') + 1, blank: false});
		return {modelConfig, ...nemoSteps(encoder, facts), times: true};
	}
	const type = facts.get('model_type') ?? '';
	const needs = Object.hasOwn(encoders, type) ? encoders[type] : undefined;
	if (needs === undefined) throw unknownType(model, type, Object.keys(encoders));
	mustTell(encoder, facts, needs);
	mustTell(decoder, decoderFacts, {numbers: ['vocab_size', 'context_size']});
	await checkTokens(tokens, {count: numberIn(decoderFacts, 'vocab_size'), blank: false});
	return {modelConfig: {...modelConfig, modelType: type}, ...kaldiSteps(encoder, facts), times: true};
}

async function ctc(model: InstalledModel): Promise<StreamingKind> {
	const file = modelFile(model, 'weights');
	const facts = await readGraphFacts(file);
	const tokens = tokensOf(model);
	if (isNemo(facts)) {
		mustTell(file, facts, {numbers: ['vocab_size', ...nemoCaches]});
		await checkTokens(tokens, {count: numberIn(facts, 'vocab_size'), blank: true});
		return {modelConfig: {nemoCtc: {model: file}, tokens}, ...nemoSteps(file, facts), times: true};
	}
	const type = facts.get('model_type') ?? '';
	if (type !== 'zipformer2') throw unknownType(model, type, ['zipformer2']);
	mustTell(file, facts, encoders['zipformer2'] ?? {});
	// The graph says how many tokens it tells apart in its shape alone.
	await checkTokens(tokens, {count: 0, blank: true});
	return {modelConfig: {zipformer2Ctc: {model: file}, tokens}, ...kaldiSteps(file, facts), times: true};
}

async function paraformer(model: InstalledModel): Promise<StreamingKind> {
	const [encoder, decoder] = [part(model, 'encoder'), part(model, 'decoder')];
	const facts = await readGraphFacts(encoder);
	await readGraphFacts(decoder);
	const sizes = ['vocab_size', 'encoder_output_size', 'decoder_num_blocks', 'decoder_kernel_size'];
	mustTell(encoder, facts, {
		numbers: [...sizes, 'lfr_window_size', 'lfr_window_shift'],
		vectors: ['neg_mean', 'inv_stddev'],
	});
	const [frames, step] = [numberIn(facts, 'lfr_window_size'), numberIn(facts, 'lfr_window_shift')];
	const means = (facts.get('neg_mean') ?? '').split(',').length;
	if (frames === 0 || step === 0 || frames > paraformerWindow || means !== bands * frames)
		throw invalidModel(model, `its encoder has ${means} means for ${frames} × ${bands} numbers`);
	const tokens = tokensOf(model);
	await checkTokens(tokens, {count: numberIn(facts, 'vocab_size'), blank: false});
	return {
		modelConfig: {paraformer: {encoder, decoder}, tokens},
		window: paraformerWindow,
		shift: paraformerWindow - 1,
		times: false,
	};
}

/** It stands in the package itself. */
const paraformerWindow = 61;

const isNemo = (facts: GraphFacts): boolean => facts.has('window_size') && facts.has('chunk_shift');

const kaldiSteps = (file: string, facts: GraphFacts): Pick<StreamingKind, 'window' | 'shift'> =>
	stepsIn(file, facts, 'T', 'decode_chunk_len');

function nemoSteps(file: string, facts: GraphFacts): Pick<StreamingKind, 'window' | 'shift'> {
	mustTell(file, facts, {numbers: ['subsampling_factor']});
	return stepsIn(file, facts, 'window_size', 'chunk_shift');
}

function stepsIn(
	file: string,
	facts: GraphFacts,
	windowName: string,
	shiftName: string,
): Pick<StreamingKind, 'window' | 'shift'> {
	mustTell(file, facts, {numbers: [windowName, shiftName]});
	const [window, shift] = [numberIn(facts, windowName), numberIn(facts, shiftName)];
	if (shift < 1 || shift > window || window > longestStep)
		throw new MofaError('model-invalid', {
			model: file,
			problem: `it says that it hears ${window} hundredths of a second at once, and moves on by ${shift}`,
		});
	return {window, shift};
}

/** Names of graphs end in how they were made: `encoder-epoch-99-avg-1-chunk-16-left-128`. */
function part(model: InstalledModel, name: string): string {
	const found = Object.entries(model.paths).find(
		([role]) => role.startsWith(`weights-${name}`) && !/-data(-\d+)?$/.test(role),
	);
	if (found === undefined) throw invalidModel(model, `it has no ${name}`);
	return found[1];
}

const tokensOf = (model: InstalledModel): string => modelFile(model, 'tokens.txt');

function unknownType(model: InstalledModel, type: string, known: readonly string[]): MofaError<'model-invalid'> {
	const said = type === '' ? 'does not say of what kind it is' : `is of the kind '${type.slice(0, 40)}'`;
	return invalidModel(model, `its graph ${said}; known are ${known.join(', ')}`);
}
