import {negativeExponent} from './negative-exponent.ts';

export interface PickedToken {
	readonly token: number;
	/** Natural logarithm of its probability among those that were allowed. */
	readonly logProbability: number;
}

/** The likeliest token at temperature 0, else one by chance: `random` gives numbers in 0..1. Pure but for `random`. */
export function pickToken(logits: Float32Array, temperature: number, random: () => number): PickedToken {
	const best = likeliest(logits);
	const highest = logits[best] ?? 0;
	const total = sumOfExponents(logits, highest, 1);
	const token = temperature === 0 ? best : drawn(logits, highest, temperature, random());
	return {token, logProbability: (logits[token] ?? 0) - highest - Math.log(total)};
}

/** Probability of `token` among `among`, or among all. */
export function probabilityOf(logits: Float32Array, token: number, among?: readonly number[]): number {
	const values = among === undefined ? logits : Float32Array.from(among, id => logits[id] ?? -Infinity);
	const highest = values[likeliest(values)] ?? 0;
	return Math.exp((logits[token] ?? -Infinity) - highest) / sumOfExponents(values, highest, 1);
}

export function likeliest(logits: Float32Array): number {
	let best = 0;
	let highest = -Infinity;
	for (let token = 0; token < logits.length; token += 1) {
		const value = logits[token] ?? -Infinity;
		if (value > highest) {
			highest = value;
			best = token;
		}
	}
	return best;
}

function sumOfExponents(logits: Float32Array, highest: number, temperature: number): number {
	let sum = 0;
	for (let token = 0; token < logits.length; token += 1)
		sum += negativeExponent((highest - (logits[token] ?? -Infinity)) / temperature);
	return sum;
}

function drawn(logits: Float32Array, highest: number, temperature: number, chance: number): number {
	let left = chance * sumOfExponents(logits, highest, temperature);
	for (let token = 0; token < logits.length; token += 1) {
		left -= negativeExponent((highest - (logits[token] ?? -Infinity)) / temperature);
		if (left <= 0 && logits[token] !== -Infinity) return token;
	}
	return likeliest(logits);
}

/** Numbers in 0..1 that look like chance and are the same each time for the same seed. */
export function chance(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
