import {describe, expect, test} from 'vitest';
import {planStep} from '../../../../src/backends/llama/batch-loop.ts';
import {contextBytes, shapeContext, type Pool} from '../../../../src/backends/llama/memory.ts';
import {ReadingPace} from '../../../../src/backends/llama/reading-pace.ts';
import {pickToken, resolveSampling, seededRandom} from '../../../../src/backends/llama/sampling.ts';
import {chooseSlot, commonPrefix} from '../../../../src/backends/llama/slots.ts';

describe('a step of the batch', () => {
	test('gives one token to each answer being written and the rest to prompts in order', () => {
		const answers = [
			{reading: false, appetite: 1},
			{reading: true, appetite: 100},
			{reading: true, appetite: 100},
		];
		expect(planStep(answers, 128)).toEqual([1, 100, 28]);
	});

	test('is short before the speed is known, then as long as its time allows', () => {
		const pace = new ReadingPace(256);
		expect(pace.limit(0)).toBe(64);
		pace.learn(64, 256);
		expect(pace.limit(0)).toBe(192);
		expect(pace.limit(2)).toBe(96);
		for (let step = 0; step < 10; step += 1) pace.learn(256, 10);
		expect(pace.limit(0)).toBe(256);
		expect(pace.limit(8)).toBe(248);
	});

	test('learns nothing from steps that write', () => {
		const pace = new ReadingPace(256);
		pace.learn(4, 1000);
		expect(pace.limit(0)).toBe(64);
	});

	test('always moves on, however many answers are being written', () => {
		expect(new ReadingPace(8).limit(8)).toBe(1);
	});
});

describe('the choice of a slot', () => {
	const empty = {held: 0, common: 0, promptLength: 0, lastUsed: 0};

	test('goes on with the conversation that the prompt continues', () => {
		expect(chooseSlot([empty, {held: 300, common: 280, promptLength: 200, lastUsed: 4}], 320)).toBe(1);
	});

	test('takes the slot of the same prompt, whatever was answered to it', () => {
		expect(chooseSlot([empty, {held: 300, common: 10, promptLength: 10, lastUsed: 4}], 10)).toBe(1);
		expect(chooseSlot([empty, {held: 300, common: 10, promptLength: 200, lastUsed: 4}], 10)).toBe(1);
	});

	test('leaves a conversation alone that shares only its system prompt', () => {
		expect(chooseSlot([{held: 3000, common: 20, promptLength: 2900, lastUsed: 4}, empty], 60)).toBe(1);
	});

	test('gives up what was unused for longest where nothing matches', () => {
		const slots = [5, 2, 9].map(lastUsed => ({held: 100, common: 1, promptLength: 50, lastUsed}));
		expect(chooseSlot(slots, 60)).toBe(1);
	});

	test('counts the tokens that two prompts start with', () => {
		const tokens = (...numbers: number[]): never[] => numbers as never[];
		expect(commonPrefix(tokens(1, 2, 3), tokens(1, 2, 4, 5))).toBe(2);
		expect(commonPrefix(tokens(), tokens(1))).toBe(0);
	});
});

describe('sampling', () => {
	test('prefers the request, then the model, then the defaults', () => {
		const resolved = resolveSampling({temperature: 0.1, seed: 7}, {temperature: 0.6, top_k: 20});
		expect(resolved).toEqual({temperature: 0.1, topK: 20, topP: 0.95, minP: 0.05, seed: 7});
	});

	test('reads a negative seed as any seed', () => {
		expect(resolveSampling({seed: -1}).seed).toBeGreaterThanOrEqual(0);
	});

	test('turns the penalties off where they look back on nothing', () => {
		expect(resolveSampling({repeat_penalty: 1.2, repeat_last_n: 0}).penalties).toBeUndefined();
		expect(resolveSampling({repeat_penalty: 1.2, repeat_last_n: -1}).penalties?.window).toBe(Infinity);
	});

	test('picks the likeliest token at temperature 0', () => {
		const distribution = new Map([
			['a', 0.6],
			['b', 0.4],
		]);
		expect(pickToken(distribution, resolveSampling({temperature: 0}), () => 0.999)).toBe('a');
	});

	test('never picks what top k, top p or min p cut', () => {
		const distribution = new Map([
			['a', 0.5],
			['b', 0.3],
			['c', 0.15],
			['d', 0.05],
		]);
		const random = seededRandom(1);
		const seen = (options: Parameters<typeof resolveSampling>[0]): string =>
			[...new Set(Array.from({length: 300}, () => pickToken(distribution, resolveSampling(options), random)))]
				.toSorted()
				.join('');
		expect(seen({temperature: 1, top_k: 2, top_p: 1, min_p: 0})).toBe('ab');
		expect(seen({temperature: 1, top_k: 0, top_p: 0.7, min_p: 0})).toBe('ab');
		expect(seen({temperature: 1, top_k: 0, top_p: 1, min_p: 0.25})).toBe('abc');
		expect(seen({temperature: 1, top_k: 0, top_p: 1, min_p: 0})).toBe('abcd');
	});

	test('draws the same numbers from the same seed', () => {
		const draw = (seed: number): number[] => Array.from({length: 3}, seededRandom(seed));
		expect(draw(5)).toEqual(draw(5));
		expect(draw(5)).not.toEqual(draw(6));
	});
});

describe('memory of a context', () => {
	const header = {
		'general.architecture': 'llama',
		'llama.block_count': 30,
		'llama.context_length': 8192,
		'llama.embedding_length': 576,
		'llama.feed_forward_length': 1536,
		'llama.attention.head_count': 9,
		'llama.attention.head_count_kv': 3,
		'llama.vocab_size': 49_152,
	};

	const ram = (bytes: number): Pool => ({bytes, accelerated: false});

	test('grows with tokens and slots', () => {
		const one = contextBytes(header, {contextLength: 4096, slots: 1, batchSize: 256});
		const four = contextBytes(header, {contextLength: 4096, slots: 4, batchSize: 256});
		// 2 bytes, 30 layers, 3 heads, 64 wide, keys and values.
		expect(four - one).toBe(2 * 30 * 3 * (64 + 64) * 4096 * 3);
	});

	test('is modest where nothing is asked for, and keeps to what is', () => {
		expect(shapeContext(header, {}, 1e8, ram(16e9))).toEqual({contextLength: 4096, slots: 4, batchSize: 256});
		expect(shapeContext(header, {contextLength: 8000, slots: 9}, 1e8, {bytes: 16e9, accelerated: true})).toEqual({
			contextLength: 8000,
			slots: 9,
			batchSize: 512,
		});
	});

	test('gives up slots that nobody asked for where each is large', () => {
		const wide = {...header, 'llama.attention.head_count_kv': 9};
		expect(shapeContext(wide, {}, 1e8, ram(64e9)).slots).toBe(2);
		expect(shapeContext(wide, {slots: 4}, 1e8, ram(64e9)).slots).toBe(4);
	});

	test('gives up slots where memory is short', () => {
		expect(shapeContext(header, {}, 1e8, ram(4e8)).slots).toBe(1);
	});
});
