import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {crossEncoder} from '../../../src/adapters/cross-encoder.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {testAdapter} from '../../../src/testing.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {ranked, scores} from '../../helpers/ranks.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';

interface Reference {
	readonly query: string;
	readonly cases: ReadonlyArray<{
		readonly document: string;
		readonly ids: readonly number[];
		readonly logits: readonly number[];
	}>;
}

const fixtures = path.join(repositoryRoot, 'test/fixtures/reranking');
const fixture = (name: string): string => path.join(fixtures, name);
const referenceOf = async (name: string): Promise<Reference> =>
	JSON.parse(await readFile(path.join(fixture(name), 'reference.json'), 'utf8')) as Reference;
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

const made: string[] = [];
afterEach(async () => {
	for (const folder of made.splice(0)) await rm(folder, {recursive: true});
});

/** The fixture with other files beside its graph; null leaves one out. */
async function variant(name: string, files: Readonly<Record<string, unknown>>): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'mofa-ranker-'));
	made.push(folder);
	await cp(fixture(name), folder, {recursive: true});
	for (const [file, content] of Object.entries(files))
		if (content === null) await rm(path.join(folder, file));
		else await writeFile(path.join(folder, file), JSON.stringify(content));
	return folder;
}

describe.each(['bert', 'bert-two-labels', 'xlm-roberta', 'modernbert', 'deberta-v2'])(
	'a cross-encoder of the kind %s',
	name => {
		let engine: AnyEngine;
		let reference: Reference;
		let logits: readonly number[];
		beforeAll(async () => {
			engine = await loadHere(crossEncoder, await modelAt(fixture(name)));
			reference = await referenceOf(name);
			// Of two labels the second is that the text answers.
			logits = reference.cases.map(({logits: [first = 9, second]}) => (second === undefined ? first : second - first));
		});
		afterAll(() => engine[Symbol.asyncDispose]());
		const documents = (): readonly string[] => reference.cases.map(({document}) => document);

		test('is known by its configuration', async () => {
			const {manifest, variant: build} = await modelAt(fixture(name));
			expect(manifest.tasks).toEqual(['reranking']);
			expect(crossEncoder.serves(manifest, build)).toBe(true);
		});

		test('raw scores are those of the reference, one by one and in a batch', async () => {
			const {query} = reference;
			const together = await scores(engine, {query, documents: documents(), raw: true});
			for (const [index, document] of documents().entries()) {
				expect(Math.abs((together[index] ?? 9) - (logits[index] ?? -9))).toBeLessThan(1e-4);
				const [alone = 9] = await scores(engine, {query, documents: [document], raw: true});
				expect(Math.abs(alone - (logits[index] ?? -9))).toBeLessThan(1e-4);
			}
		});

		test('other scores lie between 0 and 1 in the same order, the best first', async () => {
			const {results, usage} = await ranked(engine, {query: reference.query, documents: documents()});
			const order = logits.map((_, index) => index).toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
			expect(results.map(({index}) => index)).toEqual(order);
			for (const {index, score} of results) expect(score).toBeCloseTo(sigmoid(logits[index] ?? 9), 4);
			expect(usage.tokens).toBe(reference.cases.reduce((sum, {ids}) => sum + ids.length, 0));
		});

		test('a text that is too long counts by its beginning, with a warning, or is refused', async () => {
			const warnings: Warning[] = [];
			const request = {query: reference.query, documents: documents()};
			await ranked(engine, request, warnings);
			expect(warnings).toMatchObject([{setting: 'documents', message: expect.stringMatching(/^2 of 6 texts/)}]);
			await expect(ranked(engine, {...request, truncate: false})).rejects.toMatchObject({
				code: 'invalid-request',
				data: {path: 'documents'},
			});
		});

		test('a question that leaves no room for a text is refused', async () => {
			await expect(ranked(engine, {query: 'the cat '.repeat(40), documents: ['a']})).rejects.toMatchObject({
				code: 'invalid-request',
				data: {path: 'query', expected: expect.stringMatching(/fewer than/)},
			});
		});

		test('a thousand texts are scored in batches that a signal ends', async () => {
			const abort = new AbortController();
			const request = {query: reference.query, documents: Array.from({length: 1000}, () => 'the cat')};
			const running = engine.tasks.reranking?.(request, {signal: abort.signal, warn() {}});
			const seen: number[] = [];
			await expect(
				(async () => {
					for await (const event of running ?? []) {
						if (event.type === 'score') seen.push(event.index);
						abort.abort(new Error('enough'));
					}
				})(),
			).rejects.toThrow('enough');
			expect(seen.length).toBeLessThan(1000);
			expect(new Set(seen).size).toBe(seen.length);
		});
	},
);

test('it keeps what mofa asks of every adapter', {timeout: 120_000}, async () => {
	const requests = {reranking: [{query: 'where?', documents: ['the cat', 'on the moon']}]};
	const model = await modelAt(fixture('bert'));
	await testAdapter({adapter: crossEncoder, model, requests, deterministic: ['reranking']});
});

test('fewer tokens of a row are read where that is asked for', async () => {
	await using engine = await loadHere(crossEncoder, await modelAt(fixture('bert')), {contextLength: 12});
	expect(engine.facts).toEqual({contextLength: 12});
	const {usage} = await ranked(engine, {query: 'Where?', documents: ['the cat sat on the moon. '.repeat(3)]});
	expect(usage.tokens).toBe(12);
});

test('a tokenizer that does not say how two texts stand together is refused', async () => {
	const written = JSON.parse(await readFile(path.join(fixture('bert'), 'tokenizer.json'), 'utf8')) as object;
	const folder = await variant('bert', {'tokenizer.json': {...written, post_processor: null}});
	await expect(loadHere(crossEncoder, await modelAt(folder))).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(/stand together/)},
	});
});

test('a graph that makes vectors is refused, whatever its configuration says', async () => {
	const folder = await variant('bert', {});
	await cp(
		path.join(repositoryRoot, 'test/fixtures/embedding/bert/onnx/model.onnx'),
		path.join(folder, 'onnx/model.onnx'),
	);
	await expect(loadHere(crossEncoder, await modelAt(folder))).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(/embedding/)},
	});
});

test.each([
	['kinds of texts', {id2label: {0: 'sadness', 1: 'joy', 2: 'anger'}}],
	['two kinds with names', {id2label: {0: 'NEGATIVE', 1: 'POSITIVE'}}],
	['three kinds without', {id2label: {0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2'}}],
])('a network that tells %s apart is no ranker', async (_name, change) => {
	const config = JSON.parse(await readFile(path.join(fixture('bert'), 'config.json'), 'utf8')) as object;
	const {manifest, variant: build} = await modelAt(await variant('bert', {'config.json': {...config, ...change}}));
	expect(manifest.tasks).toEqual([]);
	expect(crossEncoder.serves(manifest, build)).toBe(false);
});
