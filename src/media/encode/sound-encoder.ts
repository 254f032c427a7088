/** Interleaved samples of this many a second. */
export interface SoundShape {
	readonly sampleRate: number;
	readonly channels: 1 | 2;
}

/** Turns samples into the bytes of a file, piece by piece. */
export interface SoundEncoder {
	/** Bytes that are complete so far; may be none. */
	encode(samples: Float32Array): Uint8Array;
	/** What was held back. Called once, after the last samples. */
	finish(): Uint8Array;
}
