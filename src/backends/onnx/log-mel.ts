import type {Tensor} from 'onnxruntime-node';
import {MofaError} from '../../contract/error.ts';
import {onnxFile, type Weights} from '../../lib/onnx-file.ts';
import {roots} from '../../media/complex-fft.ts';
import {MelFilters} from '../../media/mel-filters.ts';
import type {OnnxGraph, OnnxModule, OnnxSession} from './session.ts';
import {integers} from './tensors.ts';

export interface LogMelOptions {
	readonly sampleRate: number;
	/** Samples in a window of the transform, and between two of them. The first is even. */
	readonly size: number;
	readonly hop: number;
	readonly mels: number;
	/** Columns of the picture: what the model hears at once. */
	readonly frames: number;
}

/** Samples in a window at most: the graph holds the waves of the transform, as many numbers as the square of it. */
export const largestWindow = 2048;

/** Below it power counts as silence. */
const floor = 1e-10;

/**
 * The spectrogram that Whisper was made for: Hann windows about each hop, power by Slaney's mel filters, decimal
 * logarithms, no more than eight below the loudest, scaled to about -1..1. What the sound lacks to the end is silence.
 * It is a graph like those that read it: the waves of the transform are the weights of a convolution. That takes little more than
 * half the time of a fast transform in JavaScript, and the first sound does not wait until anything is compiled.
 */
export class LogMel {
	readonly #options: LogMelOptions;
	readonly #graph: OnnxGraph;
	readonly #module: OnnxModule;

	private constructor(options: LogMelOptions, graph: OnnxGraph, module: OnnxModule) {
		this.#options = options;
		this.#graph = graph;
		this.#module = module;
	}

	static async open(session: OnnxSession, options: LogMelOptions): Promise<LogMel> {
		const graph = await session.make('spectrogram', graphOf(options), {accelerate: false});
		return new LogMel(options, graph, session.module);
	}

	/** `[1, mels, frames]`, the lowest filter first. Sound beyond the frames is left out. */
	async picture(sound: Float32Array): Promise<Tensor> {
		const {before, heard, after, silence} = framed(sound, this.#options);
		const tensor = (samples: Float32Array): Tensor =>
			new this.#module.Tensor('float32', samples, [1, 1, samples.length]);
		const {picture} = await this.#graph.run({
			before: tensor(before),
			heard: tensor(heard),
			after: tensor(after),
			silence: integers(this.#module, [0, 0, 0, 0, 0, silence], [6]),
		});
		if (picture === undefined) throw new MofaError('internal', {problem: 'a sound has no spectrogram'});
		return picture;
	}
}

interface Framed {
	/** Samples for the windows that reach over the edges: there the sound is read backwards, and silent where it ended before. */
	readonly before: Float32Array;
	readonly heard: Float32Array;
	readonly after: Float32Array;
	/** Frames that hear nothing of it. */
	readonly silence: number;
}

function framed(sound: Float32Array, {size, hop, frames}: LogMelOptions): Framed {
	const edge = size / 2;
	const whole = frames * hop;
	const audible = Math.min(frames, Math.ceil((Math.min(whole, sound.length) + edge) / hop));
	// From the first sample of the first window to the last of the last one.
	const needed = (audible - 1) * hop + size;
	const heard = sound.subarray(0, Math.min(whole, needed - edge));
	const after = new Float32Array(needed - edge - heard.length);
	for (let at = whole - heard.length; at < after.length; at += 1)
		after[at] = heard[2 * (whole - 1) - heard.length - at] ?? 0;
	const before = new Float32Array(edge);
	for (let at = 0; at < edge; at += 1) before[at] = heard[edge - at] ?? 0;
	return {before, heard, after, silence: frames - audible};
}

/** Sound to `picture`; `silence` says how many columns of it to add. Logarithms are natural until the last step. */
function graphOf(options: LogMelOptions): Uint8Array {
	const {size, hop, mels, frames} = options;
	const {waves, filters} = weightsOf(options);
	const number = (name: string, value: number): Weights => ({name, shape: [], data: Float32Array.of(value)});
	return onnxFile({
		inputs: [
			...['before', 'heard', 'after'].map(name => ({name, shape: [1, 1, name]})),
			{name: 'silence', type: 'int64', shape: [6]},
		],
		outputs: [{name: 'picture', shape: [1, mels, frames]}],
		weights: [
			{name: 'waves', shape: [size + 2, 1, size], data: waves},
			{name: 'filters', shape: [mels, size + 2], data: filters},
			number('floor', floor),
			number('log floor', Math.log(floor)),
			number('range', 8 * Math.LN10),
			number('scale', Math.LOG10E / 4),
			number('shift', 1),
		],
		nodes: [
			{op: 'Concat', inputs: ['before', 'heard', 'after'], outputs: ['sound'], attributes: {axis: 2}},
			{op: 'Conv', inputs: ['sound', 'waves'], outputs: ['parts'], attributes: {strides: [hop]}},
			{op: 'Mul', inputs: ['parts', 'parts'], outputs: ['power']},
			{op: 'MatMul', inputs: ['filters', 'power'], outputs: ['energies']},
			{op: 'Max', inputs: ['energies', 'floor'], outputs: ['audible']},
			{op: 'Log', inputs: ['audible'], outputs: ['logarithms']},
			{op: 'Pad', inputs: ['logarithms', 'silence', 'log floor'], outputs: ['window']},
			{op: 'ReduceMax', inputs: ['window'], outputs: ['loudest'], attributes: {keepdims: 0}},
			{op: 'Sub', inputs: ['loudest', 'range'], outputs: ['lowest']},
			{op: 'Max', inputs: ['window', 'lowest'], outputs: ['raised']},
			{op: 'Mul', inputs: ['raised', 'scale'], outputs: ['scaled']},
			{op: 'Add', inputs: ['scaled', 'shift'], outputs: ['picture']},
		],
	});
}

interface LogMelWeights {
	/** Rows as long as a window: the cosines of each frequency under it, and then the sines. */
	readonly waves: Float32Array;
	/** Rows as long as those are many: for each filter, how much it hears of the power of each wave. */
	readonly filters: Float32Array;
}

function weightsOf({sampleRate, size, mels}: LogMelOptions): LogMelWeights {
	const bins = size / 2 + 1;
	const turns = roots(size, size);
	const waves = new Float32Array(2 * bins * size);
	for (let bin = 0; bin < bins; bin += 1) {
		for (let at = 0; at < size; at += 1) {
			// Hann, periodic.
			const weight = 0.5 - 0.5 * (turns[2 * at] ?? 0);
			const turn = 2 * ((bin * at) % size);
			waves[bin * size + at] = weight * (turns[turn] ?? 0);
			waves[(bins + bin) * size + at] = weight * (turns[turn + 1] ?? 0);
		}
	}
	const high = Math.min(8000, sampleRate / 2);
	const triangles = new MelFilters({sampleRate, size, mels, low: 0, high, scale: 'slaney', equalArea: true});
	const filters = new Float32Array(mels * 2 * bins);
	for (let mel = 0; mel < mels; mel += 1) {
		const row = triangles.row(mel);
		filters.set(row, 2 * mel * bins);
		filters.set(row, (2 * mel + 1) * bins);
	}
	return {waves, filters};
}
