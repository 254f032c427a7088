import OpenAI from 'openai';
import {expect, test} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import type {Warning} from '../../src/contract/task.ts';
import type {EmbeddingEvent, EmbeddingRequest} from '../../src/tasks/embedding.ts';
import {fakeServices, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

type FakeEvent = EmbeddingEvent | {readonly type: 'warning'; readonly warning: Warning};

/** The last first: a vector holds the length of its input, and where it stood. */
async function* vectors({inputs, dimensions = 3}: EmbeddingRequest): AsyncGenerator<FakeEvent> {
	for (const [index, input] of [...inputs.entries()].toReversed())
		yield {type: 'vector', index, vector: Float32Array.of(input.length, index, 0.1).slice(0, dimensions)};
	yield {type: 'embedding-end', usage: {tokens: 7, computeMs: 1}};
}
const embeds = ((_ask: unknown, request: unknown) => vectors(request as EmbeddingRequest)) as unknown as Script;
const ask = {model: 'encoder', input: 'Hello'} as const;

async function start(script: Script = embeds): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services);
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0})};
}

function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
	return fetch(`${url}/v1/embeddings`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify(body),
		...(signal === undefined ? {} : {signal}),
	});
}

test('the official client, which asks for base64, gets numbers in the order of its texts', async () => {
	const {client, services} = await start();
	const reply = await client.embeddings.create({...ask, input: ['Hello', 'so', 'long!!']});
	expect(reply.data.map(({index, embedding}) => [index, embedding])).toEqual([
		[0, [5, 0, Math.fround(0.1)]],
		[1, [2, 1, Math.fround(0.1)]],
		[2, [6, 2, Math.fround(0.1)]],
	]);
	expect(reply).toMatchObject({object: 'list', model: 'encoder', usage: {prompt_tokens: 7, total_tokens: 7}});
	expect(services.leases.asks[0]).toMatchObject({model: 'encoder', task: 'embedding'});
	expect(services.leases.requests).toEqual([{inputs: ['Hello', 'so', 'long!!']}]);
	await services.leases.idle();
});

test.each(['float', 'base64'] as const)('the official client gets %s where it asks for it', async format => {
	const {client} = await start();
	const {data} = await client.embeddings.create({...ask, encoding_format: format, dimensions: 2});
	const expected = format === 'float' ? [5, 0] : Buffer.from(Float32Array.of(5, 0).buffer).toString('base64');
	expect(data).toEqual([{object: 'embedding', index: 0, embedding: expected}]);
});

test.each<[unknown, EmbeddingRequest['inputs']]>([
	['Hello', ['Hello']],
	[
		['a', 'b'],
		['a', 'b'],
	],
	[[1, 2, 3], [[1, 2, 3]]],
	[
		[[1, 2], [3]],
		[[1, 2], [3]],
	],
])('input %j is %j', async (input, inputs) => {
	const {url, services} = await start();
	expect((await post(url, {...ask, input})).status).toBe(200);
	expect(services.leases.requests).toEqual([{inputs}]);
});

test.each([
	['query', 'query'],
	['search_document', 'document'],
	['passage', 'document'],
])('input_type %s is the purpose %s', async (word, purpose) => {
	const {url, services} = await start();
	await post(url, {...ask, input_type: word, truncate: false});
	expect(services.leases.requests).toEqual([{inputs: ['Hello'], purpose, truncate: false}]);
});

test.each([
	[{input: ''}, 'input', /empty/],
	[{input: []}, 'input', /empty/],
	[{input: ['a', '']}, 'input', /empty/],
	[{input: [[]]}, 'input', /empty/],
	[{input: ['a', 1]}, 'input', /text, token numbers, or a list/],
	[{input: [-1]}, 'input.0', />=0/],
	[{input: undefined}, 'input', /text, token numbers, or a list/],
	[{model: undefined}, 'model', /string/],
	[{encoding_format: 'int8'}, 'encoding_format', /float or base64, not int8/],
	[{dimensions: 0}, 'dimensions', /at least 1/],
	[{dimensions: 1.5}, 'dimensions', /whole number/],
	[{input_type: 'poem'}, 'input_type', /query or document, not poem/],
])('%o is refused naming %s', async (change, param, message) => {
	const {url, services} = await start();
	const response = await post(url, {...ask, ...change});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({
		error: {type: 'invalid_request_error', param, message: expect.stringMatching(message) as string},
	});
	expect(services.leases.asks).toEqual([]);
});

test.each([
	['texts', Array.from({length: 2049}, () => 'a'), 'input', /at most 2048/],
	['characters', 'a'.repeat(1_000_001), 'input.0', /at most 1000000/],
] as const)('too many %s are refused', async (_name, input, param, message) => {
	const {url} = await start();
	const response = await post(url, {...ask, input});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({error: {param, message: expect.stringMatching(message) as string}});
});

test('what the model refuses is said in the client\u2019s words', async () => {
	const {client} = await start(async function* () {
		yield* [];
		throw new MofaError('invalid-request', {path: 'inputs.1', expected: 'token numbers of this model'});
	});
	await expect(client.embeddings.create(ask)).rejects.toMatchObject({status: 400, param: 'input.1'});
});

test('a model that is not here, and one that makes no vectors, are said as OpenAI says them', async () => {
	const {client} = await start();
	await expect(client.embeddings.create({...ask, model: 'missing'})).rejects.toMatchObject({
		status: 404,
		param: 'model',
	});
	const other = await start(async function* () {
		yield* [];
		throw new MofaError('task-unsupported', {model: 'guide', task: 'embedding', supported: ['chat']});
	});
	await expect(other.client.embeddings.create(ask)).rejects.toMatchObject({status: 400, param: 'model'});
});

test('warnings come with the answer', async () => {
	const {url} = await start(async function* (_ask, request) {
		yield {type: 'warning', warning: {setting: 'inputs', message: 'cut'}} as never;
		yield* vectors(request as unknown as EmbeddingRequest) as AsyncGenerator<never>;
	});
	const reply = (await (await post(url, {...ask, top_k: 3, user: 'me'})).json()) as {mofa: {warnings: Warning[]}};
	expect(reply.mofa.warnings.map(({setting}) => setting)).toEqual(['top_k', 'input']);
});

test('the model is given back when the client leaves', async () => {
	const leave = new AbortController();
	const {url, services} = await start(async function* (_ask, _request, {signal}) {
		leave.abort();
		await untilAborted(signal);
		yield* [];
	});
	await expect(post(url, ask, leave.signal)).rejects.toThrow();
	await services.leases.idle();
	expect(services.leases.held()).toBe(0);
});
