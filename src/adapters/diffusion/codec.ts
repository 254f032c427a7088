import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {OnnxGraph, OnnxSession, TensorDescription} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {float32Of} from '../../lib/float16.ts';
import type {Pixels} from '../../media/picture/pixels.ts';
import type {CodecConfiguration} from './configuration.ts';
import type {LatentShape} from './network.ts';
import {checkInputs, fixedSize, tensorFor} from './tensors.ts';

/** Between pictures and what the network draws: pictures that are smaller, with other channels. */
export interface Codec {
	/** Pixels for each latent pixel, each way. */
	readonly factor: number;
	readonly channels: number;
	/** Latent pixels that the decoder was made for alone; null: every size. */
	readonly fixed: {readonly width: number; readonly height: number} | null;
	decode(latents: Float32Array, shape: LatentShape, signal: AbortSignal): Promise<Pixels>;
	/** `noise` is of a normal distribution, one number for each of the latents. Throws `model-invalid` where there is no encoder. */
	encode(
		picture: Float32Array,
		shape: LatentShape,
		noise: () => Float32Array,
		signal: AbortSignal,
	): Promise<Float32Array>;
}

/** The part that encodes is opened when the first picture is to be begun from. Throws `model-invalid` for graphs that are no codec. */
export async function openCodec(
	model: InstalledModel,
	session: OnnxSession,
	decoder: OnnxGraph,
	configuration: CodecConfiguration,
	encoderRole: string | null,
	signal: AbortSignal,
): Promise<Codec> {
	const [input] = decoder.inputs;
	if (input === undefined || decoder.inputs.length > 1)
		throw invalidModel(model, 'its vae_decoder graph takes more than latents');
	checkInputs(model, 'vae_decoder', decoder, [], [input.name]);
	const output = decoder.outputs[0]?.name ?? '';
	const channels = fixedSize(input, 1) ?? configuration.channels ?? 4;
	const scale = scaleOf(configuration, channels);
	const fixed = fixedOf(input);
	const decoded = async (values: Float32Array, shape: LatentShape, stop: AbortSignal): Promise<Pixels> => {
		const tensor = tensorFor(session.module, input, values, [1, shape.channels, shape.height, shape.width]);
		const given = (await decoder.run({[input.name]: tensor}, {signal: stop, fetches: [output]}))[output];
		return pixelsOf(model, float32Of(given?.data ?? []), given?.dims ?? []);
	};
	const factor = configuration.factor ?? (await measuredFactor(decoded, {channels, ...(fixed ?? smallest)}, signal));
	let encoder: Promise<OnnxGraph> | undefined;
	if (factor > mostFactor)
		throw invalidModel(model, `its pictures are said to be ${factor} times as large as its latents`);
	return {
		factor,
		channels,
		fixed,
		async decode(latents, shape, stop) {
			const values = latents.map((value, at) => scale.out(value, Math.floor(at / (shape.width * shape.height))));
			const pixels = await decoded(values, shape, stop);
			if (pixels.width !== shape.width * factor || pixels.height !== shape.height * factor)
				throw invalidModel(model, `its decoder makes other pictures than ${factor} times as large`);
			return pixels;
		},
		async encode(picture, shape, noise, stop) {
			if (encoderRole === null) throw invalidModel(model, 'it has no vae_encoder, so it cannot begin from a picture');
			encoder ??= session.open(modelFile(model, encoderRole), {keepsMemory: false});
			const graph = await encoder;
			const [from] = graph.inputs;
			const [to] = graph.outputs;
			if (from === undefined || to === undefined || graph.inputs.length > 1)
				throw invalidModel(model, 'its vae_encoder graph takes more than a picture');
			const tensor = tensorFor(session.module, from, picture, [1, 3, shape.height * factor, shape.width * factor]);
			const given = (await graph.run({[from.name]: tensor}, {signal: stop, fetches: [to.name]}))[to.name];
			const latents = sampled(model, float32Of(given?.data ?? []), shape, noise);
			return latents.map((value, at) => scale.in(value, Math.floor(at / (shape.width * shape.height))));
		},
	};
}

function fixedOf(input: TensorDescription): {readonly width: number; readonly height: number} | null {
	const [width, height] = [fixedSize(input, 3), fixedSize(input, 2)];
	return width === null || height === null ? null : {width, height};
}

const smallest = {width: 8, height: 8};
/** No codec makes that much of a pixel. */
const mostFactor = 64;

/** Where nothing says how much larger pictures are, one is decoded to see. */
async function measuredFactor(
	decoded: (values: Float32Array, shape: LatentShape, signal: AbortSignal) => Promise<Pixels>,
	shape: LatentShape,
	signal: AbortSignal,
): Promise<number> {
	const nothing = new Float32Array(shape.channels * shape.width * shape.height);
	return Math.max(1, Math.round((await decoded(nothing, shape, signal)).width / shape.width));
}

interface Scale {
	/** From what the network draws to what the decoder reads, by channel. */
	readonly out: (value: number, channel: number) => number;
	readonly in: (value: number, channel: number) => number;
}

/** What the well-known codecs have, where the repository leaves it out. */
const usualScaling: Readonly<Record<number, number>> = {4: 0.18215, 16: 1.5305};

function scaleOf({scaling, shift, mean, deviation}: CodecConfiguration, channels: number): Scale {
	const factor = scaling ?? usualScaling[channels] ?? 1;
	if (mean !== null && deviation !== null)
		return {
			out: (value, channel) => (value * (deviation[channel] ?? 1)) / factor + (mean[channel] ?? 0),
			in: (value, channel) => ((value - (mean[channel] ?? 0)) * factor) / (deviation[channel] ?? 1),
		};
	return {out: value => value / factor + shift, in: value => (value - shift) * factor};
}

function pixelsOf(model: InstalledModel, values: Float32Array, dims: readonly number[]): Pixels {
	const [batch = 0, channels = 0, height = 0, width = 0] = dims;
	if (batch !== 1 || channels !== 3 || values.length !== 3 * height * width || values.length === 0)
		throw invalidModel(model, `its decoder gives ${dims.join(' × ')} numbers, which are no picture`);
	const data = new Uint8Array(values.length);
	const plane = width * height;
	for (let at = 0; at < plane; at += 1)
		for (let channel = 0; channel < 3; channel += 1) {
			const value = values[channel * plane + at] ?? 0;
			// What is not a number is black.
			data[at * 3 + channel] = Math.round(Math.max(0, Math.min(1, value / 2 + 0.5)) * 255) || 0;
		}
	return {data, width, height, channels: 3};
}

/** Exports give the mean and the logarithm of the variance of each latent, or the latents themselves. */
function sampled(
	model: InstalledModel,
	given: Float32Array,
	{channels, width, height}: LatentShape,
	noise: () => Float32Array,
): Float32Array {
	const count = channels * width * height;
	if (given.length === count) return given;
	if (given.length !== 2 * count)
		throw invalidModel(model, `its encoder gives ${given.length} numbers, where ${count} are wanted`);
	const fresh = noise();
	return Float32Array.from({length: count}, (_, at) => {
		const variance = Math.max(-30, Math.min(20, given[count + at] ?? 0));
		return (given[at] ?? 0) + Math.exp(variance / 2) * (fresh[at] ?? 0);
	});
}
