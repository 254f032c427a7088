/** The same numbers in [0, 1) for the same seed. */
export function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A copy with one to eight bytes between `from` and `to` set to something else. */
export function damaged(bytes: Uint8Array, from: number, to: number, random: () => number): Uint8Array {
	const copy = Uint8Array.from(bytes);
	const count = 1 + Math.floor(random() * 8);
	for (let index = 0; index < count; index++) {
		const place = from + Math.floor(random() * (to - from));
		copy[place] = Math.floor(random() * 256);
	}
	return copy;
}
