import type {Audio} from '../contract/media.ts';
import {downMix} from './down-mix.ts';
import {Resampler} from './resampler.ts';

/** One channel at one rate, whatever comes in. A piece of another rate than the one before begins a resampler of its own. */
export class MonoPieces {
	readonly #rate: number;
	#from = 0;
	#resampler: Resampler | undefined;

	constructor(rate: number) {
		this.#rate = rate;
	}

	/** What is complete of it; a few milliseconds stay behind until the next piece or the end. */
	push({samples, sampleRate, channels}: Audio): readonly Float32Array[] {
		const mono = downMix(samples, channels);
		const before = sampleRate === this.#from ? [] : this.end();
		if (sampleRate === this.#rate) return [...before, mono];
		if (this.#resampler === undefined) {
			this.#resampler = new Resampler(sampleRate, this.#rate);
			this.#from = sampleRate;
		}
		return [...before, this.#resampler.push(mono)];
	}

	/** What stayed behind. */
	end(): readonly Float32Array[] {
		const rest = this.#resampler === undefined ? [] : [this.#resampler.end()];
		this.#resampler = undefined;
		this.#from = 0;
		return rest;
	}
}
