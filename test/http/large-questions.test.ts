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
