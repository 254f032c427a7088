/** A picture as samples of 8 bits in sRGB, row by row from the top left; the fourth channel is how opaque it is. */
export interface Pixels {
	/** `width * height * channels` bytes. */
	readonly data: Uint8Array;
	readonly width: number;
	readonly height: number;
	readonly channels: 3 | 4;
}

/** More than any camera takes, and still no more memory than a machine has. */
export const mostPixels = 100_000_000;
