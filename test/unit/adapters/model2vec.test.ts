import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {model2vec} from '../../../src/adapters/model2vec.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import {cosine, embedded, events} from '../../helpers/vectors.ts';
import {isPresent, loadHere, modelAt, sharedFile} from '../../helpers/real-sound.ts';

const folder = sharedFile('models/model2vec-64d');
const present = isPresent(folder);

describe.skipIf(!present)('model2vec, real weights', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadHere(model2vec, await modelAt(folder));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('is known by its configuration, as a folder and as a file', async () => {
		for (const file of [folder, `${folder}/model.onnx`]) {
			const {manifest, variant} = await modelAt(file);
			expect(manifest).toMatchObject({family: 'model2vec', tasks: ['embedding']});
			expect(model2vec.serves(manifest, variant)).toBe(true);
		}
	});

	test('pairs that mean alike lie close, others do not', async () => {
		const {vectors, dimensions, usage} = await embedded(engine, {
			inputs: [
				'Stock market prices fell today.',
				'Bank interest rates and money.',
				'The cat sleeps on the sofa.',
				'A kitten naps on the couch.',
			],
		});
		expect(dimensions).toBe(64);
		expect(usage.tokens).toBeGreaterThan(12);
		for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
		expect(cosine(vectors[0], vectors[1])).toBeCloseTo(0.8, 1);
		expect(cosine(vectors[2], vectors[3])).toBeGreaterThan(0.5);
		for (const [one, other] of [
			[0, 2],
			[0, 3],
			[1, 2],
			[1, 3],
		] as const)
			expect(cosine(vectors[one], vectors[other])).toBeLessThan(0.3);
	});

	test('a text has the same vector among others, whatever their lengths', async () => {
		const inputs = Array.from({length: 300}, (_, index) => `${'sun and moon '.repeat(index % 17)}number ${index}`);
		const {vectors} = await embedded(engine, {inputs});
		expect(vectors).toHaveLength(300);
		for (const index of [0, 7, 299]) {
			const alone = await embedded(engine, {inputs: [inputs[index] ?? '']});
			expect(Math.max(...difference(alone.vectors[0], vectors[index]))).toBeLessThan(1e-6);
		}
	});

	test('fewer dimensions are the first of them, of length 1', async () => {
		const inputs = ['Where is the library?'];
		const {vectors: whole} = await embedded(engine, {inputs});
		const {vectors: cut} = await embedded(engine, {inputs, dimensions: 16});
		expect(cut[0]).toHaveLength(16);
		expect(Math.hypot(...(cut[0] ?? []))).toBeCloseTo(1, 5);
		expect(cosine(cut[0], whole[0]?.slice(0, 16))).toBeCloseTo(1, 5);
	});

	test('what says nothing has no direction', async () => {
		const {vectors, usage} = await embedded(engine, {inputs: ['', '   ']});
		expect(vectors).toEqual([new Float32Array(64), new Float32Array(64)]);
		expect(usage.tokens).toBe(0);
	});

	test('a token that the model does not have is refused', async () => {
		await expect(embedded(engine, {inputs: [[2_000_000]]})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'inputs.0'},
		});
	});

	test('who leaves gets no more', async () => {
		const leave = new AbortController();
		const running = events(engine, {inputs: Array.from({length: 2000}, (_, index) => `text ${index}`)}, leave.signal);
		await running.next();
		leave.abort();
		const rest = async (): Promise<void> => {
			for await (const event of running) expect(event.type).toBe('vector');
		};
		await expect(rest()).rejects.toMatchObject({name: 'AbortError'});
	});

	test('a graph of another kind is refused with its name', async () => {
		const model = await modelAt(folder);
		const weights = sharedFile('models/silero-vad/silero_vad.onnx');
		await expect(loadHere(model2vec, {...model, paths: {...model.paths, weights}})).rejects.toMatchObject({
			code: 'model-invalid',
			data: {model: weights},
		});
	});
});

const difference = (a: Float32Array = new Float32Array(0), b: Float32Array = new Float32Array(0)): number[] =>
	Array.from(a, (value, at) => Math.abs(value - (b[at] ?? Number.NaN)));
