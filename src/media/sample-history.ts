/** The last samples of a sound that comes in pieces, by their place in the whole. What lies outside is silence. */
export class SampleHistory {
	readonly #ring: Float32Array;
	#end = 0;

	/** @param capacity Samples that are kept. */
	constructor(capacity: number) {
		this.#ring = new Float32Array(capacity);
	}

	/** Samples that came in all. */
	get end(): number {
		return this.#end;
	}

	push(samples: Float32Array): void {
		const size = this.#ring.length;
		const kept = samples.subarray(Math.max(0, samples.length - size));
		this.#end += samples.length - kept.length;
		const at = this.#end % size;
		const first = kept.subarray(0, size - at);
		this.#ring.set(first, at);
		this.#ring.set(kept.subarray(first.length), 0);
		this.#end += kept.length;
	}

	/** A copy of the samples from one place to another; silence for what has not come yet, and for what is forgotten. */
	slice(from: number, to: number): Float32Array {
		const samples = new Float32Array(Math.max(0, to - from));
		const first = Math.max(from, this.#end - this.#ring.length, 0);
		const last = Math.min(to, this.#end);
		for (let at = first; at < last; at += 1) samples[at - from] = this.#ring[at % this.#ring.length] ?? 0;
		return samples;
	}
}
