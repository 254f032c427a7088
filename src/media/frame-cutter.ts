/** Samples that come in pieces of any size, cut into frames of one. Keeps less than a frame. */
export class FrameCutter {
	readonly #size: number;
	#held: Float32Array = new Float32Array(0);

	constructor(size: number) {
		this.#size = size;
	}

	/** The frames that are whole by now; views into what was pushed, mostly. */
	*push(samples: Float32Array): Generator<Float32Array> {
		const joined = this.#held.length === 0 ? samples : concatenated(this.#held, samples);
		const whole = joined.length - (joined.length % this.#size);
		this.#held = joined.slice(whole);
		for (let at = 0; at < whole; at += this.#size) yield joined.subarray(at, at + this.#size);
	}

	/** What is left, filled up with silence; undefined where nothing is. */
	end(): Float32Array | undefined {
		if (this.#held.length === 0) return undefined;
		const frame = new Float32Array(this.#size);
		frame.set(this.#held);
		this.#held = new Float32Array(0);
		return frame;
	}
}

function concatenated(a: Float32Array, b: Float32Array): Float32Array {
	const both = new Float32Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}
