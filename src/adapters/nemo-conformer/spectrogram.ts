import {RealFft} from '../../media/fft.ts';
import {MelFilters} from '../../media/mel-filters.ts';

export const sampleRate = 16_000;
/** Samples of the transform, of the window in the middle of it, and between two of them. */
const size = 512;
const width = 400;
const hop = 160;
/** How much of a sample is taken from the next: high notes stand out. */
const emphasis = 0.97;
/** Added to all power, so that silence has a logarithm. */
const guard = 2 ** -24;

export interface NemoPicture {
	/** Rows of `columns` numbers, the lowest band first. */
	readonly data: Float32Array;
	readonly columns: number;
	/** Columns that tell of the sound; what follows is nought. */
	readonly heard: number;
}

/**
 * The spectrogram that NeMo's networks were made for: Hann windows about each hop, power by Slaney's mel filters, natural
 * logarithms, each band brought to mean nought and deviation one. The same as their `nemo80.onnx` and `nemo128.onnx` make.
 */
export class NemoSpectrogram {
	readonly #bands: number;
	readonly #fft: RealFft = new RealFft(size);
	readonly #filters: MelFilters;
	/** Symmetric. */
	readonly #window: Float64Array = Float64Array.from(
		{length: width},
		(_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / (width - 1)),
	);

	constructor(bands: number) {
		this.#bands = bands;
		const range = {low: 0, high: sampleRate / 2};
		this.#filters = new MelFilters({sampleRate, size, mels: bands, ...range, scale: 'slaney', equalArea: true});
	}

	picture(sound: Float32Array): NemoPicture {
		const columns = Math.floor(sound.length / hop) + 1;
		const heard = columns - 1;
		const data = new Float32Array(this.#bands * columns);
		const windowed = new Float64Array(size);
		const power = new Float64Array(this.#fft.bins);
		const energies = new Float64Array(this.#bands);
		for (let column = 0; column < heard; column += 1) {
			this.#cut(sound, column * hop - width / 2, windowed);
			this.#fft.power(windowed, power);
			this.#filters.apply(power, energies);
			for (let band = 0; band < this.#bands; band += 1)
				data[band * columns + column] = Math.log((energies[band] ?? 0) + guard);
		}
		for (let band = 0; band < this.#bands; band += 1) normalize(data.subarray(band * columns, band * columns + heard));
		return {data, columns, heard};
	}

	/** The samples from `start` on, the high notes stressed, weighed by the window; beyond the sound is silence. */
	#cut(sound: Float32Array, start: number, windowed: Float64Array): void {
		const margin = (size - width) / 2;
		for (let at = 0; at < width; at += 1) {
			const place = start + at;
			const stressed = place < sound.length ? (sound[place] ?? 0) - emphasis * (sound[place - 1] ?? 0) : 0;
			windowed[margin + at] = stressed * (this.#window[at] ?? 0);
		}
	}
}

/** In place; in doubles, so that long sound loses nothing. */
function normalize(band: Float32Array): void {
	const mean = band.reduce((sum, value) => sum + value, 0) / band.length;
	const squares = band.reduce((sum, value) => sum + (value - mean) ** 2, 0);
	const scale = 1 / (Math.sqrt(squares / (band.length - 1)) + 1e-5);
	for (let at = 0; at < band.length; at += 1) band[at] = ((band[at] ?? 0) - mean) * scale;
}
