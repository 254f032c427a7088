import {expect, test} from 'vitest';
import type {Warning} from '../../../../src/contract/task.ts';
import {embedding, type EmbeddingRequest, type EmbeddingResult} from '../../../../src/tasks/embedding.ts';
import {embed, type VectorModel} from '../../../../src/tasks/embedding/embed.ts';
import {finishVector} from '../../../../src/tasks/embedding/finish-vector.ts';
import {lengthBatches} from '../../../../src/tasks/text-rows/length-batches.ts';

const signal = new AbortController().signal;

/** A token is the number of a letter; a vector is the first letter, the last, and how many there are. */
function letters(rows: string[][] = []): VectorModel {
	return {
		name: 'letters',
		dimensions: 3,
		longest: 5,
		vocabulary: 128,
		batches: {tokens: 8, inputs: 3},
		prompt: purpose => (purpose === 'query' ? '?' : ''),
		tokens: text => ({ids: Buffer.from(text.slice(0, 5)), cut: text.length > 5}) as never,
		vectors: async batch => {
			rows.push(batch.map(row => String.fromCodePoint(...row)));
			return batch.map(row => Float32Array.of(row[0] ?? 0, row.at(-1) ?? 0, row.length));
		},
	};
}
const run = (request: EmbeddingRequest, model = letters(), warnings: Warning[] = []): Promise<EmbeddingResult> =>
	embedding.collect(embed(model, request, {signal, warn: warning => void warnings.push(warning)}));

test('texts of like length are computed together, and each gets its own vector', async () => {
	const rows: string[][] = [];
	const inputs = ['a', 'bbbb', 'cc', 'ddd', '', 'ee'];
	const {vectors, usage} = await run({inputs, normalise: false}, letters(rows));
	expect(rows).toEqual([
		['bbbb', 'ddd'],
		['cc', 'ee', 'a'],
	]);
	expect(vectors.map(([first, , length]) => [first, length])).toEqual(
		inputs.map(text => [text.codePointAt(0) ?? 0, text.length]),
	);
	expect(usage.tokens).toBe(12);
});

test('vectors are of length 1, cut before and not after', async () => {
	const {vectors, dimensions} = await run({inputs: ['ab', [97, 98]], dimensions: 2});
	expect(dimensions).toBe(2);
	expect(vectors[0]).toEqual(vectors[1]);
	expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 6);
	expect((vectors[0]?.[0] ?? 0) / (vectors[0]?.[1] ?? 0)).toBeCloseTo(97 / 98, 6);
});

test('a purpose has its prompt, which tokens never get', async () => {
	const rows: string[][] = [];
	await run({inputs: ['a', [98]], purpose: 'query'}, letters(rows));
	await run({inputs: ['a'], purpose: 'document'}, letters(rows));
	expect(rows).toEqual([['?a', 'b'], ['a']]);
});

test('of a text that is too long the beginning counts, with a warning, or it is refused', async () => {
	const warnings: Warning[] = [];
	const inputs = ['abcdefgh', 'ab', [1, 2, 3, 4, 5, 6]];
	expect((await run({inputs}, letters(), warnings)).usage.tokens).toBe(12);
	expect(warnings).toEqual([
		{
			setting: 'inputs',
			message: expect.stringMatching(/^2 of 3 texts .* 5 tokens/) as string,
			cut: {texts: 2, of: 3, tokens: 5},
		},
	]);
	await expect(run({inputs, truncate: false})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'inputs', expected: 'texts of at most 5 tokens'},
	});
});

test.each<[EmbeddingRequest, string]>([
	[{inputs: ['a'], dimensions: 4}, 'dimensions'],
	[{inputs: ['a', [128]]}, 'inputs.1'],
])('%j is refused: %s', async (request, path) => {
	await expect(run(request)).rejects.toMatchObject({code: 'invalid-request', data: {path}});
});

test('who leaves is not computed for', async () => {
	const rows: string[][] = [];
	const gone = embed(letters(rows), {inputs: ['a']}, {signal: AbortSignal.abort(), warn() {}});
	await expect(embedding.collect(gone)).rejects.toMatchObject({name: 'AbortError'});
	expect(rows).toEqual([]);
});

test('batches hold every input once, and no more tokens than they may', () => {
	const lengths = Array.from({length: 100}, (_, index) => (index * 37) % 50);
	const batches = lengthBatches(lengths, {tokens: 200, inputs: 16});
	expect(batches.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
	for (const batch of batches) {
		expect(batch.length).toBeLessThanOrEqual(16);
		expect(batch.length * Math.max(...batch.map(index => lengths[index] ?? 0))).toBeLessThanOrEqual(200);
	}
	expect(lengthBatches([500, 1], {tokens: 200, inputs: 16})).toEqual([[0], [1]]);
});

test('a vector of noughts stays one', () => {
	expect(finishVector(new Float32Array(3), 2, true)).toEqual(new Float32Array(2));
});
