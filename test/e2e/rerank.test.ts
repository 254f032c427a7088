import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {repositoryRoot} from '../helpers/bundle.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';

const fixture = (...names: readonly string[]): string => path.join(repositoryRoot, 'test/fixtures', ...names);
const bert = fixture('reranking/bert');
const xlm = fixture('reranking/xlm-roberta');
const query = 'Where is the red dog?';
const documents = ['The red dog is on the moon.', 'a', 'the sun is on'];

interface Document {
	readonly model: string;
	readonly results: ReadonlyArray<{readonly index: number; readonly score: number}>;
}

describe.skipIf(!guidePresent)('texts in order through the built program', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	const ranks = async (...argv: readonly string[]): Promise<Document> => {
		const {code, out, err} = await user.run(['rerank', query, ...documents, '--json', ...argv]);
		expect({code, err}).toEqual({code: 0, err: ''});
		return JSON.parse(out) as Document;
	};
	const post = async (route: string, body: object): Promise<Response> =>
		fetch(`${daemon.url}${route}`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify(body),
		});

	test('the command and each of the endpoints say the same', async () => {
		const {results} = await ranks('--model', bert);
		expect(results.map(({index}) => index)).toEqual([1, 2, 0]);
		expect(results.every(({score}) => score > 0 && score < 1)).toBe(true);
		for (const route of ['/v1/rerank', '/v2/rerank', '/rerank', '/reranking', '/v1/reranking']) {
			const reply = (await (await post(route, {model: bert, query, documents})).json()) as {
				results: ReadonlyArray<{index: number; relevance_score: number}>;
			};
			expect(reply.results.map(({index, relevance_score: score}) => ({index, score}))).toEqual(
				results.map(({index, score}) => ({index, score})),
			);
		}
		expect(await (await post('/rerank', {model: bert, query, texts: documents})).json()).toEqual(
			results.map(({index, score}) => ({index, score})),
		);
	});

	test('a GGUF file ranks as the network it was made of', async () => {
		const [onnx, gguf] = [
			await ranks('--model', xlm, '--raw'),
			await ranks('--model', fixture('gguf/ranker.gguf'), '--raw'),
		];
		expect(gguf.results.map(({index}) => index)).toEqual(onnx.results.map(({index}) => index));
		for (const [at, {score}] of gguf.results.entries()) expect(score).toBeCloseTo(onnx.results[at]?.score ?? 9, 2);
	});

	test('a GGUF file makes vectors as the network it was made of', async () => {
		const vectorOf = async (model: string): Promise<readonly number[]> => {
			const {out} = await user.run(['embed', 'the cat sat on the moon', '--model', model]);
			return (JSON.parse(out) as {embeddings: [{vector: number[]}]}).embeddings[0].vector;
		};
		const [onnx, gguf] = [await vectorOf(fixture('embedding/bert')), await vectorOf(fixture('gguf/bert.gguf'))];
		expect(gguf).toHaveLength(32);
		for (const [at, value] of gguf.entries()) expect(Math.abs(value - (onnx[at] ?? 9))).toBeLessThan(1e-3);
	});

	test('without a daemon it is the same', async () => {
		const alone = await ranks('--model', bert, '--no-daemon');
		const {results} = await ranks('--model', bert);
		expect(alone.results).toEqual(results);
	});

	test('in a pipeline the best of the lines goes on', async () => {
		const stage = `rerank:${bert}?query=${query}`;
		const {code, out} = await user.run(['pipe', stage], {stdin: `${documents.join('\n')}\n`});
		expect({code, out: out.trim()}).toEqual({code: 0, out: 'a'});
	});

	test('a model that makes vectors is refused by what it does', async () => {
		const {code, err} = await user.run(['rerank', query, 'a', '--model', fixture('embedding/bert')]);
		expect(code).not.toBe(0);
		expect(err).toContain('embedding');
		const response = await post('/v1/rerank', {model: fixture('embedding/bert'), query, documents});
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({
			error: {code: 'task-unsupported', message: expect.stringMatching(/embedding/) as string},
		});
	});

	test('the one that ships with mofa finds the line that answers, and says that it is a toy', async () => {
		const lines = [
			'mofa ps lists the models that are loaded, with the memory that each of them takes.',
			'mofa pull fetches a model from the Hub and keeps it on this machine.',
			'A voice is chosen with mofa speak --voice; mofa voices lists all of them.',
		];
		const {code, out, err} = await user.run(['rerank', 'How do I see which models are loaded?', '--json'], {
			stdin: lines.join('\n'),
		});
		expect(code).toBe(0);
		expect(err).toMatch(/a toy of/);
		const {model, results} = JSON.parse(out) as Document;
		expect(model).toBe('ranker');
		expect(results[0]?.index).toBe(0);
		expect(results[0]?.score).toBeGreaterThan((results[1]?.score ?? 1) + 0.3);
	});
});
