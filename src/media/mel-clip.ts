import {RealFft} from './fft.ts';
import {MelFilters} from './mel-filters.ts';

export interface MelClipOptions {
	readonly sampleRate: number;
	/** Samples in a window of the transform, and between two of them. */
	readonly size: number;
	readonly hop: number;
	readonly mels: number;
	/** Hertz where the first filter begins and the last ends. */
	readonly low: number;
	readonly high: number;
	/** Columns of the picture; what more there would be is left out. */
	readonly frames: number;
}

/** Below it a logarithm would only tell kinds of silence apart. */
const floor = 1e-6;

/**
 * A clip of fixed length as a picture that a small network looks at: energies by mel filter and time, as natural
 * logarithms, shifted and scaled so that their mean is nought and their standard deviation one. Loudness is lost by it.
 */
export class MelClip {
	readonly #options: MelClipOptions;
	readonly #fft: RealFft;
	readonly #filters: MelFilters;
	/** Hann, periodic. */
	readonly #window: Float64Array;

	constructor(options: MelClipOptions) {
		this.#options = options;
		this.#fft = new RealFft(options.size);
		this.#filters = new MelFilters({...options, scale: 'slaney', equalArea: true});
		this.#window = Float64Array.from({length: options.size}, (_, at) => {
			return 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / options.size);
		});
	}

	/** Rows of `frames` numbers, the lowest filter first. `clip` has more samples than half a window. */
	picture(clip: Float32Array): Float32Array {
		const {frames, hop, size, mels} = this.#options;
		const picture = new Float32Array(mels * frames);
		const windowed = new Float64Array(size);
		const power = new Float64Array(this.#fft.bins);
		const energies = new Float64Array(mels);
		for (let frame = 0; frame < frames; frame += 1) {
			const start = frame * hop - size / 2;
			for (let at = 0; at < size; at += 1)
				windowed[at] = (clip[mirrored(start + at, clip.length)] ?? 0) * (this.#window[at] ?? 0);
			this.#fft.power(windowed, power);
			this.#filters.apply(power, energies);
			for (let mel = 0; mel < mels; mel += 1) picture[mel * frames + frame] = Math.log((energies[mel] ?? 0) + floor);
		}
		return standardized(picture);
	}
}

/** The first and the last window reach over the edge, where the clip is read backwards. */
function mirrored(at: number, length: number): number {
	const folded = Math.abs(at);
	return folded < length ? folded : 2 * (length - 1) - folded;
}

/** In place. A picture of one colour becomes nought everywhere. */
function standardized(picture: Float32Array): Float32Array {
	const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
	const variance = picture.reduce((sum, value) => sum + (value - mean) ** 2, 0) / picture.length;
	const scale = 1 / (Math.sqrt(variance) + floor);
	for (let at = 0; at < picture.length; at += 1) picture[at] = ((picture[at] ?? 0) - mean) * scale;
	return picture;
}
