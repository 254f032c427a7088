import {expect, test} from 'vitest';
import {fakeServices} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

const many = (item: string, count: number): string => `[${Array.from({length: count}, () => item).join(',')}]`;
const bodies: ReadonlyArray<readonly [string, string, string, string]> = [
	['messages', '/v1/chat/completions', `{"model":"tiny","messages":${many('0', 300_000)}}`, 'messages.0'],
	[
		'parts',
		'/v1/chat/completions',
		`{"model":"tiny","messages":[{"role":"user","content":${many('0', 300_000)}}]}`,
		'messages.0.content.0',
	],
	[
		'tools',
		'/v1/chat/completions',
		`{"model":"tiny","messages":[{"role":"user","content":"a"}],"tools":${many('0', 300_000)}}`,
		'tools.0',
	],
	['prompts', '/v1/completions', `{"model":"tiny","prompt":${many('true', 300_000)}}`, 'prompt'],
	['texts to compare', '/v1/embeddings', `{"model":"tiny","input":${many('true', 300_000)}}`, 'input'],
	['texts to rank', '/v1/rerank', `{"model":"tiny","query":"a","documents":${many('0', 300_000)}}`, 'documents.0'],
	['texts to rank likewise', '/rerank', `{"query":"a","texts":${many('0', 300_000)}}`, 'texts.0'],
	['anything', '/v1/tasks/chat', `{"request":{"messages":${many('0', 1_100_000)}}}`, 'body'],
	['objects', '/v1/chat/completions', `{"model":"tiny","messages":${many('{}', 300_000)}}`, 'body'],
];

test.each(bodies)('a question with very many %s is refused by the first', async (_what, path, body, param) => {
	const fake = fakeServices();
	const {url} = await serveApp(fake);
	const headers = {'content-type': 'application/json'};
	const answer = await fetch(url + path, {method: 'POST', headers, body});
	expect([answer.status, await answer.json()]).toMatchObject([400, {error: {param}}]);
	expect(fake.leases.asks).toEqual([]);
});

test.each([
	['deeper than a body may be', '['.repeat(100_000) + ']'.repeat(100_000)],
	['of too many parts', many('{}', 300_000)],
])('the arguments of a call, which are JSON in a text, are not %s', async (_what, value) => {
	const fake = fakeServices();
	const {url} = await serveApp(fake);
	const call = {id: 'a', type: 'function', function: {name: 'f', arguments: `{"a":${value}}`}};
	const messages = [
		{role: 'user', content: 'a'},
		{role: 'assistant', tool_calls: [call]},
	];
	const headers = {'content-type': 'application/json'};
	const body = JSON.stringify({model: 'tiny', messages});
	const answer = await fetch(`${url}/v1/chat/completions`, {method: 'POST', headers, body});
	const param = 'messages.1.tool_calls.0.function.arguments';
	expect([answer.status, await answer.json()]).toMatchObject([400, {error: {param}}]);
	expect(fake.leases.asks).toEqual([]);
});

const long = 'm'.repeat(1_000_000);
test.each<readonly [string, object]>([
	['/v1/chat/completions', {messages: [{role: 'user', content: 'a'}]}],
	['/v1/completions', {prompt: 'a'}],
	['/v1/embeddings', {input: 'a'}],
	['/v1/rerank', {query: 'a', documents: ['b']}],
	['/v1/audio/speech', {input: 'a'}],
	['/v1/images/generations', {prompt: 'a'}],
	['/v1/tasks/chat', {request: {messages: [{role: 'user', content: 'a'}]}}],
	['/v1/load', {}],
	['/v1/unload', {}],
	['/v1/pipelines', {pipeline: [{stage: 'llm', model: long}]}],
	['/v1/pipelines', {pipeline: [{stage: 'llm', onFailure: `fallback:${long}`}]}],
])('the name of a model is no book: %s', async (path, fields) => {
	const fake = fakeServices();
	const {url} = await serveApp(fake);
	const headers = {'content-type': 'application/json'};
	const body = JSON.stringify(path === '/v1/pipelines' ? fields : {...fields, model: long});
	const answer = await fetch(url + path, {method: 'POST', headers, body});
	const {error} = (await answer.json()) as {error: {message: string}};
	expect(answer.status).toBe(400);
	expect(error.message.length).toBeLessThan(1000);
	expect(fake.calls.filter(call => call.length > 5000)).toEqual([]);
	expect(fake.leases.asks).toEqual([]);
});

test('a thousand texts as tokens are no such question', async () => {
	const fake = fakeServices({
		async *script() {
			yield {type: 'embedding-end', usage: {tokens: 1, computeMs: 1}} as never;
		},
	});
	const {url} = await serveApp(fake);
	const body = `{"model":"tiny","input":${many(many('7', 512), 1000)}}`;
	const headers = {'content-type': 'application/json'};
	expect((await fetch(`${url}/v1/embeddings`, {method: 'POST', headers, body})).status).toBe(200);
	expect(fake.leases.requests).toHaveLength(1);
});
