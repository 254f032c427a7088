import {fromPcm, sampleBytes, type PcmEncoding} from './pcm.ts';

/** Bare samples that arrive in pieces of any size; a piece may end in the middle of a sample. Keeps less than a frame. */
export class PcmReader {
	readonly #encoding: PcmEncoding;
	readonly #frameBytes: number;
	#held: Uint8Array = new Uint8Array(0);
	#frames = 0;

	constructor(format: {readonly encoding: PcmEncoding; readonly channels: number}) {
		this.#encoding = format.encoding;
		this.#frameBytes = sampleBytes(format.encoding) * format.channels;
	}

	/** Whole frames (one sample for each channel) given back so far. */
	get frames(): number {
		return this.#frames;
	}

	/** Bytes of a frame that has only begun. At the end they say that the input was cut. */
	get heldBytes(): number {
		return this.#held.length;
	}

	/** The whole frames that `bytes` completes, interleaved, in -1..1. `bytes` may be reused afterwards. */
	push(bytes: Uint8Array): Float32Array {
		const joined = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
		const whole = joined.length - (joined.length % this.#frameBytes);
		// A copy: a `Buffer` would slice itself by reference, and keep the whole piece alive.
		this.#held = Uint8Array.from(joined.subarray(whole));
		this.#frames += whole / this.#frameBytes;
		return fromPcm(joined.subarray(0, whole), this.#encoding);
	}
}
