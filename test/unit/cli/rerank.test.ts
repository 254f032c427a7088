import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {RerankingRequest} from '../../../src/tasks/reranking.ts';
import {fakeClient, type FakeClient} from '../../helpers/fake-client.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-rerank-test-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const file = (name: string, content: string): string => {
	writeFileSync(path.join(folder, name), content);
	return path.join(folder, name);
};

/** The longer a text, the better it answers; the last score comes first. */
const ranking = (): FakeClient =>
	fakeClient({
		answer: async function* ({request}) {
			const {documents, raw} = request as unknown as RerankingRequest;
			for (const [index, text] of [...documents.entries()].toReversed())
				yield {type: 'score', index, score: raw ? text.length : text.length / 100};
			yield {type: 'reranking-end', usage: {tokens: documents.length, computeMs: 2}};
		},
	});
const requests = ({asks}: FakeClient): readonly unknown[] => asks.map(({request}) => request);

test('files are a table with the best first', async () => {
	const short = file('short.md', 'Little.');
	const long = file('long.md', `# Begin here\n\n${'and so on '.repeat(20)}`);
	const {code, out, err, client} = await runCli(['rerank', 'How do I begin?', short, long], {client: ranking()});
	expect(code).toBe(0);
	expect(err).toContain('a toy; a real one comes with mofa pull bge-reranker');
	expect(requests(client)).toEqual([
		{query: 'How do I begin?', documents: ['Little.', `# Begin here\n\n${'and so on '.repeat(20)}`.trim()]},
	]);
	const lines = out.trimEnd().split('\n');
	expect(lines[0]).toMatch(/^SCORE {5}FROM +TEXT$/);
	expect(lines[1]).toMatch(/^2\.1300 .*long\.md +# Begin here and so on .*…$/);
	expect(lines[2]).toMatch(/^0\.0700 .*short\.md +Little\.$/);
});

test('lines that are piped in are texts of their own, and --top keeps the best', async () => {
	const {out, client} = await runCli(['rerank', 'which?', '--top', '2', '-f', 'ndjson'], {
		client: ranking(),
		input: 'one\n\n three \r\nfifteen\n',
	});
	expect(requests(client)).toEqual([{query: 'which?', documents: ['one', 'three', 'fifteen']}]);
	expect(
		out
			.trimEnd()
			.split('\n')
			.map(line => JSON.parse(line) as unknown),
	).toEqual([
		{index: 2, score: 0.07, input: '-:4', text: 'fifteen'},
		{index: 1, score: 0.05, input: '-:3', text: 'three'},
	]);
});

test('a file is one text, and with --lines each of its lines', async () => {
	const notes = file('notes.txt', 'a\nbb\n');
	const whole = await runCli(['rerank', 'which?', notes], {client: ranking()});
	expect(requests(whole.client)).toEqual([{query: 'which?', documents: ['a\nbb']}]);
	const {out, client} = await runCli(['rerank', 'which?', notes, '--lines', '--raw', '--json'], {client: ranking()});
	expect(requests(client)).toEqual([{query: 'which?', documents: ['a', 'bb'], raw: true}]);
	expect(JSON.parse(out)).toEqual({
		model: expect.any(String) as string,
		query: 'which?',
		tokens: 2,
		computeMs: 2,
		results: [
			{index: 1, score: 2, input: `${notes}:2`, text: 'bb'},
			{index: 0, score: 1, input: `${notes}:1`, text: 'a'},
		],
	});
});

test('typed texts are known by their place', async () => {
	const {out} = await runCli(['rerank', 'which?', 'a text', 'another text'], {client: ranking()});
	expect(out).toBe('SCORE     FROM    TEXT\n0.1200    2       another text\n0.0600    1       a text\n');
});

test('hundreds of texts are asked for in parts and put in one order', async () => {
	const input = Array.from({length: 600}, (_, index) => `${'x'.repeat((index * 7) % 600)}y`).join('\n');
	const {out, client} = await runCli(['rerank', 'which?', '-n', '3', '-f', 'ndjson'], {client: ranking(), input});
	expect(requests(client).map(request => (request as RerankingRequest).documents.length)).toEqual([256, 256, 88]);
	const scores = out
		.trimEnd()
		.split('\n')
		.map(line => (JSON.parse(line) as {score: number}).score);
	expect(scores).toEqual([6, 5.99, 5.98]);
});

test('a model that is asked for by its name is taken without a word', async () => {
	const client = ranking();
	const model = async (): Promise<Awaited<ReturnType<FakeClient['model']>>> => ({
		...(await client.model((await client.models())[0]?.name ?? '')),
		tasks: ['reranking'],
	});
	const {code, err} = await runCli(['rerank', 'which?', 'a', '-m', 'other'], {client: {...client, model}});
	expect({code, err}).toEqual({code: 0, err: ''});
	expect(client.asks[0]).toMatchObject({model: 'other', task: 'reranking'});
});

test('where nothing ranks, what to fetch is said', async () => {
	const client = {
		...ranking(),
		defaultModel: async () => {
			throw new MofaError('task-unsupported', {model: '', task: 'reranking', supported: ['chat']});
		},
	};
	const {code, err} = await runCli(['rerank', 'which?', 'a'], {client});
	expect(code).not.toBe(0);
	expect(err).toContain('no model on this machine ranks texts');
	expect(err).toContain('mofa pull bge-reranker');
});

test('a model that does something else is refused before it is asked', async () => {
	const {code, err, client} = await runCli(['rerank', 'which?', 'a', '-m', 'guide'], {client: ranking()});
	expect(code).not.toBe(0);
	expect(err).toContain('guide');
	expect(client.asks).toEqual([]);
});

test('a text that is refused is known by its file', async () => {
	const notes = file('bad.txt', 'x');
	const client = fakeClient({
		answer: async function* () {
			yield* [];
			throw new MofaError('invalid-request', {path: 'documents.1', expected: 'at most 3 characters'});
		},
	});
	const {code, err} = await runCli(['rerank', 'which?', 'a', notes], {client});
	expect(code).toBe(2);
	expect(err).toContain('bad.txt: expected at most 3 characters');
});

test.each([
	[['rerank', ' ', 'a'], /there is no question/],
	[['rerank', 'which?'], /there are no texts/],
	[['rerank', 'which?', '-', '-'], /read once/],
	[['rerank', 'which?', 'a', '-f', 'csv'], /--format: expected one of text, json, ndjson, not "csv"/],
	[['rerank', 'which?', 'a', '-n', '0'], /--top: expected a whole number, not "0"/],
	[['rerank', 'which?', os.tmpdir()], /not a folder/],
])('%j is refused before a model is asked for', async (argv, message) => {
	const {code, out, err, connections} = await runCli(argv, {client: ranking()});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
	expect(connections).toEqual([]);
});
