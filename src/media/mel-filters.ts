/** Which formula makes mels of hertz: Slaney's toolbox (librosa, Whisper) or the one of HTK (Kaldi, torchaudio). */
export type MelScale = 'slaney' | 'htk';

export interface MelOptions {
	readonly sampleRate: number;
	/** Of the transform; it has `size / 2 + 1` frequencies. */
	readonly size: number;
	readonly mels: number;
	/** Hertz where the first filter begins and the last ends. */
	readonly low: number;
	readonly high: number;
	readonly scale: MelScale;
	/** Every filter has the same area (librosa's `norm='slaney'`), or the same height. */
	readonly equalArea: boolean;
}

/** One triangle over the frequencies: what lies outside has no weight. */
interface Filter {
	readonly first: number;
	readonly weights: Float64Array;
}

/** Overlapping triangles, evenly spread over the pitches as people hear them. Same numbers as `librosa.filters.mel`. */
export class MelFilters {
	readonly count: number;
	readonly #size: number;
	/** Of all filters, one after the other: one array for all is read twice as fast as one for each. */
	readonly #weights: Float64Array;
	/** Where the weights of each filter begin, and of the last end. */
	readonly #starts: Int32Array;
	/** The frequency of each filter's first weight. */
	readonly #firsts: Int32Array;

	constructor(options: MelOptions) {
		const edges = melEdges(options);
		const filters = Array.from({length: options.mels}, (_, index) => triangle(edges.slice(index, index + 3), options));
		this.count = options.mels;
		this.#size = options.size;
		this.#weights = Float64Array.from(filters.flatMap(({weights}) => [...weights]));
		this.#firsts = Int32Array.from(filters, ({first}) => first);
		this.#starts = new Int32Array(options.mels + 1);
		for (const [index, {weights}] of filters.entries())
			this.#starts[index + 1] = (this.#starts[index] ?? 0) + weights.length;
	}

	/** What the filter weighs each frequency with, from nought to half the sample rate. */
	row(index: number): Float64Array {
		const row = new Float64Array(this.#size / 2 + 1);
		row.set(this.#weights.subarray(this.#starts[index], this.#starts[index + 1]), this.#firsts[index]);
		return row;
	}

	/** Energy by filter: sums `power`, one number for each frequency, into the first `count` of `energies`. */
	apply(power: Float64Array, energies: Float64Array): void {
		const weights = this.#weights;
		const starts = this.#starts;
		const firsts = this.#firsts;
		let at = 0;
		for (let index = 0; index < this.count; index += 1) {
			const end = starts[index + 1] ?? 0;
			let bin = firsts[index] ?? 0;
			let sum = 0;
			// Two at once: what a loop costs beside its sum is as much as the sum.
			for (; at + 1 < end; at += 2, bin += 2)
				sum = sum + (weights[at] ?? 0) * (power[bin] ?? 0) + (weights[at + 1] ?? 0) * (power[bin + 1] ?? 0);
			if (at < end) sum += (weights[at++] ?? 0) * (power[bin] ?? 0);
			energies[index] = sum;
		}
	}
}

/** Hertz: each filter rises from one edge to the next and falls to the one after. */
function melEdges({mels, low, high, scale}: MelOptions): readonly number[] {
	const {toMel, toHertz} = scales[scale];
	const first = toMel(low);
	const step = (toMel(high) - first) / (mels + 1);
	return Array.from({length: mels + 2}, (_, index) => toHertz(first + index * step));
}

function triangle(edges: readonly number[], {sampleRate, size, equalArea}: MelOptions): Filter {
	const [from = 0, middle = 0, to = 0] = edges;
	const height = equalArea ? 2 / (to - from) : 1;
	const spacing = sampleRate / size;
	const first = Math.max(0, Math.ceil(from / spacing));
	const last = Math.min(size / 2, Math.floor(to / spacing));
	const weights = Float64Array.from({length: Math.max(0, last - first + 1)}, (_, index) => {
		const frequency = (first + index) * spacing;
		return height * Math.max(0, Math.min((frequency - from) / (middle - from), (to - frequency) / (to - middle)));
	});
	return {first, weights};
}

interface Formulas {
	readonly toMel: (hertz: number) => number;
	readonly toHertz: (mel: number) => number;
}

const linearHertz = 200 / 3;
const logFrom = 1000;
const logStep = Math.log(6.4) / 27;

const scales: Readonly<Record<MelScale, Formulas>> = {
	// A line up to 1 kHz, and a logarithm from there on.
	slaney: {
		toMel: hertz =>
			hertz < logFrom ? hertz / linearHertz : logFrom / linearHertz + Math.log(hertz / logFrom) / logStep,
		toHertz: mel =>
			mel < logFrom / linearHertz ? mel * linearHertz : logFrom * Math.exp(logStep * (mel - logFrom / linearHertz)),
	},
	htk: {
		toMel: hertz => 2595 * Math.log10(1 + hertz / 700),
		toHertz: mel => 700 * (10 ** (mel / 2595) - 1),
	},
};
