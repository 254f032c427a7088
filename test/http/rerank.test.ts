import {expect, test} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import type {Warning} from '../../src/contract/task.ts';
import type {RerankingEvent, RerankingRequest} from '../../src/tasks/reranking.ts';
import {fakeServices, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

/** The longer a text, the better it answers; the last comes first. */
async function* ranks({documents, raw = false}: RerankingRequest): AsyncGenerator<RerankingEvent> {
	for (const [index, document] of [...documents.entries()].toReversed())
		yield {type: 'score', index, score: raw ? document.length : document.length / 100};
	yield {type: 'reranking-end', usage: {tokens: 42, computeMs: 1}};
}
const ranksAll = ((_ask: unknown, request: unknown) => ranks(request as RerankingRequest)) as unknown as Script;

const documents = ['bb', 'a', 'dddd', 'ccc'];
const ask = {model: 'ranker', query: 'how?', documents} as const;
const inference = {query: 'how?', texts: documents} as const;
const everyPath = ['/v1/rerank', '/v2/rerank', '/rerank', '/reranking', '/v1/reranking'];

async function start(script: Script = ranksAll): Promise<{
	services: FakeServices;
	post: (path: string, body: object, signal?: AbortSignal) => Promise<Response>;
}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services);
	return {
		services,
		post: (path, body, signal) =>
			fetch(`${url}${path}`, {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify(body),
				...(signal === undefined ? {} : {signal}),
			}),
	};
}

interface Reply {
	readonly results: ReadonlyArray<{
		readonly index: number;
		readonly relevance_score: number;
		readonly document?: {readonly text: string};
	}>;
}

test.each(everyPath)('%s gives indexes that are a permutation of the documents, the best first', async path => {
	const {post, services} = await start();
	const response = await post(path, ask);
	expect(response.status).toBe(200);
	const {results} = (await response.json()) as Reply;
	expect(results.map(({index}) => index)).toEqual([2, 3, 0, 1]);
	expect(results.map(({index}) => index).toSorted()).toEqual([0, 1, 2, 3]);
	expect(services.leases.asks[0]).toMatchObject({model: 'ranker', task: 'reranking'});
	expect(services.leases.requests).toEqual([{query: 'how?', documents}]);
	await services.leases.idle();
});

test('the reply holds what the clients of Jina, Cohere and llama.cpp look for', async () => {
	const {post} = await start();
	expect(await (await post('/v1/rerank', {...ask, top_n: 2})).json()).toEqual({
		id: expect.stringMatching(/^rerank-[\da-f]{24}$/) as string,
		object: 'list',
		model: 'ranker',
		results: [
			{index: 2, relevance_score: 0.04, document: {text: 'dddd'}},
			{index: 3, relevance_score: 0.03, document: {text: 'ccc'}},
		],
		usage: {prompt_tokens: 42, total_tokens: 42},
		meta: {api_version: {version: '1'}, tokens: {input_tokens: 42, output_tokens: 0}},
	});
});

test.each([
	['/v1/rerank', {}, true],
	['/v1/rerank', {return_documents: false}, false],
	['/v2/rerank', {}, false],
	['/v2/rerank', {return_documents: true}, true],
])('%s with %o has texts in its results: %s', async (path, change, has) => {
	const {post} = await start();
	const {results} = (await (await post(path, {...ask, ...change})).json()) as Reply;
	expect(results.every(({document}) => (document !== undefined) === has)).toBe(true);
});

test('scores lie between 0 and 1 unless raw ones are asked for', async () => {
	const {post} = await start();
	const scoresOf = async (body: object): Promise<readonly number[]> => {
		const {results} = (await (await post('/v1/rerank', body)).json()) as Reply;
		return results.map(result => result.relevance_score);
	};
	expect(await scoresOf(ask)).toEqual([0.04, 0.03, 0.02, 0.01]);
	expect(await scoresOf({...ask, raw_scores: true})).toEqual([4, 3, 2, 1]);
});

test('documents may be objects with a text, and more than there are are all', async () => {
	const {post, services} = await start();
	const response = await post('/v2/rerank', {...ask, documents: [{text: 'one', id: 3}, 'two'], top_n: 100});
	expect(((await response.json()) as Reply).results).toHaveLength(2);
	expect(services.leases.requests).toEqual([{query: 'how?', documents: ['one', 'two']}]);
});

test('a hosted service\u2019s model, and none, are the default one', async () => {
	const {post, services} = await start();
	await post('/v1/rerank', {...ask, model: undefined});
	expect(services.leases.asks[0]).toMatchObject({model: 'org/tiny:Q8_0', task: 'reranking'});
});

test('texts make it Text Embeddings Inference\u2019s request, answered by a bare list', async () => {
	const {post, services} = await start();
	const response = await post('/rerank', inference);
	expect(await response.json()).toEqual([
		{index: 2, score: 0.04},
		{index: 3, score: 0.03},
		{index: 0, score: 0.02},
		{index: 1, score: 0.01},
	]);
	await post('/rerank', {...inference, raw_scores: true, return_text: true, truncate: true});
	expect(services.leases.requests).toEqual([
		{query: 'how?', documents},
		{query: 'how?', documents, raw: true, truncate: true},
	]);
});

test('its texts come back where they are asked for, and what is not honoured is said in the head', async () => {
	const {post} = await start(async function* (_ask, request) {
		yield {type: 'warning', warning: {setting: 'documents', message: 'cut'}} as never;
		yield* ranks(request as unknown as RerankingRequest) as AsyncGenerator<never>;
	});
	const response = await post('/rerank', {...inference, return_text: true, truncation_direction: 'Left'});
	expect(((await response.json()) as unknown[])[0]).toEqual({index: 2, score: 0.04, text: 'dddd'});
	const warnings = JSON.parse(response.headers.get('x-mofa-warnings') ?? '[]') as Warning[];
	expect(warnings.map(({setting}) => setting)).toEqual(['truncation_direction', 'texts']);
});

test.each([
	[{documents: []}, 'documents', /at least one/],
	[{documents: undefined}, 'documents', /list of texts/],
	[{documents: 'a'}, 'documents', /list of texts/],
	[{documents: ['a', 1]}, 'documents.1', /a text, or an object/],
	[{documents: [{title: 'a'}]}, 'documents.0', /a text, or an object/],
	[{query: undefined}, 'query', /question/],
	[{query: '  '}, 'query', /empty/],
	[{top_n: 0}, 'top_n', /at least 1/],
	[{top_n: 1.5}, 'top_n', /whole number/],
	[{raw_scores: 'yes'}, 'raw_scores', /boolean/],
	[{model: 7}, 'model', /string/],
	[{documents: Array.from({length: 10_001}, () => 'a')}, 'documents', /at most 10000/],
	[{documents: ['a'.repeat(1_000_001)]}, 'documents.0', /at most 1000000/],
])('%o is refused naming %s', async (change, param, message) => {
	const {post, services} = await start();
	const response = await post('/v1/rerank', {...ask, ...change});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({
		error: {type: 'invalid_request_error', param, message: expect.stringMatching(message) as string},
	});
	expect(services.leases.asks).toEqual([]);
});

test.each([
	[{texts: []}, 'texts', /at least one/],
	[{texts: [1]}, 'texts.0', /string/],
	[{truncation_direction: 'up'}, 'truncation_direction', /right/],
])('of the other dialect %o is refused naming %s', async (change, param, message) => {
	const {post} = await start();
	const response = await post('/rerank', {...inference, ...change});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({error: {param, message: expect.stringMatching(message) as string}});
});

test('what the model refuses is said in the words of the dialect', async () => {
	const {post} = await start(async function* () {
		yield* [];
		throw new MofaError('invalid-request', {path: 'documents', expected: 'texts of at most 9 tokens'});
	});
	expect(await (await post('/v1/rerank', ask)).json()).toMatchObject({error: {param: 'documents'}});
	expect(await (await post('/rerank', inference)).json()).toMatchObject({error: {param: 'texts'}});
});

test('a model that does something else is refused naming what it does', async () => {
	const {post} = await start(async function* () {
		yield* [];
		throw new MofaError('task-unsupported', {model: 'guide', task: 'reranking', supported: ['chat']});
	});
	const response = await post('/v1/rerank', {...ask, model: 'guide'});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({
		error: {param: 'model', code: 'task-unsupported', message: expect.stringMatching(/chat/) as string},
	});
	expect((await post('/v1/rerank', {...ask, model: 'missing'})).status).toBe(404);
});

test('warnings come with the answer', async () => {
	const {post} = await start();
	const reply = (await (await post('/v1/rerank', {...ask, max_tokens_per_doc: 9, user: 'me'})).json()) as {
		mofa: {warnings: Warning[]};
	};
	expect(reply.mofa.warnings.map(({setting}) => setting)).toEqual(['max_tokens_per_doc']);
});

test('what a document holds beside its text is not ranked, and said so by its path', async () => {
	const {post} = await start();
	const given = [{text: 'one', title: 'a', image: null}, 'two', {text: 'three', meta: {id: 3}}];
	const reply = (await (await post('/v1/rerank', {...ask, documents: given})).json()) as {
		mofa: {warnings: Warning[]};
	};
	expect(reply.mofa.warnings.map(({setting}) => setting)).toEqual(['documents[0].title', 'documents[2].meta']);
});

test('the model is given back when the client leaves', async () => {
	const leave = new AbortController();
	const {post, services} = await start(async function* (_ask, _request, {signal}) {
		leave.abort();
		await untilAborted(signal);
		yield* [];
	});
	await expect(post('/v1/rerank', ask, leave.signal)).rejects.toThrow();
	await services.leases.idle();
	expect(services.leases.held()).toBe(0);
});
