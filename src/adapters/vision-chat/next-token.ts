import {likeliest} from '../../lib/pick-token.ts';
import type {Sampling, TokenLogprob} from '../../tasks/generation.ts';

/** Every choice made; names and order of steps as llama.cpp has them. */
export interface Picking {
	/** 0 is greedy. */
	readonly temperature: number;
	/** 0: all. */
	readonly topK: number;
	readonly topP: number;
	readonly minP: number;
	readonly repeat: number;
	readonly frequency: number;
	readonly presence: number;
	/** Tokens that the penalties look back on; -1: all. */
	readonly lastN: number;
	/** So many tokens in a row are never written twice; 0: they may be. */
	readonly neverTwice: number;
}

export function pickingOf(asked: Sampling, own: Sampling, neverTwice = 0): Picking {
	return {
		temperature: asked.temperature ?? own.temperature ?? 0,
		topK: asked.top_k ?? own.top_k ?? 40,
		topP: asked.top_p ?? own.top_p ?? 0.95,
		minP: asked.min_p ?? own.min_p ?? 0,
		repeat: asked.repeat_penalty ?? own.repeat_penalty ?? 1,
		frequency: asked.frequency_penalty ?? 0,
		presence: asked.presence_penalty ?? 0,
		lastN: asked.repeat_last_n ?? own.repeat_last_n ?? 64,
		neverTwice,
	};
}

/** Logits further than this below the best are never drawn: their share is under one in a hundred million. */
const outOfReach = 20;

/** The next token. `history` are the tokens so far; `random` gives numbers in 0..1. Changes `logits`. */
export function pickNext(
	logits: Float32Array,
	history: readonly number[],
	picking: Picking,
	random: () => number,
): number {
	penalize(logits, history, picking);
	forbid(logits, history, picking.neverTwice);
	if (picking.temperature === 0) return likeliest(logits);
	return draw(candidatesOf(logits, picking), logits, picking.temperature, random());
}

/** How likely each was before anything was penalised. */
export function logprobOf(
	logits: Float32Array,
	token: number,
	top: number,
	nameOf: (token: number) => string,
): TokenLogprob {
	const highest = logits[likeliest(logits)] ?? 0;
	let sum = 0;
	for (const value of logits) sum += Math.exp(value - highest);
	const base = highest + Math.log(sum);
	const told = (id: number): {token: string; logprob: number} => ({
		token: nameOf(id),
		logprob: (logits[id] ?? -Infinity) - base,
	});
	return {...told(token), top: best(logits, top).map(told)};
}

function penalize(
	logits: Float32Array,
	history: readonly number[],
	{repeat, frequency, presence, lastN}: Picking,
): void {
	if (repeat === 1 && frequency === 0 && presence === 0) return;
	const counts = new Map<number, number>();
	for (const token of lastN < 0 ? history : history.slice(Math.max(0, history.length - lastN)))
		counts.set(token, (counts.get(token) ?? 0) + 1);
	for (const [token, count] of counts) {
		const value = logits[token];
		if (value === undefined) continue;
		logits[token] = (value > 0 ? value / repeat : value * repeat) - count * frequency - presence;
	}
}

/** What came after the same tokens before. */
function forbid(logits: Float32Array, history: readonly number[], length: number): void {
	if (length === 0 || history.length < length) return;
	const tail = history.slice(history.length - length + 1);
	for (let at = 0; at + length <= history.length; at += 1)
		if (tail.every((token, index) => history[at + index] === token)) logits[history[at + length - 1] ?? 0] = -Infinity;
}

/** Best first: 1. those in reach, 2. the K best, 3. those that together have the share P, 4. none too far below the best. */
function candidatesOf(logits: Float32Array, {topK, topP, minP}: Picking): readonly number[] {
	// 1. and 2.
	const kept = topK > 0 && topK <= 1000 ? best(logits, topK) : inReach(logits);
	const highest = logits[kept[0] ?? 0] ?? 0;
	const weights = kept.map(token => Math.exp((logits[token] ?? -Infinity) - highest));
	// 3.
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	let sum = 0;
	let count = 0;
	while (count < kept.length && (count === 0 || sum < topP * total)) sum += weights[count++] ?? 0;
	// 4.
	return kept.slice(0, count).filter((_, index) => index === 0 || (weights[index] ?? 0) >= minP);
}

function inReach(logits: Float32Array): number[] {
	const least = (logits[likeliest(logits)] ?? 0) - outOfReach;
	const found: number[] = [];
	for (let token = 0; token < logits.length; token += 1) if ((logits[token] ?? -Infinity) >= least) found.push(token);
	return found.toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
}

/** Few of many: each is put where it belongs among the best so far. */
function best(logits: Float32Array, count: number): number[] {
	const found: number[] = [];
	for (let token = 0; token < logits.length; token += 1) {
		const value = logits[token] ?? -Infinity;
		if (count === 0 || (found.length === count && value <= (logits[found[count - 1] ?? 0] ?? -Infinity))) continue;
		let at = found.length;
		while (at > 0 && value > (logits[found[at - 1] ?? 0] ?? -Infinity)) at -= 1;
		found.splice(at, 0, token);
		if (found.length > count) found.pop();
	}
	return found;
}

function draw(candidates: readonly number[], logits: Float32Array, temperature: number, chance: number): number {
	const highest = logits[candidates[0] ?? 0] ?? 0;
	const weights = candidates.map(token => Math.exp(((logits[token] ?? -Infinity) - highest) / temperature));
	let left = chance * weights.reduce((sum, weight) => sum + weight, 0);
	for (const [index, weight] of weights.entries()) {
		left -= weight;
		if (left <= 0) return candidates[index] ?? 0;
	}
	return candidates.at(-1) ?? 0;
}
