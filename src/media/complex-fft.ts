import {divide, eighth, fifth, halve, quarter} from './fft-passes.ts';

/**
 * The discrete Fourier transform of complex numbers, each as real and imaginary part behind one another. Stockham's form: one
 * pass for each factor of the size, each writing its results in order, so that none are sorted after.
 */
export class ComplexFft {
	readonly #size: number;
	readonly #factors: readonly number[];
	readonly #roots: Float64Array;
	readonly #first: Float64Array;
	readonly #second: Float64Array;

	constructor(size: number) {
		this.#size = size;
		this.#factors = factorsOf(size);
		this.#roots = roots(size, size);
		this.#first = new Float64Array(2 * size);
		this.#second = new Float64Array(2 * size);
	}

	/** The result lies in memory that the next call overwrites; of one number it is what was given. */
	transform(numbers: Float64Array): Float64Array {
		const root = this.#roots;
		let from = numbers;
		let to = this.#first;
		let length = this.#size;
		let stride = 1;
		for (const factor of this.#factors) {
			length /= factor;
			if (factor === 8) eighth(from, to, root, length, stride);
			else if (factor === 5) fifth(from, to, root, length, stride);
			else if (factor === 4) quarter(from, to, root, length, stride);
			else if (factor === 2) halve(from, to, root, length, stride);
			else divide(from, to, root, length, stride, factor);
			from = to;
			to = to === this.#first ? this.#second : this.#first;
			stride *= factor;
		}
		return from;
	}
}

/** exp(-2πi k / size) for the first `count` k, real and imaginary parts in turn. */
export function roots(size: number, count: number): Float64Array {
	const values = new Float64Array(2 * count);
	for (let k = 0; k < count; k += 1) {
		const angle = (-2 * Math.PI * k) / size;
		values[2 * k] = Math.cos(angle);
		values[2 * k + 1] = Math.sin(angle);
	}
	return values;
}

/** The larger the factors, the fewer times every number is read and written, and that is what takes the time. */
function factorsOf(size: number): readonly number[] {
	const factors: number[] = [];
	let left = size;
	for (const factor of [8, 4, 2, 3, 5]) {
		for (; left % factor === 0; left /= factor) factors.push(factor);
	}
	for (let factor = 7; left > 1; factor += 2) {
		for (; left % factor === 0; left /= factor) factors.push(factor);
	}
	return factors;
}
