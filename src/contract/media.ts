/** What can travel through a port. Open: a plugin adds its own medium by declaration merging. */
export interface Media {
	text: string;
	audio: Audio;
	image: Image;
	vector: Float32Array;
}

export type Medium = keyof Media & string;

/** Mono or interleaved PCM, samples in -1..1. The rate travels with the samples, so no stage ever guesses it. */
export interface Audio {
	readonly samples: Float32Array;
	readonly sampleRate: number;
	readonly channels: 1 | 2;
}

export interface Image {
	readonly bytes: Uint8Array;
	readonly mediaType: `image/${string}`;
}
