import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {cutWarning} from '../../../src/tasks/cut-warning.ts';
import type {EmbeddingRequest} from '../../../src/tasks/embedding.ts';
import {fakeClient, type FakeClient} from '../../helpers/fake-client.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-embed-test-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const file = (name: string, content: string | Uint8Array): string => {
	writeFileSync(path.join(folder, name), content);
	return path.join(folder, name);
};

/** The last vector first: the length of the text, and a number that 32 bits do not hold exactly. */
const embedding = (warning?: Warning): FakeClient =>
	fakeClient({
		answer: async function* ({request}) {
			if (warning !== undefined) yield {type: 'warning', warning};
			const {inputs, dimensions = 2} = request as unknown as EmbeddingRequest;
			for (const [index, input] of [...inputs.entries()].toReversed())
				yield {type: 'vector', index, vector: Float32Array.of(input.length, 0.1).slice(0, dimensions)};
			yield {type: 'embedding-end', usage: {tokens: inputs.length, computeMs: 2}};
		},
	});
const requests = ({asks}: FakeClient): readonly unknown[] => asks.map(({request}) => request);

test('texts become one document, in their order', async () => {
	const {code, out, err, client} = await runCli(['embed', 'Hello there', 'so', '-m', 'other'], {
		client: fakeClientWith('other'),
	});
	expect({code, err}).toEqual({code: 0, err: ''});
	expect(JSON.parse(out)).toEqual({
		model: 'other',
		dimensions: 2,
		tokens: 2,
		computeMs: 2,
		embeddings: [
			{input: 'Hello there', vector: [11, 0.100000001]},
			{input: 'so', vector: [2, 0.100000001]},
		],
	});
	expect(client.asks[0]).toMatchObject({model: 'other', task: 'embedding'});
	expect(requests(client)).toEqual([{inputs: ['Hello there', 'so']}]);
});

test('files are read, and what is piped in', async () => {
	const notes = file('notes.txt', 'Two\nlines\n');
	const {code, out, client} = await runCli(
		['embed', notes, '-', 'typed', '-f', 'ndjson', '-p', 'document', '-d', '1'],
		{
			client: embedding(),
			input: ' piped \n',
		},
	);
	expect(code).toBe(0);
	expect(requests(client)).toEqual([{inputs: ['Two\nlines', 'piped', 'typed'], purpose: 'document', dimensions: 1}]);
	expect(
		out
			.trimEnd()
			.split('\n')
			.map(line => JSON.parse(line) as unknown),
	).toEqual([
		{input: notes, vector: [9]},
		{input: '-', vector: [5]},
		{input: 'typed', vector: [5]},
	]);
});

test('with --lines each line is a text, and hundreds are asked for in parts', async () => {
	const input = Array.from({length: 300}, (_, index) => `${'x'.repeat(index % 7)}y\r\n\n`).join('');
	const {out, client} = await runCli(['embed', '--lines', '-f', 'ndjson'], {client: embedding(), input});
	expect(requests(client).map(request => (request as EmbeddingRequest).inputs.length)).toEqual([256, 44]);
	const lines = out
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as {input: string; vector: number[]});
	expect(lines.map(({vector}) => vector[0])).toEqual(Array.from({length: 300}, (_, index) => (index % 7) + 1));
	expect(lines[1]?.input).toBe('-:3');
});

test('a file for NumPy has a row for each text', async () => {
	const output = path.join(folder, 'vectors.npy');
	const {code, out} = await runCli(['embed', 'a', 'bb', 'ccc', '-o', output], {client: embedding()});
	expect({code, out}).toEqual({code: 0, out: ''});
	const bytes = readFileSync(output);
	const start = 10 + bytes.readUInt16LE(8);
	expect(bytes.subarray(0, 8).toString('latin1')).toBe('\u0093NUMPY\u0001\u0000');
	expect(start % 64).toBe(0);
	expect(bytes.subarray(10, start).toString('latin1')).toMatch(
		/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/,
	);
	expect([0, 1, 2].map(row => bytes.readFloatLE(start + row * 8))).toEqual([1, 2, 3]);
	expect(bytes).toHaveLength(start + 24);
});

test.each([
	[['embed'], /there is no text/],
	[['embed', ' '], /there is no text/],
	[['embed', '-', '-'], /read once/],
	[['embed', 'a', '-f', 'csv'], /--format: expected one of json, ndjson, npy, not "csv"/],
	[['embed', 'a', '-d', 'many'], /--dimensions: expected a whole number, not "many"/],
	[['embed', 'a', '-p', 'title'], /--purpose: expected query or document/],
	[['embed', os.tmpdir()], /not a folder/],
])('%j is refused before a model is asked for', async (argv, message) => {
	const {code, out, err, connections} = await runCli(argv, {client: embedding()});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
	expect(connections).toEqual([]);
});

test('what is no text is refused with its name', async () => {
	const picture = file('picture.bin', Uint8Array.of(0xff, 0xfe, 0x00));
	const {code, err} = await runCli(['embed', picture], {client: embedding()});
	expect(code).toBe(2);
	expect(err).toContain(`${picture}: expected text in UTF-8`);
});

test('a terminal gets no bare numbers', async () => {
	const {code, out, err} = await runCli(['embed', 'a', '-f', 'npy'], {client: embedding(), isTerminal: true});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toContain('-o vectors.npy');
});

test('a folder that is not there is told before a model is asked for', async () => {
	const {code, err, connections} = await runCli(['embed', 'a', '-o', path.join(folder, 'gone', 'v.npy')], {
		client: embedding(),
	});
	expect(code).toBe(1);
	expect(err).toContain(`${path.join(folder, 'gone')}: `);
	expect(connections).toEqual([]);
});

test('a name of a file that is not there is taken as text, and said so', async () => {
	const {code, err, client} = await runCli(['embed', 'notes/*.txt', 'and/or', './x y', './gone', 'see a.md'], {
		client: embedding(),
	});
	expect(code).toBe(0);
	expect(err.split('warning: the built-in')[0]).toBe(
		['notes/*.txt', './gone']
			.map(name => `warning: ${name}: there is no such file, so this is the text itself\n`)
			.join(''),
	);
	expect(requests(client)).toMatchObject([{inputs: ['notes/*.txt', 'and/or', './x y', './gone', 'see a.md']}]);
});

test('what a model says of a field is said of the option, and of a text of its file', async () => {
	const notes = file('long.txt', 'x');
	const refusing = (field: string): FakeClient =>
		fakeClient({
			answer: async function* () {
				yield {type: 'warning', warning: {setting: 'inputs', message: 'cut'}};
				throw new MofaError('invalid-request', {path: field, expected: 'less'});
			},
		});
	const of = async (field: string): Promise<string> =>
		(await runCli(['embed', 'a', notes, '-d', '9'], {client: refusing(field)})).err;
	expect(await of('dimensions')).toContain('warning: the texts: cut\nerror: --dimensions: expected less\n');
	expect(await of('inputs.1')).toContain('long.txt: expected less\n');
});

test('texts that are cut in several requests are told of once, with their number among all', async () => {
	const {err} = await runCli(['embed', '--lines', '-f', 'ndjson', '-m', 'other'], {
		client: fakeClientWith('other', cutWarning('inputs', {texts: 2, of: 256, tokens: 9})),
		input: 'line\n'.repeat(600),
	});
	expect(err).toBe(
		'warning: the texts: 6 of 600 texts are longer than the 9 tokens this model reads: their beginnings count\n',
	);
});

test('a failure leaves no file', async () => {
	const output = path.join(folder, 'none.npy');
	const client = fakeClient({
		answer: async function* () {
			yield* [];
			throw new MofaError('runner-failed', {model: 'x', reason: 'killed', detail: ''});
		},
	});
	const {code} = await runCli(['embed', 'a', '-o', output], {client});
	expect(code).toBe(7);
	expect(() => readFileSync(output)).toThrow('ENOENT');
});

function fakeClientWith(name: string, warning?: Warning): FakeClient {
	const client = embedding(warning);
	return {
		...client,
		model: async () => ({...(await client.model((await client.models())[0]?.name ?? '')), name, tasks: ['embedding']}),
	};
}
