import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {sentenceEncoder} from '../../../src/adapters/sentence-encoder.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {embedded} from '../../helpers/vectors.ts';

interface Reference {
	readonly cases: ReadonlyArray<{
		readonly prompt: string;
		readonly text: string;
		readonly ids: readonly number[];
		readonly vectors: Readonly<Record<Way, readonly number[]>>;
	}>;
}
type Way = 'mean' | 'cls' | 'last' | 'max';

const fixture = path.join(repositoryRoot, 'test/fixtures/embedding/bert');
const {cases} = JSON.parse(await readFile(path.join(fixture, 'reference.json'), 'utf8')) as Reference;
const plain = cases.filter(({prompt}) => prompt === '');
const texts = plain.map(({text}) => text);

const made: string[] = [];
afterEach(async () => {
	for (const folder of made.splice(0)) await rm(folder, {recursive: true});
});

/** The fixture with other files beside its graph; null leaves one out. */
async function variant(files: Readonly<Record<string, unknown>>): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-encoder-'));
	made.push(folder);
	await cp(fixture, folder, {recursive: true});
	for (const [file, content] of Object.entries(files))
		if (content === null) await rm(path.join(folder, file));
		else await writeFile(path.join(folder, file), JSON.stringify(content));
	return folder;
}

async function withEngine<T>(folder: string, use: (engine: AnyEngine) => Promise<T>, settings = {}): Promise<T> {
	await using engine = await loadHere(sentenceEncoder, await modelAt(folder), settings);
	return await use(engine);
}

function expectClose(vectors: readonly Float32Array[], expected: ReadonlyArray<readonly number[]>): void {
	expect(vectors).toHaveLength(expected.length);
	for (const [row, vector] of vectors.entries()) {
		expect(vector).toHaveLength(expected[row]?.length ?? 0);
		for (const [at, value] of vector.entries()) expect(Math.abs(value - (expected[row]?.[at] ?? 9))).toBeLessThan(1e-4);
	}
}

describe('a BERT as sentence-transformers lays it out', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadHere(sentenceEncoder, await modelAt(fixture));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('is known by its configuration', async () => {
		const {manifest, variant: build} = await modelAt(fixture);
		expect(manifest).toMatchObject({family: 'bert', tasks: ['embedding'], contextLength: 64});
		expect(sentenceEncoder.serves(manifest, build)).toBe(true);
		expect(engine.facts).toEqual({dimensions: 32});
	});

	test.each([
		[undefined, ''],
		['query', 'query: '],
		['document', 'passage: '],
	] as const)('for the purpose %s its vectors are those of the reference', async (purpose, prompt) => {
		const expected = cases.filter(item => item.prompt === prompt);
		const warnings: Warning[] = [];
		const {vectors, usage} = await embedded(engine, {inputs: texts, purpose}, warnings);
		expectClose(
			vectors,
			expected.map(item => item.vectors.mean),
		);
		expect(usage.tokens).toBe(expected.reduce((sum, {ids}) => sum + ids.length, 0));
		expect(warnings.map(({setting}) => setting)).toEqual(expected.some(({ids}) => ids.length === 24) ? ['inputs'] : []);
	});

	test('token numbers are taken as they are', async () => {
		const {vectors} = await embedded(engine, {inputs: plain.map(({ids}) => ids), purpose: 'query'});
		expectClose(
			vectors,
			plain.map(item => item.vectors.mean),
		);
	});

	test('a text among two hundred others has the vector that it has alone', async () => {
		const inputs = Array.from({length: 200}, (_, index) => texts[(index * 7) % texts.length] ?? '');
		const {vectors} = await embedded(engine, {inputs});
		expectClose(
			vectors,
			inputs.map(text => plain.find(item => item.text === text)?.vectors.mean ?? []),
		);
	});

	test('fewer dimensions are cut before the length becomes 1', async () => {
		const {vectors} = await embedded(engine, {inputs: texts, dimensions: 8});
		const cut = plain.map(({vectors: {mean}}) => {
			const first = mean.slice(0, 8);
			return first.map(value => value / Math.hypot(...first));
		});
		expectClose(vectors, cut);
	});

	test('an empty text is what the model makes of nothing', async () => {
		const {vectors, usage} = await embedded(engine, {inputs: ['']});
		expect(usage.tokens).toBe(2);
		expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 5);
	});
});

test.each<[Way, object]>([
	['cls', {pooling_mode_cls_token: true, pooling_mode_mean_tokens: false}],
	['last', {pooling_mode_lasttoken: true}],
	['max', {pooling_mode_max_tokens: true}],
	['last', {pooling_mode: 'lasttoken'}],
])('pools by %s where the repository says %j', async (way, modes) => {
	const folder = await variant({'1_Pooling/config.json': {word_embedding_dimension: 32, ...modes}});
	const {vectors} = await withEngine(folder, engine => embedded(engine, {inputs: texts}));
	expectClose(
		vectors,
		plain.map(item => item.vectors[way]),
	);
});

test('a repository that does not say how to pool is taken by the mean, with one warning, or as it is told', async () => {
	const folder = await variant({'1_Pooling/config.json': null, 'modules.json': null});
	const warnings: Warning[] = [];
	await withEngine(folder, async engine => {
		const {vectors} = await embedded(engine, {inputs: ['a']}, warnings);
		expectClose(vectors, [plain[1]?.vectors.mean ?? []]);
		await embedded(engine, {inputs: ['a']}, warnings);
	});
	expect(warnings.map(({setting}) => setting)).toEqual(['pooling']);
	const settings = {pooling: 'cls'};
	const told = await withEngine(folder, engine => embedded(engine, {inputs: ['a']}, warnings), settings);
	expectClose(told.vectors, [plain[1]?.vectors.cls ?? []]);
	expect(warnings).toHaveLength(1);
});

test('an export that leaves all that out is known by the name of what it was made of', async () => {
	const config = JSON.parse(await readFile(path.join(fixture, 'config.json'), 'utf8')) as object;
	const folder = await variant({
		'1_Pooling/config.json': null,
		'config_sentence_transformers.json': null,
		'config.json': {...config, _name_or_path: 'BAAI/bge-small-en-v1.5'},
	});
	const warnings: Warning[] = [];
	await withEngine(folder, async engine => {
		expectClose((await embedded(engine, {inputs: ['a']}, warnings)).vectors, [plain[1]?.vectors.cls ?? []]);
		const asked = await embedded(engine, {inputs: ['a'], purpose: 'query'});
		const written = await embedded(engine, {inputs: ['Represent this sentence for searching relevant passages: a']});
		expect(asked.vectors).toEqual(written.vectors);
	});
	expect(warnings).toEqual([]);
});

test('prompts of the registry stand in for those of the repository', async () => {
	const folder = await variant({'config_sentence_transformers.json': null});
	const settings = {prompts: {query: 'query: '}};
	const {vectors} = await withEngine(folder, engine => embedded(engine, {inputs: texts, purpose: 'query'}), settings);
	expectClose(
		vectors,
		cases.filter(({prompt}) => prompt === 'query: ').map(item => item.vectors.mean),
	);
});

test.each([
	[
		'two ways at once',
		{'1_Pooling/config.json': {pooling_mode_cls_token: true, pooling_mode_max_tokens: true}},
		/pools by/,
	],
	['a way nobody knows', {'1_Pooling/config.json': {pooling_mode: 'attention'}}, /pools by attention/],
	[
		'a layer that the graph lacks',
		{'modules.json': [{path: '2_Dense', type: 'sentence_transformers.models.Dense'}]},
		/Dense/,
	],
	['a damaged configuration', {'sentence_bert_config.json': []}, /sentence_bert_config\.json/],
	['a damaged tokenizer', {'tokenizer.json': {model: {type: 'Abacus'}}}, /tokenizer/],
])('%s is refused while loading', async (_name, files, problem) => {
	const folder = await variant(files);
	await expect(loadHere(sentenceEncoder, await modelAt(folder))).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(problem) as string},
	});
});

test('a request cannot ask for a way of pooling that there is not', async () => {
	await expect(loadHere(sentenceEncoder, await modelAt(fixture), {pooling: 'sum'})).rejects.toMatchObject({
		code: 'invalid-request',
	});
});
