export const latentSize = 16;

/** Where in what the network has learnt a drawing lies: numbers of a normal distribution, the same for the same seed. */
export function latent(seed) {
	const random = generator(seed);
	return Float32Array.from({length: latentSize}, () => {
		const radius = Math.sqrt(-2 * Math.log(1 - random()));
		return radius * Math.cos(2 * Math.PI * random());
	});
}

/** Mulberry32: numbers from 0 to 1 out of a seed of 32 bits. */
function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
