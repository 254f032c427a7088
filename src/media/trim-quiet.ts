/** Of the loudest there can be: below it lies the silence that a voice puts around what it says. */
const audible = 0.005;
/** Seconds of it that stay, so that no soft consonant is cut. */
const keptSeconds = 0.04;
/** Seconds; what is quiet for longer is meant so. */
const mostSeconds = 0.5;

export interface TrimOptions {
	readonly sampleRate: number;
	readonly channels: 1 | 2;
	/** Whether to shorten the silence before the first sound, and that behind the last. */
	readonly start: boolean;
	readonly end: boolean;
}

/** Sound that comes in pieces, without the silence around it. Between two sounds nothing is changed. */
export class QuietTrimmer {
	readonly #channels: number;
	readonly #kept: number;
	readonly #most: number;
	readonly #end: boolean;
	#begun: boolean;
	/** Quiet, and not given back yet. */
	#held: Float32Array = new Float32Array(0);

	/** Samples are interleaved. */
	constructor({sampleRate, channels, start, end}: TrimOptions) {
		this.#channels = channels;
		this.#kept = Math.round(keptSeconds * sampleRate) * channels;
		this.#most = Math.round(mostSeconds * sampleRate) * channels;
		this.#begun = !start;
		this.#end = end;
	}

	/** What can be heard now; may be empty. */
	push(samples: Float32Array): Float32Array {
		if (this.#begun && !this.#end) return samples;
		const sound = joined(this.#held, samples);
		const from = this.#begun ? 0 : this.#beginning(sound);
		if (from === undefined) {
			this.#held = sound;
			return sound.subarray(0, 0);
		}
		this.#begun = true;
		const to = this.#end ? Math.max(from, this.#ending(sound)) : sound.length;
		this.#held = sound.slice(to);
		return from === 0 && to === sound.length ? sound : sound.subarray(from, to);
	}

	/** Nothing follows: what is left. */
	rest(): Float32Array {
		const held = this.#held;
		this.#held = held.subarray(0, 0);
		// Nothing was ever heard, so there is nothing that it lies around.
		return this.#begun ? held.subarray(0, 0) : held;
	}

	/** Undefined: nothing was heard yet, and more may come. */
	#beginning(sound: Float32Array): number | undefined {
		const first = sound.findIndex(sample => Math.abs(sample) >= audible);
		if (first < 0) return sound.length > this.#most ? 0 : undefined;
		return first > this.#most ? 0 : this.#frame(Math.max(0, first - this.#kept));
	}

	#ending(sound: Float32Array): number {
		const last = sound.findLastIndex(sample => Math.abs(sample) >= audible);
		const end = Math.min(sound.length, this.#frame(last + this.#channels + this.#kept));
		return sound.length - end > this.#most ? sound.length : end;
	}

	#frame(at: number): number {
		return at - (at % this.#channels);
	}
}

function joined(before: Float32Array, after: Float32Array): Float32Array {
	if (before.length === 0) return after;
	const all = new Float32Array(before.length + after.length);
	all.set(before);
	all.set(after, before.length);
	return all;
}
