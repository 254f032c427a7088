import {randomInt} from 'node:crypto';

/** How the next token is picked; names as llama.cpp spells them. Absent: the default. */
export interface SamplingOptions {
	readonly temperature?: number | undefined;
	readonly top_p?: number | undefined;
	readonly top_k?: number | undefined;
	readonly min_p?: number | undefined;
	readonly seed?: number | undefined;
	readonly repeat_penalty?: number | undefined;
	/** Tokens looked back on by the three penalties; 0 turns them off, -1 is the whole context. */
	readonly repeat_last_n?: number | undefined;
	readonly frequency_penalty?: number | undefined;
	readonly presence_penalty?: number | undefined;
}

/** Every choice made. */
export interface ResolvedSampling {
	/** 0 is greedy. */
	readonly temperature: number;
	readonly topK: number;
	readonly topP: number;
	readonly minP: number;
	/** 32 bits, unsigned. */
	readonly seed: number;
	readonly penalties?: Penalties;
}

export interface Penalties {
	readonly repeat: number;
	readonly frequency: number;
	readonly presence: number;
	/** Tokens, `Infinity` for all. */
	readonly window: number;
}

/** The request goes before the model's own defaults, those before mofa's. */
export function resolveSampling(request: SamplingOptions, model: SamplingOptions = {}): ResolvedSampling {
	const pick = (name: keyof SamplingOptions, fallback: number): number => request[name] ?? model[name] ?? fallback;
	const seed = request.seed ?? model.seed;
	const window = pick('repeat_last_n', 64);
	const penalties = {
		repeat: pick('repeat_penalty', 1),
		frequency: pick('frequency_penalty', 0),
		presence: pick('presence_penalty', 0),
		window: window < 0 ? Infinity : window,
	};
	const punishes = penalties.repeat !== 1 || penalties.frequency !== 0 || penalties.presence !== 0;
	return {
		temperature: pick('temperature', 0.8),
		topK: pick('top_k', 40),
		topP: pick('top_p', 0.95),
		minP: pick('min_p', 0.05),
		// Ollama and llama.cpp both read a negative seed as "any".
		seed: seed === undefined || seed < 0 ? randomInt(2 ** 32) : seed % 2 ** 32,
		...(punishes && penalties.window > 0 ? {penalties} : {}),
	};
}

/** A stream of numbers in 0..1 that one seed always gives again (mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/**
 * Picks a token from the model's whole distribution, likeliest first, in llama.cpp's order: top k, top p,
 * min p, temperature. Used only where the distribution itself is asked for: the native chain keeps
 * nothing but what it has already cut and scaled.
 */
export function pickToken<T>(
	distribution: ReadonlyMap<T, number>,
	sampling: ResolvedSampling,
	random: () => number,
): T | undefined {
	const limit = sampling.topK > 0 ? sampling.topK : distribution.size;
	const candidates: Array<{readonly token: T; readonly probability: number}> = [];
	for (const [token, probability] of distribution) {
		candidates.push({token, probability});
		if (candidates.length >= limit || sampling.temperature <= 0) break;
	}
	const best = candidates[0];
	if (best === undefined || sampling.temperature <= 0) return best?.token;
	const total = candidates.reduce((sum, {probability}) => sum + probability, 0);
	let reached = 0;
	const kept = candidates.filter(({probability}) => {
		const before = reached;
		reached += probability / total;
		return (before < sampling.topP || before === 0) && probability >= sampling.minP * best.probability;
	});
	const weights = kept.map(({probability}) => (probability / best.probability) ** (1 / sampling.temperature));
	let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
	const index = weights.findIndex(weight => (left -= weight) < 0);
	return (kept[index] ?? kept.at(-1))?.token;
}
