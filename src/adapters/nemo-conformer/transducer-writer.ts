import type {Tensor} from 'onnxruntime-node';
import {checkGraph} from '../../backends/onnx/check-graph.ts';
import type {Feeds, OnnxGraph, OnnxModule} from '../../backends/onnx/session.ts';
import {MofaError} from '../../contract/error.ts';
import {float32Of} from '../../lib/float16.ts';
import {likeliest, pickToken} from '../../lib/pick-token.ts';
import type {NemoFeatures} from './features.ts';
import type {TokenWriter} from './recognizer.ts';
import type {SaidToken} from './sentences.ts';
import type {NemoVocabulary} from './vocabulary.ts';

export interface TransducerOptions {
	readonly vocabulary: NemoVocabulary;
	/** It tells with each piece how many frames to go on (TDT). */
	readonly jumps: boolean;
	readonly mostInFrame: number;
}

/** What it remembers of what it wrote. */
type Memory = Readonly<Record<'input_states_1' | 'input_states_2', Tensor>>;

interface Step {
	/** One number for each piece. */
	readonly scores: Float32Array;
	/** One number for each count of frames to go on, from nought; empty where it does not tell. */
	readonly jumps: Float32Array;
	readonly memory: Memory;
}

/** Numbers in a memory, and counts of frames to choose from; no network has more. */
const largestMemory = 2 ** 20;
const mostJumps = 100;

/** An encoder, and a small network that reads its frames one after another beside what was written so far. */
export class TransducerWriter implements TokenWriter {
	readonly #module: OnnxModule;
	readonly #encoder: OnnxGraph;
	readonly #joint: OnnxGraph;
	readonly #options: TransducerOptions;
	readonly #nothing: Memory;

	/** Throws `model-invalid` for graphs of something else. */
	constructor(module: OnnxModule, encoder: OnnxGraph, joint: OnnxGraph, options: TransducerOptions) {
		checkGraph(encoder, {
			inputs: {audio_signal: 'float32', length: 'int64'},
			outputs: ['outputs', 'encoded_lengths'],
		});
		checkGraph(joint, {
			inputs: {
				encoder_outputs: 'float32',
				targets: 'int32',
				target_length: 'int32',
				input_states_1: 'float32',
				input_states_2: 'float32',
			},
			outputs: ['outputs', 'output_states_1', 'output_states_2'],
		});
		this.#module = module;
		this.#encoder = encoder;
		this.#joint = joint;
		this.#options = options;
		this.#nothing = {input_states_1: this.#empty('input_states_1'), input_states_2: this.#empty('input_states_2')};
	}

	/** One step on silence: what does not go with the vocabulary shows before the first request. */
	async tryOut(): Promise<void> {
		const size = this.#joint.inputs.find(({name}) => name === 'encoder_outputs')?.shape[1];
		if (typeof size !== 'number' || size < 1 || size > largestMemory) return;
		try {
			await this.#step(new Float32Array(size), this.#options.vocabulary.blank, this.#nothing);
		} catch (error) {
			throw MofaError.is(error, 'internal') ? this.#invalid(this.#joint, error.data.problem) : error;
		}
	}

	async write(features: NemoFeatures, signal: AbortSignal): Promise<readonly SaidToken[]> {
		const {vocabulary, mostInFrame} = this.#options;
		const frames = await this.#encode(features, signal);
		const said: SaidToken[] = [];
		let memory = this.#nothing;
		let inFrame = 0;
		for (let frame = 0; frame < frames.length;) {
			const step = await this.#step(
				frames[frame] ?? new Float32Array(0),
				said.at(-1)?.token ?? vocabulary.blank,
				memory,
				signal,
			);
			const token = likeliest(step.scores);
			const jump = likeliest(step.jumps);
			if (token !== vocabulary.blank) {
				const {logProbability} = pickToken(step.scores, 0, Math.random);
				said.push({token, frame, frames: Math.max(1, jump), logProbability});
				memory = step.memory;
				inFrame += 1;
			}
			const done = token === vocabulary.blank || inFrame === mostInFrame;
			const forward = jump === 0 && done ? 1 : jump;
			if (forward > 0) inFrame = 0;
			frame += forward;
		}
		return said;
	}

	/** One row of numbers for each frame. */
	async #encode({audio_signal, length}: NemoFeatures, signal: AbortSignal): Promise<readonly Float32Array[]> {
		const {outputs, encoded_lengths: lengths} = await this.#encoder.run({audio_signal, length}, {signal});
		const [, size = 0, columns = 0] = outputs?.dims ?? [];
		if (!(outputs?.data instanceof Float32Array) || outputs.dims.length !== 3 || lengths === undefined)
			throw this.#invalid(this.#encoder, 'it is no encoder of such a model');
		return columnsOf(outputs.data, size, columns).slice(0, Math.max(0, Number(lengths.data[0] ?? 0)));
	}

	async #step(frame: Float32Array, last: number, memory: Memory, signal?: AbortSignal): Promise<Step> {
		const {Tensor} = this.#module;
		const {vocabulary, jumps} = this.#options;
		const feeds: Feeds = {
			encoder_outputs: new Tensor('float32', frame, [1, frame.length, 1]),
			targets: new Tensor('int32', Int32Array.of(last), [1, 1]),
			target_length: new Tensor('int32', Int32Array.of(1), [1]),
			...memory,
		};
		const {outputs, output_states_1, output_states_2} = await this.#joint.run(
			feeds,
			signal === undefined ? {} : {signal},
		);
		if (outputs === undefined || output_states_1 === undefined || output_states_2 === undefined)
			throw this.#invalid(this.#joint, 'it is no decoder of such a model');
		const scores = float32Of(outputs.data);
		const more = scores.length - vocabulary.size;
		if (jumps ? more < 1 || more > mostJumps : more !== 0)
			throw this.#invalid(
				this.#joint,
				`it gives ${scores.length} numbers, and its vocab.txt has ${vocabulary.size} pieces`,
			);
		return {
			scores: scores.subarray(0, vocabulary.size),
			jumps: scores.subarray(vocabulary.size),
			memory: {input_states_1: output_states_1, input_states_2: output_states_2},
		};
	}

	#empty(name: keyof Memory): Tensor {
		const [layers, , size] = this.#joint.inputs.find(input => input.name === name)?.shape ?? [];
		if (typeof layers !== 'number' || typeof size !== 'number' || !(layers * size > 0 && layers * size < largestMemory))
			throw this.#invalid(this.#joint, 'it does not say how much it remembers');
		return new this.#module.Tensor('float32', new Float32Array(layers * size), [layers, 1, size]);
	}

	#invalid({file}: OnnxGraph, problem: string): MofaError<'model-invalid'> {
		return new MofaError('model-invalid', {model: file, problem});
	}
}

/** The columns of a matrix that lies row by row. */
function columnsOf(matrix: Float32Array, rows: number, columns: number): readonly Float32Array[] {
	const turned = new Float32Array(rows * columns);
	for (let row = 0; row < rows; row += 1)
		for (let column = 0; column < columns; column += 1)
			turned[column * rows + row] = matrix[row * columns + column] ?? 0;
	return Array.from({length: columns}, (_, column) => turned.subarray(column * rows, (column + 1) * rows));
}
