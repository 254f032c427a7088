import type {Tensor} from 'onnxruntime-node';
import type {OnnxModule} from './session.ts';
import {float16Of, float32Of} from '../../lib/float16.ts';

/** A tensor of the library of model classes, or of the runtime. */
export interface LibraryTensor {
	readonly type: string;
	readonly dims: readonly number[];
	readonly data: ArrayLike<unknown> & object;
}

export function isTensor(value: unknown): value is LibraryTensor {
	return typeof value === 'object' && value !== null && 'dims' in value && 'data' in value && 'type' in value;
}

/** The same numbers as a graph wants them. */
export function asType({Tensor}: OnnxModule, tensor: LibraryTensor, type: string): Tensor {
	const {data, dims} = tensor;
	if (type === 'bool') return new Tensor('bool', Uint8Array.from(Array.from(data, Number)), dims);
	if (type === 'int64')
		return new Tensor(
			'int64',
			data instanceof BigInt64Array ? data : BigInt64Array.from(Array.from(data, whole)),
			dims,
		);
	if (type === 'float16')
		return new Tensor('float16', data instanceof Uint16Array ? data : float16Of(float32Of(data)), dims);
	return new Tensor('float32', float32Of(data), dims);
}

const whole = (value: unknown): bigint => (typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value))));

/** Whole numbers, of which a graph takes 64 bits. */
export function integers({Tensor}: OnnxModule, values: readonly number[], dims: readonly number[]): Tensor {
	const data = new BigInt64Array(values.length);
	// The low halves: every machine this runs on is little-endian, and numbers are ten times faster than big ones.
	const halves = new Int32Array(data.buffer);
	for (let index = 0; index < values.length; index += 1) {
		const value = values[index] ?? 0;
		halves[2 * index] = value;
		halves[2 * index + 1] = value < 0 ? -1 : 0;
	}
	return new Tensor('int64', data, dims);
}

/** Nothing, in the form that a graph wants for a memory that is empty: what has no fixed size has none. */
export function nothing({Tensor}: OnnxModule, type: string, shape: ReadonlyArray<number | string>): Tensor {
	const dims = shape.map(size => (typeof size === 'number' ? size : size === 'batch_size' ? 1 : 0));
	const length = dims.reduce((product, size) => product * size, 1);
	if (type === 'float16') return new Tensor('float16', new Uint16Array(length), dims);
	return type === 'int64'
		? new Tensor('int64', new BigInt64Array(length), dims)
		: new Tensor('float32', new Float32Array(length), dims);
}

/** The first `count` along the last axis but one: `[1, heads, tokens, width]` with fewer tokens. */
export function firstTokens({Tensor}: OnnxModule, tensor: Tensor, count: number): Tensor {
	const [batch = 1, heads = 1, tokens = 0, width = 0] = tensor.dims;
	const {data} = tensor;
	if (!(data instanceof Float32Array || data instanceof Uint16Array)) throw new TypeError(`a memory of ${tensor.type}`);
	const shorter =
		data instanceof Float32Array
			? new Float32Array(batch * heads * count * width)
			: new Uint16Array(batch * heads * count * width);
	for (let head = 0; head < batch * heads; head += 1)
		shorter.set(data.subarray(head * tokens * width, (head * tokens + count) * width), head * count * width);
	const dims = [batch, heads, count, width];
	return shorter instanceof Float32Array ? new Tensor('float32', shorter, dims) : new Tensor('float16', shorter, dims);
}

/** Memory that they stand in. */
export function bytesOf(tensors: Readonly<Record<string, Tensor>>): number {
	const widths: Readonly<Record<string, number>> = {float16: 2, int64: 8};
	return Object.values(tensors).reduce((sum, {type, size}) => sum + size * (widths[type] ?? 4), 0);
}
