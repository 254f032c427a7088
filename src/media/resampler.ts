import {mostExactPhases, resampleFilter, type ResampleFilter} from './resample-filter.ts';

/**
 * One channel from one sample rate to another, block by block, without what the new rate cannot hold. The output does
 * not depend on how the input was cut, is not delayed, and is `ceil(inputs × to / from)` samples long in all.
 * Keeps one filter length of input. Rates are whole numbers of samples per second.
 */
export class Resampler {
	readonly #filter: ResampleFilter | undefined;
	/** The ratio in lowest terms: `#inputs` samples in make `#outputs` out. */
	readonly #inputs: number;
	readonly #outputs: number;
	/** What later outputs need of the input; it begins where the window of the next output does. */
	#held: Float64Array;
	/** How far the next output lies after its input, in parts of `#outputs`. An integer, so that hours do not drift. */
	#fraction = 0;

	constructor(from: number, to: number) {
		if (![from, to].every(rate => Number.isSafeInteger(rate) && rate > 0))
			throw new RangeError(`sample rates are positive whole numbers, not ${from} and ${to}`);
		const divisor = greatestCommonDivisor(from, to);
		this.#inputs = from / divisor;
		this.#outputs = to / divisor;
		this.#filter = from === to ? undefined : filterFor(from, to, this.#outputs);
		this.#held = new Float64Array(this.#filter === undefined ? 0 : this.#filter.taps / 2 - 1);
	}

	/** The outputs that `samples` completes; about half a filter length behind the input. */
	push(samples: Float32Array): Float32Array {
		return this.#run(samples);
	}

	/** The outputs that waited for more input; silence stands in for it. Afterwards the resampler is spent. */
	end(): Float32Array {
		return this.#run(new Float32Array(this.#filter === undefined ? 0 : this.#filter.taps / 2));
	}

	#run(samples: Float32Array): Float32Array {
		if (this.#filter === undefined) return samples.slice();
		const {taps, phases, rows} = this.#filter;
		const input = new Float64Array(this.#held.length + samples.length);
		input.set(this.#held);
		input.set(samples, this.#held.length);
		const outputs = new Float32Array(this.#ready(input.length - taps));
		const whole = Math.floor(this.#inputs / this.#outputs);
		const part = this.#inputs % this.#outputs;
		let start = 0;
		let fraction = this.#fraction;
		for (let index = 0; index < outputs.length; index += 1) {
			const phase = (fraction * phases) / this.#outputs;
			const row = Math.floor(phase);
			outputs[index] = weigh(input, start, rows, row * taps, taps, phase - row);
			start += whole;
			fraction += part;
			if (fraction >= this.#outputs) {
				fraction -= this.#outputs;
				start += 1;
			}
		}
		this.#fraction = fraction;
		this.#held = input.slice(start);
		return outputs;
	}

	/** How many outputs there are whose windows begin within `room` samples of the first. */
	#ready(room: number): number {
		return room < 0 ? 0 : Math.floor(((room + 1) * this.#outputs - this.#fraction - 1) / this.#inputs) + 1;
	}
}

/** A whole recording at once. */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
	const resampler = new Resampler(from, to);
	const first = resampler.push(samples);
	const last = resampler.end();
	const all = new Float32Array(first.length + last.length);
	all.set(first);
	all.set(last, first.length);
	return all;
}

/** One output. `between` is how far it lies from this row towards the next; nought where the ratio has a row for it. */
function weigh(
	input: Float64Array,
	start: number,
	rows: Float64Array,
	row: number,
	taps: number,
	between: number,
): number {
	const sum = product(input, start, rows, row, taps);
	return between === 0 ? sum : sum + (product(input, start, rows, row + taps, taps) - sum) * between;
}

/** In doubles and in four sums, which the processor adds side by side: twice as fast as one sum of floats. */
function product(input: Float64Array, start: number, rows: Float64Array, row: number, taps: number): number {
	let a = 0;
	let b = 0;
	let c = 0;
	let d = 0;
	for (let tap = 0; tap < taps; tap += 4) {
		const at = start + tap;
		const weight = row + tap;
		a += (input[at] ?? 0) * (rows[weight] ?? 0);
		b += (input[at + 1] ?? 0) * (rows[weight + 1] ?? 0);
		c += (input[at + 2] ?? 0) * (rows[weight + 2] ?? 0);
		d += (input[at + 3] ?? 0) * (rows[weight + 3] ?? 0);
	}
	return a + b + (c + d);
}

/** The last few filters: a server resamples from the same rates to the same rates all day. */
const filters = new Map<string, ResampleFilter>();
const mostFilters = 4;

function filterFor(from: number, to: number, outputs: number): ResampleFilter {
	const key = `${from} ${to}`;
	const known = filters.get(key);
	if (known !== undefined) return known;
	// A wider filter is smoother by as much, so it needs fewer rows to read between.
	const between = Math.ceil(mostExactPhases * Math.min(1, to / from));
	const filter = resampleFilter(from, to, outputs <= mostExactPhases ? outputs : between);
	const [oldest] = filters.keys();
	if (filters.size >= mostFilters && oldest !== undefined) filters.delete(oldest);
	filters.set(key, filter);
	return filter;
}

function greatestCommonDivisor(a: number, b: number): number {
	return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
