/**
 * Noise that is the same on every machine: Philox 4×32 with ten rounds (Salmon et al. 2011), keyed by the seed, and
 * Box–Muller on its numbers. It is counted, not carried on: what a step draws does not depend on what was drawn before.
 *
 * The counter is `[block, 0, stream, 0]`, the key `[seed, 0]`. Each block of four numbers `u0 … u3` gives four of a normal
 * distribution: with `a = (u0 + 0.5) / 2³²` and `b = u1 / 2³²`, `√(-2 ln a) cos 2πb` and `√(-2 ln a) sin 2πb`; then the same
 * of `u2` and `u3`. Numbers are stored in single precision, in the order of the tensor they fill.
 */
export function gaussianNoise(seed: number, stream: number, count: number): Float32Array {
	const noise = new Float32Array(count);
	for (let block = 0; block * 4 < count; block += 1) {
		const bits = philox([block, 0, stream, 0], [seed, 0]);
		for (let pair = 0; pair < 2; pair += 1) {
			const radius = Math.sqrt(-2 * Math.log(((bits[pair * 2] ?? 0) + 0.5) / 2 ** 32));
			const angle = (2 * Math.PI * (bits[pair * 2 + 1] ?? 0)) / 2 ** 32;
			noise[block * 4 + pair * 2] = radius * Math.cos(angle);
			noise[block * 4 + pair * 2 + 1] = radius * Math.sin(angle);
		}
	}
	return noise;
}

export type Four = readonly [number, number, number, number];

export function philox([c0, c1, c2, c3]: Four, key: readonly [number, number]): Four {
	let [x0, x1, x2, x3] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
	let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
	for (let round = 0; round < 10; round += 1) {
		const low0 = Math.imul(0xd2511f53, x0) >>> 0;
		const high0 = highHalf(0xd2511f53, x0);
		const low1 = Math.imul(0xcd9e8d57, x2) >>> 0;
		const high1 = highHalf(0xcd9e8d57, x2);
		[x0, x1, x2, x3] = [(high1 ^ x1 ^ k0) >>> 0, low1, (high0 ^ x3 ^ k1) >>> 0, low0];
		k0 = (k0 + 0x9e3779b9) >>> 0;
		k1 = (k1 + 0xbb67ae85) >>> 0;
	}
	return [x0, x1, x2, x3];
}

/** The upper 32 bits of a product of two numbers of 32 bits. */
function highHalf(a: number, b: number): number {
	const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
	const middle = ah * bl + Math.floor((al * bl) / 0x10000);
	const cross = al * bh + (middle & 0xffff);
	return (ah * bh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}
