import type {Tensor} from 'onnxruntime-node';
import {checkGraph} from '../../backends/onnx/check-graph.ts';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {Feeds, OnnxGraph, OnnxSession} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {gaussianNoise} from '../../lib/gaussian-noise.ts';
import type {SupertonicConfig} from './configuration.ts';
import type {SupertonicOptions} from './options.ts';
import type {Style, StyleShapes} from './styles.ts';

/** Seconds; a sentence has 300 characters at most, so a model that wants more is broken. */
const longest = 300;

export interface Utterance {
	/** Numbers of characters. */
	readonly text: readonly number[];
	readonly style: Style;
	/** 1 is the voice's own pace. */
	readonly speed: number;
	/** Which sentence of the request: each starts from noise of its own. */
	readonly sentence: number;
	readonly noise: SupertonicOptions;
	readonly signal: AbortSignal;
}

export interface Synthesizer {
	readonly styleShapes: StyleShapes;
	/** Samples in -1..1. Throws `model-invalid` where the graphs give what is no speech, and `cancelled`. */
	say(utterance: Utterance): Promise<Float32Array>;
}

/** The four graphs, from text and a voice over latents to sound. Throws `model-invalid` for graphs made for something else. */
export async function openSynthesizer(
	model: InstalledModel,
	session: OnnxSession,
	config: SupertonicConfig,
): Promise<Synthesizer> {
	const open = async (name: string, inputs: Readonly<Record<string, string>>): Promise<OnnxGraph> => {
		const graph = await session.open(modelFile(model, `weights-${name}`));
		// Outputs are known by their place: exporters gave them names as they liked.
		checkGraph(graph, {inputs, outputs: []});
		return graph;
	};
	const text_ids = {text_ids: 'int64'};
	const duration = await open('duration_predictor', {...text_ids, ...floats('text_mask', 'style_dp')});
	const encoder = await open('text_encoder', {...text_ids, ...floats('text_mask', 'style_ttl')});
	const estimator = await open(
		'vector_estimator',
		floats('noisy_latent', 'latent_mask', 'text_emb', 'text_mask', 'style_ttl', 'current_step', 'total_step'),
	);
	const vocoder = await open('vocoder', floats('latent'));
	const parts = {model, session, config, graphs: {duration, encoder, estimator, vocoder}};
	return {
		styleShapes: {sound: shapeOf(encoder, 'style_ttl'), pace: shapeOf(duration, 'style_dp')},
		say: utterance => synthesize(utterance, parts),
	};
}

const floats = (...names: readonly string[]): Readonly<Record<string, string>> =>
	Object.fromEntries(names.map(name => [name, 'float32']));

const shapeOf = ({inputs}: OnnxGraph, input: string): ReadonlyArray<number | string> =>
	inputs.find(({name}) => name === input)?.shape ?? [];

interface Parts {
	readonly model: InstalledModel;
	readonly session: OnnxSession;
	readonly config: SupertonicConfig;
	readonly graphs: Readonly<Record<'duration' | 'encoder' | 'estimator' | 'vocoder', OnnxGraph>>;
}

/** 1. how long it takes, 2. what is said, 3. step by step from noise to latents, 4. sound. */
async function synthesize(
	{text, style, speed, sentence, noise, signal}: Utterance,
	{model, session, config, graphs}: Parts,
): Promise<Float32Array> {
	const {module} = session;
	const ask = async (graph: OnnxGraph, feeds: Feeds): Promise<FloatTensor> =>
		firstOf(await graph.run(feeds, {signal}), graph);
	const tensor = (numbers: Float32Array, shape: readonly number[]): Tensor =>
		new module.Tensor('float32', numbers, shape);
	const ones = (count: number): Tensor => tensor(new Float32Array(count).fill(1), [1, 1, count]);
	const text_ids = new module.Tensor('int64', BigInt64Array.from(text, BigInt), [1, text.length]);
	const text_mask = ones(text.length);
	const style_ttl = tensor(style.sound.numbers, style.sound.shape);
	const style_dp = tensor(style.pace.numbers, style.pace.shape);
	// 1.
	const [seconds = Number.NaN] = (await ask(graphs.duration, {text_ids, text_mask, style_dp})).data;
	// In single precision, as the authors count.
	const samples = Math.floor(Math.fround(seconds / speed) * config.sampleRate);
	if (!(samples >= 1 && samples <= longest * config.sampleRate))
		throw invalidModel(model, `it wants to say ${text.length} characters in ${seconds} seconds`);
	// 2.
	const {tensor: text_emb} = await ask(graphs.encoder, {text_ids, text_mask, style_ttl});
	// 3.
	const columns = Math.ceil(samples / config.columnSamples);
	const size = config.columnSize * columns;
	const latent_mask = ones(columns);
	const total_step = tensor(Float32Array.of(noise.steps), [1]);
	let latent = tensor(gaussianNoise(noise.seed, sentence, size), [1, config.columnSize, columns]);
	for (let step = 0; step < noise.steps; step += 1) {
		const current_step = tensor(Float32Array.of(step), [1]);
		const feeds = {noisy_latent: latent, text_emb, style_ttl, latent_mask, text_mask, current_step, total_step};
		const nearer = await ask(graphs.estimator, feeds);
		if (nearer.data.length !== size)
			throw invalidModel(model, 'its vector estimator gives other latents than it takes');
		latent = nearer.tensor;
	}
	// 4.
	const {data} = await ask(graphs.vocoder, {latent});
	return data.subarray(0, samples).map(sample => Math.max(-1, Math.min(1, sample)));
}

interface FloatTensor {
	readonly tensor: Tensor;
	readonly data: Float32Array;
}

function firstOf(given: Readonly<Record<string, Tensor>>, {file, outputs}: OnnxGraph): FloatTensor {
	const tensor = given[outputs[0]?.name ?? ''];
	if (tensor?.data instanceof Float32Array) return {tensor, data: tensor.data};
	throw new MofaError('model-invalid', {model: file, problem: 'its first output is no list of numbers'});
}
