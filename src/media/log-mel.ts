import {RealFft} from './fft.ts';
import {MelFilters} from './mel-filters.ts';

export interface LogMelOptions {
	readonly sampleRate: number;
	/** Samples in a window of the transform, and between two of them. */
	readonly size: number;
	readonly hop: number;
	readonly mels: number;
	/** Columns of the picture: what the model hears at once. */
	readonly frames: number;
}

/** Below it power counts as silence. */
const floor = 1e-10;

/**
 * The spectrogram that Whisper was made for: Hann windows about each hop, power by Slaney's mel filters, decimal
 * logarithms, no more than eight below the loudest, scaled to about -1..1. What the sound lacks to the end is silence.
 * One object serves one thread: it works in memory of its own.
 */
export class LogMel {
	readonly #options: LogMelOptions;
	readonly #fft: RealFft;
	readonly #filters: MelFilters;
	/** Periodic. */
	readonly #window: Float64Array;
	readonly #windowed: Float64Array;
	readonly #power: Float64Array;
	readonly #energies: Float64Array;

	constructor(options: LogMelOptions) {
		this.#options = options;
		this.#fft = new RealFft(options.size);
		const half = options.sampleRate / 2;
		this.#filters = new MelFilters({...options, low: 0, high: Math.min(8000, half), scale: 'slaney', equalArea: true});
		this.#window = Float64Array.from({length: options.size}, (_, at) => {
			return 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / options.size);
		});
		this.#windowed = new Float64Array(options.size);
		this.#power = new Float64Array(this.#fft.bins);
		this.#energies = new Float64Array(options.mels);
	}

	/** Rows of `frames` numbers, the lowest filter first. Sound beyond the frames is left out. */
	picture(sound: Float32Array): Float32Array {
		const {frames, hop, size, mels} = this.#options;
		const picture = new Float32Array(mels * frames).fill(Math.log10(floor));
		const windowed = this.#windowed;
		const power = this.#power;
		const energies = this.#energies;
		const heard = Math.min(sound.length, frames * hop);
		const audible = Math.min(frames, Math.ceil((heard + size / 2) / hop));
		let highest = Math.log10(floor);
		for (let frame = 0; frame < audible; frame += 1) {
			this.#cut(sound, frame * hop - size / 2, heard, windowed);
			this.#fft.power(windowed, power);
			this.#filters.apply(power, energies);
			for (let mel = 0; mel < mels; mel += 1) {
				const value = Math.log(Math.max(floor, energies[mel] ?? 0)) * Math.LOG10E;
				if (value > highest) highest = value;
				picture[mel * frames + frame] = value;
			}
		}
		return scaled(picture, highest - 8);
	}

	/** The samples from `start` on, weighed by the window. */
	#cut(sound: Float32Array, start: number, heard: number, windowed: Float64Array): void {
		const {frames, hop, size} = this.#options;
		const weights = this.#window;
		if (start >= 0 && start + size <= heard) {
			weigh(sound, start, weights, windowed);
			return;
		}
		for (let at = 0; at < size; at += 1) {
			const place = mirrored(start + at, frames * hop);
			windowed[at] = place < heard ? (sound[place] ?? 0) * (weights[at] ?? 0) : 0;
		}
	}
}

/** Four at once: what a loop costs beside the product is more than the product. */
function weigh(sound: Float32Array, start: number, weights: Float64Array, windowed: Float64Array): void {
	const whole = weights.length - (weights.length % 4);
	let from = start;
	for (let at = 0; at < whole; at += 4, from += 4) {
		windowed[at] = (sound[from] ?? 0) * (weights[at] ?? 0);
		windowed[at + 1] = (sound[from + 1] ?? 0) * (weights[at + 1] ?? 0);
		windowed[at + 2] = (sound[from + 2] ?? 0) * (weights[at + 2] ?? 0);
		windowed[at + 3] = (sound[from + 3] ?? 0) * (weights[at + 3] ?? 0);
	}
	for (let at = whole; at < weights.length; at += 1, from += 1) windowed[at] = (sound[from] ?? 0) * (weights[at] ?? 0);
}

/** The first and the last window reach over the edge, where the sound is read backwards. */
function mirrored(at: number, length: number): number {
	const folded = Math.abs(at);
	return folded < length ? folded : 2 * (length - 1) - folded;
}

/** In place. */
function scaled(picture: Float32Array, lowest: number): Float32Array {
	for (let at = 0; at < picture.length; at += 1) picture[at] = (Math.max(lowest, picture[at] ?? 0) + 4) / 4;
	return picture;
}
