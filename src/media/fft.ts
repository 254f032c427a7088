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
	readonly #twiddles: Float64Array;
	readonly #even: Float64Array;
	readonly #odd: Float64Array;
	readonly #sines: Float64Array;

	constructor(size: number) {
		if (!Number.isSafeInteger(size) || size < 2 || size % 2 !== 0)
			throw new RangeError(`a transform has an even size, not ${size}`);
		this.size = size;
		this.bins = size / 2 + 1;
		this.#half = new ComplexFft(size / 2);
		this.#twiddles = roots(size, size / 2 + 1);
		this.#even = new Float64Array(size / 2);
		this.#odd = new Float64Array(size / 2);
		this.#sines = new Float64Array(size / 2 + 1);
	}

	/** Energy at each of the `bins` frequencies of `size` samples: the squared magnitude, not scaled. */
	power(samples: Float64Array, power: Float64Array): void {
		this.transform(samples, power, this.#sines);
		// Multiplied, not raised to a power: that took a tenth of all the time.
		for (let bin = 0; bin < this.bins; bin += 1) {
			const real = power[bin] ?? 0;
			const imaginary = this.#sines[bin] ?? 0;
			power[bin] = real * real + imaginary * imaginary;
		}
	}

	/** Real and imaginary part at each of the `bins` frequencies of `size` samples, lowest first. */
	transform(samples: Float64Array, real: Float64Array, imaginary: Float64Array): void {
		const size = this.size / 2;
		for (let index = 0; index < size; index += 1) {
			this.#even[index] = samples[2 * index] ?? 0;
			this.#odd[index] = samples[2 * index + 1] ?? 0;
		}
		const half = this.#half.transform(this.#even, this.#odd);
		for (let bin = 0; bin <= size; bin += 1) {
			const at = bin === size ? 0 : bin;
			const mirror = at === 0 ? 0 : size - at;
			const x = half.real[at] ?? 0;
			const y = half.imaginary[at] ?? 0;
			const mirrorX = half.real[mirror] ?? 0;
			const mirrorY = half.imaginary[mirror] ?? 0;
			const cosine = this.#twiddles[2 * bin] ?? 0;
			const sine = this.#twiddles[2 * bin + 1] ?? 0;
			real[bin] = (x + mirrorX + cosine * (y + mirrorY) - sine * (mirrorX - x)) / 2;
			imaginary[bin] = (y - mirrorY + cosine * (mirrorX - x) + sine * (y + mirrorY)) / 2;
		}
	}
}

interface Parts {
	readonly real: Float64Array;
	readonly imaginary: Float64Array;
}

/** Stockham's form: one pass for each factor of the size, each writing its results in order, so that none are sorted after. */
class ComplexFft {
	readonly #size: number;
	readonly #factors: readonly number[];
	readonly #roots: Float64Array;
	readonly #first: Parts;
	readonly #second: Parts;
	readonly #terms: Float64Array;

	constructor(size: number) {
		this.#size = size;
		this.#factors = factorsOf(size);
		this.#roots = roots(size, size);
		this.#first = {real: new Float64Array(size), imaginary: new Float64Array(size)};
		this.#second = {real: new Float64Array(size), imaginary: new Float64Array(size)};
		this.#terms = new Float64Array(2 * Math.max(2, ...this.#factors) + 4);
	}

	/** The result lies in memory that the next call overwrites. */
	transform(real: Float64Array, imaginary: Float64Array): Parts {
		let from: Parts = {real, imaginary};
		let to = this.#first;
		let length = this.#size;
		let stride = 1;
		for (const factor of this.#factors) {
			if (factor === 2) this.#halve(from, to, length, stride);
			else if (factor === 4) this.#quarter(from, to, length, stride);
			else if (factor === 5) this.#fifth(from, to, length, stride);
			else this.#divide(from, to, length, stride, factor);
			from = to;
			to = to === this.#first ? this.#second : this.#first;
			length /= factor;
			stride *= factor;
		}
		return from;
	}

	#halve(from: Parts, to: Parts, length: number, stride: number): void {
		const half = length / 2;
		for (let part = 0; part < half; part += 1) {
			const cosine = this.#roots[2 * part * stride] ?? 0;
			const sine = this.#roots[2 * part * stride + 1] ?? 0;
			for (let column = 0; column < stride; column += 1) {
				const a = column + stride * part;
				const b = a + stride * half;
				const into = column + stride * 2 * part;
				const aReal = from.real[a] ?? 0;
				const aImaginary = from.imaginary[a] ?? 0;
				const bReal = from.real[b] ?? 0;
				const bImaginary = from.imaginary[b] ?? 0;
				to.real[into] = aReal + bReal;
				to.imaginary[into] = aImaginary + bImaginary;
				write(to, into + stride, aReal - bReal, aImaginary - bImaginary, cosine, sine);
			}
		}
	}

	#quarter(from: Parts, to: Parts, length: number, stride: number): void {
		const quarter = length / 4;
		const root = this.#roots;
		for (let part = 0; part < quarter; part += 1) {
			const one = 2 * part * stride;
			for (let column = 0; column < stride; column += 1) {
				const a = column + stride * part;
				const b = a + stride * quarter;
				const c = b + stride * quarter;
				const d = c + stride * quarter;
				const sumReal = (from.real[a] ?? 0) + (from.real[c] ?? 0);
				const sumImaginary = (from.imaginary[a] ?? 0) + (from.imaginary[c] ?? 0);
				const differenceReal = (from.real[a] ?? 0) - (from.real[c] ?? 0);
				const differenceImaginary = (from.imaginary[a] ?? 0) - (from.imaginary[c] ?? 0);
				const otherReal = (from.real[b] ?? 0) + (from.real[d] ?? 0);
				const otherImaginary = (from.imaginary[b] ?? 0) + (from.imaginary[d] ?? 0);
				// Turned by a quarter: (x + iy) × -i.
				const turnedReal = (from.imaginary[b] ?? 0) - (from.imaginary[d] ?? 0);
				const turnedImaginary = (from.real[d] ?? 0) - (from.real[b] ?? 0);
				const into = column + stride * 4 * part;
				to.real[into] = sumReal + otherReal;
				to.imaginary[into] = sumImaginary + otherImaginary;
				write(
					to,
					into + stride,
					differenceReal + turnedReal,
					differenceImaginary + turnedImaginary,
					root[one] ?? 0,
					root[one + 1] ?? 0,
				);
				write(
					to,
					into + 2 * stride,
					sumReal - otherReal,
					sumImaginary - otherImaginary,
					root[2 * one] ?? 0,
					root[2 * one + 1] ?? 0,
				);
				write(
					to,
					into + 3 * stride,
					differenceReal - turnedReal,
					differenceImaginary - turnedImaginary,
					root[3 * one] ?? 0,
					root[3 * one + 1] ?? 0,
				);
			}
		}
	}

	/** What `#divide` does for five, written out: the windows of speech models are 25 ms, so 400 samples. */
	#fifth(from: Parts, to: Parts, length: number, stride: number): void {
		const apart = (length / 5) * stride;
		const root = this.#roots;
		for (let part = 0; part < length / 5; part += 1) {
			const one = 2 * part * stride;
			for (let column = 0; column < stride; column += 1) {
				const a = column + stride * part;
				const b = a + apart;
				const c = b + apart;
				const d = c + apart;
				const e = d + apart;
				const startReal = from.real[a] ?? 0;
				const startImaginary = from.imaginary[a] ?? 0;
				const outerReal = (from.real[b] ?? 0) + (from.real[e] ?? 0);
				const outerImaginary = (from.imaginary[b] ?? 0) + (from.imaginary[e] ?? 0);
				const innerReal = (from.real[c] ?? 0) + (from.real[d] ?? 0);
				const innerImaginary = (from.imaginary[c] ?? 0) + (from.imaginary[d] ?? 0);
				const apartReal = (from.real[b] ?? 0) - (from.real[e] ?? 0);
				const apartImaginary = (from.imaginary[b] ?? 0) - (from.imaginary[e] ?? 0);
				const nearReal = (from.real[c] ?? 0) - (from.real[d] ?? 0);
				const nearImaginary = (from.imaginary[c] ?? 0) - (from.imaginary[d] ?? 0);
				const evenReal = startReal + fifth.cosine * outerReal + fifth.cosine2 * innerReal;
				const evenImaginary = startImaginary + fifth.cosine * outerImaginary + fifth.cosine2 * innerImaginary;
				const even2Real = startReal + fifth.cosine2 * outerReal + fifth.cosine * innerReal;
				const even2Imaginary = startImaginary + fifth.cosine2 * outerImaginary + fifth.cosine * innerImaginary;
				const oddReal = fifth.sine * apartReal + fifth.sine2 * nearReal;
				const oddImaginary = fifth.sine * apartImaginary + fifth.sine2 * nearImaginary;
				const odd2Real = fifth.sine2 * apartReal - fifth.sine * nearReal;
				const odd2Imaginary = fifth.sine2 * apartImaginary - fifth.sine * nearImaginary;
				const into = column + stride * 5 * part;
				to.real[into] = startReal + outerReal + innerReal;
				to.imaginary[into] = startImaginary + outerImaginary + innerImaginary;
				turn(to, into + stride, evenReal + oddImaginary, evenImaginary - oddReal, root, one);
				turn(to, into + 2 * stride, even2Real + odd2Imaginary, even2Imaginary - odd2Real, root, 2 * one);
				turn(to, into + 3 * stride, even2Real - odd2Imaginary, even2Imaginary + odd2Real, root, 3 * one);
				turn(to, into + 4 * stride, evenReal - oddImaginary, evenImaginary + oddReal, root, 4 * one);
			}
		}
	}

	/** Any odd factor, by the definition of the transform; terms that mirror each other are taken together. */
	#divide(from: Parts, to: Parts, length: number, stride: number, factor: number): void {
		const part = length / factor;
		const pairs = (factor - 1) / 2;
		const step = this.#size / factor;
		const apart = stride * part;
		const terms = this.#terms;
		const root = this.#roots;
		for (let first = 0; first < part; first += 1) {
			for (let column = 0; column < stride; column += 1) {
				const start = column + stride * first;
				const into = column + stride * factor * first;
				const startReal = from.real[start] ?? 0;
				const startImaginary = from.imaginary[start] ?? 0;
				let allReal = startReal;
				let allImaginary = startImaginary;
				for (let pair = 1; pair <= pairs; pair += 1) {
					const near = start + pair * apart;
					const far = start + (factor - pair) * apart;
					const sumReal = (from.real[near] ?? 0) + (from.real[far] ?? 0);
					const sumImaginary = (from.imaginary[near] ?? 0) + (from.imaginary[far] ?? 0);
					terms[4 * pair] = sumReal;
					terms[4 * pair + 1] = sumImaginary;
					terms[4 * pair + 2] = (from.real[near] ?? 0) - (from.real[far] ?? 0);
					terms[4 * pair + 3] = (from.imaginary[near] ?? 0) - (from.imaginary[far] ?? 0);
					allReal += sumReal;
					allImaginary += sumImaginary;
				}
				to.real[into] = allReal;
				to.imaginary[into] = allImaginary;
				for (let output = 1; output <= pairs; output += 1) {
					let evenReal = startReal;
					let evenImaginary = startImaginary;
					let oddReal = 0;
					let oddImaginary = 0;
					let turn = 0;
					for (let pair = 1; pair <= pairs; pair += 1) {
						turn += output;
						if (turn >= factor) turn -= factor;
						const cosine = root[2 * turn * step] ?? 0;
						const sine = root[2 * turn * step + 1] ?? 0;
						evenReal += cosine * (terms[4 * pair] ?? 0);
						evenImaginary += cosine * (terms[4 * pair + 1] ?? 0);
						oddReal -= sine * (terms[4 * pair + 3] ?? 0);
						oddImaginary += sine * (terms[4 * pair + 2] ?? 0);
					}
					const near = 2 * first * output * stride;
					const far = 2 * first * (factor - output) * stride;
					const mirror = factor - output;
					write(
						to,
						into + output * stride,
						evenReal + oddReal,
						evenImaginary + oddImaginary,
						root[near] ?? 0,
						root[near + 1] ?? 0,
					);
					write(
						to,
						into + mirror * stride,
						evenReal - oddReal,
						evenImaginary - oddImaginary,
						root[far] ?? 0,
						root[far + 1] ?? 0,
					);
				}
			}
		}
	}
}

/** Of a fifth of a circle, and of two fifths. */
const fifth = {
	cosine: Math.cos((2 * Math.PI) / 5),
	cosine2: Math.cos((4 * Math.PI) / 5),
	sine: Math.sin((2 * Math.PI) / 5),
	sine2: Math.sin((4 * Math.PI) / 5),
} as const;

function turn(to: Parts, at: number, real: number, imaginary: number, roots: Float64Array, root: number): void {
	write(to, at, real, imaginary, roots[root] ?? 0, roots[root + 1] ?? 0);
}

function write(to: Parts, at: number, real: number, imaginary: number, cosine: number, sine: number): void {
	to.real[at] = real * cosine - imaginary * sine;
	to.imaginary[at] = real * sine + imaginary * cosine;
}

/** exp(-2πi k / size) for the first `count` k, real and imaginary parts in turn. */
function roots(size: number, count: number): Float64Array {
	const values = new Float64Array(2 * count);
	for (let k = 0; k < count; k += 1) {
		const angle = (-2 * Math.PI * k) / size;
		values[2 * k] = Math.cos(angle);
		values[2 * k + 1] = Math.sin(angle);
	}
	return values;
}

function factorsOf(size: number): readonly number[] {
	const factors: number[] = [];
	let left = size;
	for (const factor of [4, 2, 3, 5]) {
		for (; left % factor === 0; left /= factor) factors.push(factor);
	}
	for (let factor = 7; left > 1; factor += 2) {
		for (; left % factor === 0; left /= factor) factors.push(factor);
	}
	return factors;
}
