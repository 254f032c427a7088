import {ComplexFft, roots} from './complex-fft.ts';

/**
 * The discrete Fourier transform of real samples. Any even size works; those made of small factors (512, but 400 or 480
 * as well) are fast. One object serves one thread: it works in memory of its own.
 */
export class RealFft {
	readonly size: number;
	/** Frequencies from nought to half the sample rate, both included. */
	readonly bins: number;
	/** Even samples as the real part, odd ones as the imaginary: a transform of half the size does it all. */
	readonly #half: ComplexFft;
	readonly #roots: Float64Array;

	constructor(size: number) {
		if (!Number.isSafeInteger(size) || size < 2 || size % 2 !== 0)
			throw new RangeError(`a transform has an even size, not ${size}`);
		this.size = size;
		this.bins = size / 2 + 1;
		this.#half = new ComplexFft(size / 2);
		this.#roots = roots(size, this.bins);
	}

	/** Energy at each of the `bins` frequencies of `size` samples, lowest first: the squared magnitude, not scaled. */
	power(samples: Float64Array, power: Float64Array): void {
		const size = this.size / 2;
		const root = this.#roots;
		const half = this.#half.transform(samples);
		const even = half[0] ?? 0;
		const odd = half[1] ?? 0;
		power[0] = (even + odd) * (even + odd);
		power[size] = (even - odd) * (even - odd);
		// Two frequencies that mirror each other are made of the same two numbers.
		for (let bin = 1, mirror = size - 1; bin <= mirror; bin += 1, mirror -= 1) {
			const x = half[2 * bin] ?? 0;
			const y = half[2 * bin + 1] ?? 0;
			const mirrorX = half[2 * mirror] ?? 0;
			const mirrorY = half[2 * mirror + 1] ?? 0;
			const cosine = root[2 * bin] ?? 0;
			const sine = root[2 * bin + 1] ?? 0;
			const evenReal = x + mirrorX;
			const evenImaginary = y - mirrorY;
			const oddReal = cosine * (y + mirrorY) - sine * (mirrorX - x);
			const oddImaginary = cosine * (mirrorX - x) + sine * (y + mirrorY);
			// Twice what they are.
			const real = evenReal + oddReal;
			const imaginary = evenImaginary + oddImaginary;
			const otherReal = evenReal - oddReal;
			const otherImaginary = evenImaginary - oddImaginary;
			// Multiplied, not raised to a power: that took a tenth of all the time.
			power[bin] = (real * real + imaginary * imaginary) / 4;
			power[mirror] = (otherReal * otherReal + otherImaginary * otherImaginary) / 4;
		}
	}
}
