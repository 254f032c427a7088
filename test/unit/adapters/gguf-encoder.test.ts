import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {ggufEncoder} from '../../../src/adapters/gguf-encoder.ts';
import {gguf} from '../../../src/adapters/gguf.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {testAdapter} from '../../../src/testing.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {ranked, scores} from '../../helpers/ranks.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {embedded} from '../../helpers/vectors.ts';

type Way = 'mean' | 'cls' | 'last' | 'max';
interface Vectors {
	readonly cases: ReadonlyArray<{
		readonly prompt: string;
		readonly text: string;
		readonly ids: readonly number[];
		readonly vectors: Readonly<Record<Way, readonly number[]>>;
	}>;
}
interface Ranks {
	readonly query: string;
	readonly cases: ReadonlyArray<{
		readonly document: string;
		readonly ids: readonly number[];
		readonly logits: readonly [number];
	}>;
}
interface Last {
	readonly cases: ReadonlyArray<{
		readonly text: string;
		readonly ids: readonly number[];
		readonly vector: readonly number[];
	}>;
}

const fixtures = path.join(repositoryRoot, 'test/fixtures');
const file = (name: string): string => path.join(fixtures, 'gguf', name);
const json = async <T>(name: string): Promise<T> => JSON.parse(await readFile(path.join(fixtures, name), 'utf8')) as T;
const {cases} = await json<Vectors>('embedding/bert/reference.json');
const plain = cases.filter(({prompt}) => prompt === '');
const texts = plain.map(({text}) => text);
/** llama.cpp looks up its GELU in a table of 16-bit floats. */
const closeness = 1e-3;

const made: string[] = [];
afterEach(async () => {
	for (const folder of made.splice(0)) await rm(folder, {recursive: true});
});

/** The tiny BERT with another number for how it pools, under another name. */
async function pooledBy(number: number, name = 'bert.gguf'): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-gguf-encoder-'));
	made.push(folder);
	const bytes = await readFile(file('bert.gguf'));
	const key = 'bert.pooling_type';
	bytes.writeUInt32LE(number, bytes.indexOf(key) + key.length + 4);
	await writeFile(path.join(folder, name), bytes);
	return path.join(folder, name);
}

async function withEngine<T>(model: string, use: (engine: AnyEngine) => Promise<T>, settings = {}): Promise<T> {
	await using engine = await loadHere(ggufEncoder, await modelAt(model), settings);
	return await use(engine);
}

function expectClose(vectors: readonly Float32Array[], expected: ReadonlyArray<readonly number[]>): void {
	expect(vectors).toHaveLength(expected.length);
	for (const [row, vector] of vectors.entries()) {
		expect(vector).toHaveLength(expected[row]?.length ?? 0);
		for (const [at, value] of vector.entries())
			expect(Math.abs(value - (expected[row]?.[at] ?? 9))).toBeLessThan(closeness);
	}
}

describe('a BERT that makes vectors', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadHere(ggufEncoder, await modelAt(file('bert.gguf')));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('is known by its header, and is no model to chat with', async () => {
		const {manifest, variant} = await modelAt(file('bert.gguf'));
		expect(manifest).toMatchObject({family: 'bert', tasks: ['embedding'], contextLength: 24});
		expect(ggufEncoder.serves(manifest, variant)).toBe(true);
		expect(gguf.serves(manifest, variant)).toBe(false);
		expect(engine.facts).toEqual({contextLength: 24, dimensions: 32});
	});

	test('its vectors are those of the reference, and what is too long counts by its beginning', async () => {
		const warnings: Warning[] = [];
		const {vectors, usage} = await embedded(engine, {inputs: texts}, warnings);
		expectClose(
			vectors,
			plain.map(({vectors: {mean}}) => mean),
		);
		expect(usage.tokens).toBe(plain.reduce((sum, {ids}) => sum + ids.length, 0));
		expect(warnings.map(({setting}) => setting)).toEqual(['inputs']);
		await expect(embedded(engine, {inputs: texts, truncate: false})).rejects.toMatchObject({code: 'invalid-request'});
	});

	test('several requests at once get what each alone gets', async () => {
		const all = await Promise.all(texts.map(text => embedded(engine, {inputs: [text]})));
		expectClose(
			all.flatMap(({vectors}) => vectors),
			plain.map(({vectors: {mean}}) => mean),
		);
	});

	test('token numbers are taken where they are of its vocabulary', async () => {
		const {vectors} = await embedded(engine, {inputs: plain.map(({ids}) => ids)});
		expectClose(
			vectors,
			plain.map(({vectors: {mean}}) => mean),
		);
		// The library puts special tokens around those that lack them, so as many fewer are read.
		const bare = Array.from({length: 24}, () => 10);
		const {vectors: long} = await embedded(engine, {inputs: [bare, [2, ...bare.slice(2), 3]]});
		expect(long[0]).toEqual(long[1]);
		await expect(embedded(engine, {inputs: [[9999]]})).rejects.toMatchObject({data: {path: 'inputs.0'}});
	});

	test('its context can go and comes again', async () => {
		expect(Object.values(engine.reclaimable ?? {})[0]).toBeGreaterThan(0);
		await engine.shrink?.();
		expect(engine.reclaimable).toEqual({});
		const {vectors} = await embedded(engine, {inputs: ['a']});
		expectClose(vectors, [plain[1]?.vectors.mean ?? []]);
	});

	test('it ranks nothing', async () => {
		await expect(async () => ranked(engine, {query: 'a', documents: ['b']})).rejects.toMatchObject({
			code: 'task-unsupported',
			data: {supported: ['embedding']},
		});
	});

	test('a signal ends a long request between two texts', async () => {
		const abort = new AbortController();
		const request = {inputs: Array.from({length: 500}, () => 'the cat')};
		let seen = 0;
		await expect(
			(async () => {
				for await (const event of engine.tasks.embedding?.(request, {signal: abort.signal, warn() {}}) ?? []) {
					if (event.type === 'vector') seen += 1;
					if (seen === 3) abort.abort(new Error('enough'));
				}
			})(),
		).rejects.toThrow('enough');
		expect(seen).toBe(3);
	});
});

test.each<[Way, number]>([
	['cls', 2],
	['last', 3],
])('pools by %s where its header says %i', async (way, number) => {
	const {vectors} = await withEngine(await pooledBy(number), engine => embedded(engine, {inputs: texts}));
	expectClose(
		vectors,
		plain.map(({vectors: all}) => all[way]),
	);
});

test('a header that does not say how to pool gives the mean, with one warning, or what is asked for', async () => {
	const unsaid = await pooledBy(0);
	const warnings: Warning[] = [];
	const mean = await withEngine(unsaid, async engine => {
		await embedded(engine, {inputs: ['a']}, warnings);
		return embedded(engine, {inputs: ['a']}, warnings);
	});
	expectClose(mean.vectors, [plain[1]?.vectors.mean ?? []]);
	expect(warnings.map(({setting}) => setting)).toEqual(['pooling']);
	const cls = await withEngine(unsaid, engine => embedded(engine, {inputs: ['a']}, warnings), {pooling: 'cls'});
	expectClose(cls.vectors, [plain[1]?.vectors.cls ?? []]);
	expect(warnings).toHaveLength(1);
});

test('the line of a model is known by the name of its file: how it pools, and what stands before a question', async () => {
	const warnings: Warning[] = [];
	const model = await pooledBy(0, 'multilingual-e5-small-Q8_0.gguf');
	const asked = await withEngine(model, engine => embedded(engine, {inputs: texts, purpose: 'query'}, warnings));
	expectClose(
		asked.vectors,
		cases.filter(({prompt}) => prompt === 'query: ').map(({vectors: {mean}}) => mean),
	);
	expect(warnings.map(({setting}) => setting)).toEqual(['inputs']);
});

test('a header whose way of pooling is none is refused before anything opens it', async () => {
	await expect(modelAt(await pooledBy(9))).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(/pooling_type is 9/) as string},
	});
});

test('a header that says rank where nothing can score is refused while loading', async () => {
	await expect(loadHere(ggufEncoder, await modelAt(await pooledBy(4)))).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(/nothing to score with/) as string},
	});
});

test.each([
	['bert.gguf', {embedding: [{inputs: ['the cat', 'where is the moon?']}]}],
	['ranker.gguf', {reranking: [{query: 'where?', documents: ['the cat', 'on the moon']}]}],
])('with %s it keeps what mofa asks of every adapter', {timeout: 120_000}, async (name, requests) => {
	const model = await modelAt(file(name));
	await testAdapter({adapter: ggufEncoder, model, requests, deterministic: Object.keys(requests)});
});

test('a Qwen3 that makes vectors gives what it says of the token that ends a text', async () => {
	const reference = await json<Last>('gguf/qwen3-embedding.json');
	const {manifest, variant} = await modelAt(file('qwen3-embedding.gguf'));
	expect(manifest.tasks).toEqual(['embedding']);
	expect(gguf.serves(manifest, variant)).toBe(false);
	const {vectors, usage} = await withEngine(file('qwen3-embedding.gguf'), engine =>
		embedded(engine, {inputs: reference.cases.map(({text}) => text)}),
	);
	expect(usage.tokens).toBe(reference.cases.reduce((sum, {ids}) => sum + ids.length, 0));
	// llama.cpp keeps keys and values of models that write as 16-bit floats.
	for (const [row, vector] of vectors.entries())
		for (const [at, value] of vector.entries())
			expect(Math.abs(value - (reference.cases[row]?.vector[at] ?? 9))).toBeLessThan(2e-3);
});

describe('a ranker', () => {
	let engine: AnyEngine;
	let reference: Ranks;
	beforeAll(async () => {
		engine = await loadHere(ggufEncoder, await modelAt(file('ranker.gguf')));
		reference = await json<Ranks>('reranking/xlm-roberta/reference.json');
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('is known by how it pools', async () => {
		const {manifest} = await modelAt(file('ranker.gguf'));
		expect(manifest.tasks).toEqual(['reranking']);
		expect(engine.facts).toEqual({contextLength: 32});
		await expect(async () => embedded(engine, {inputs: ['a']})).rejects.toMatchObject({code: 'task-unsupported'});
	});

	test('its scores are those of the reference', async () => {
		const {query} = reference;
		const documents = reference.cases.map(({document}) => document);
		const raw = await scores(engine, {query, documents, raw: true});
		for (const [index, {logits}] of reference.cases.entries())
			expect(Math.abs((raw[index] ?? 9) - logits[0])).toBeLessThan(3 * closeness);
		const {results, usage} = await ranked(engine, {query, documents});
		expect(results.every(({score}) => score > 0 && score < 1)).toBe(true);
		expect(usage.tokens).toBe(reference.cases.reduce((sum, {ids}) => sum + ids.length, 0));
	});
});

test('a Qwen3 that ranks reads both texts in its own template, and its score is the share of yes', async () => {
	const {query, cases: pairs} = await json<{
		readonly query: string;
		readonly cases: ReadonlyArray<{
			readonly document: string;
			readonly ids: readonly number[];
			readonly logit: number;
		}>;
	}>('gguf/qwen3-ranker.json');
	const documents = pairs.map(({document}) => document);
	const {raw, usage} = await withEngine(file('qwen3-ranker.gguf'), async engine => ({
		raw: await scores(engine, {query, documents, raw: true}),
		usage: (await ranked(engine, {query, documents})).usage,
	}));
	expect(usage.tokens).toBe(pairs.reduce((sum, {ids}) => sum + ids.length, 0));
	for (const [index, {logit}] of pairs.entries()) expect(Math.abs((raw[index] ?? 99) - logit)).toBeLessThan(0.02);
});
