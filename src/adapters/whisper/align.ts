import type {Tensor} from 'onnxruntime-node';
import {float32Of} from '../../lib/float16.ts';

/** Rows of numbers: one for each token, one number for each frame. */
export type Matrix = readonly Float32Array[];

/**
 * Where each token looked, from the heads that look where the word is: brought to the same scale over the tokens, smoothed
 * over time, and averaged. `layers` are `[1, heads, tokens, frames]`; only the first `frames` frames hold sound. Pure.
 */
export function attention(
	layers: readonly Tensor[],
	heads: ReadonlyArray<readonly [number, number]>,
	frames: number,
	medianWidth: number,
): Matrix {
	const taken = heads.flatMap(([layer, head]) => {
		const tensor = layers[layer];
		return tensor === undefined ? [] : [headOf(tensor, head, frames)];
	});
	const [first] = taken;
	if (first === undefined) return [];
	const smooth = taken.map(rows => standardized(rows).map(row => medianOf(row, medianWidth)));
	return first.map((row, token) =>
		row.map((_, frame) => smooth.reduce((sum, rows) => sum + (rows[token]?.[frame] ?? 0), 0) / smooth.length),
	);
}

function headOf(tensor: Tensor, head: number, frames: number): Matrix {
	const [, , tokens = 0, all = 0] = tensor.dims;
	const data = float32Of(tensor.data);
	return Array.from({length: tokens}, (_, token) => {
		const start = (head * tokens + token) * all;
		return data.slice(start, start + Math.min(frames, all));
	});
}

/** By frame, over all tokens: mean nought, deviation one. */
function standardized(rows: Matrix): Matrix {
	const width = rows[0]?.length ?? 0;
	const result = rows.map(row => Float32Array.from(row));
	for (let frame = 0; frame < width; frame += 1) {
		const mean = rows.reduce((sum, row) => sum + (row[frame] ?? 0), 0) / rows.length;
		const variance = rows.reduce((sum, row) => sum + ((row[frame] ?? 0) - mean) ** 2, 0) / rows.length;
		const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
		for (const row of result) row[frame] = ((row[frame] ?? 0) - mean) * scale;
	}
	return result;
}

/** Each number by the middle one of its neighbourhood; read backwards beyond the edges. */
function medianOf(row: Float32Array, width: number): Float32Array {
	const half = Math.floor(width / 2);
	if (row.length <= half) return row;
	const near = new Float32Array(2 * half + 1);
	return row.map((_, at) => {
		for (let step = -half; step <= half; step += 1) {
			const place = Math.abs(at + step);
			near[step + half] = row[place < row.length ? place : 2 * (row.length - 1) - place] ?? 0;
		}
		return near.toSorted()[half] ?? 0;
	});
}

/** What a step of the way moves on. */
const steps = {both: 0, token: 1, frame: 2} as const;

/**
 * The way through the matrix, token by token and frame by frame, with the most attention on it: the frame at which each token
 * begins (dynamic time warping). Pure.
 */
export function beginnings(matrix: Matrix): readonly number[] {
	const tokens = matrix.length;
	const frames = matrix[0]?.length ?? 0;
	const width = frames + 1;
	const cost = new Float32Array((tokens + 1) * width).fill(Infinity);
	const trace = new Uint8Array((tokens + 1) * width);
	cost[0] = 0;
	for (let frame = 1; frame <= frames; frame += 1) {
		for (let token = 1; token <= tokens; token += 1) {
			const at = token * width + frame;
			const both = cost[at - width - 1] ?? Infinity;
			const up = cost[at - width] ?? Infinity;
			const left = cost[at - 1] ?? Infinity;
			// Of ways that cost the same, waiting for the next frame is taken, as the reference does.
			const step = both < up && both < left ? steps.both : up < both && up < left ? steps.token : steps.frame;
			const least = step === steps.both ? both : step === steps.token ? up : left;
			trace[at] = step;
			cost[at] = least - (matrix[token - 1]?.[frame - 1] ?? 0);
		}
	}
	const starts = Array.from(matrix, () => 0);
	let token = tokens;
	let frame = frames;
	while (token > 0 && frame > 0) {
		starts[token - 1] = frame - 1;
		const step = trace[token * width + frame];
		if (step !== steps.frame) token -= 1;
		if (step !== steps.token) frame -= 1;
	}
	return starts;
}
