import OpenAI from 'openai';
import {expect, test} from 'vitest';
import {ending, fakeServices, says, usage, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

async function start(script: Script): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services);
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey: 'none'})};
}

const echoesItsPrompt: Script = async function* (ask, request) {
	const {prompt, sampling} = request as {prompt: unknown; sampling?: {seed?: number}};
	yield {type: 'text-delta', text: `${JSON.stringify(prompt)} ${sampling?.seed ?? ''}`};
	yield ending(ask);
};

test('the official client gets a text completion', async () => {
	const {client, services} = await start(says(' there', ' was'));
	const reply = await client.completions.create({model: 'tiny', prompt: 'Once', echo: true, suffix: 'end'});
	expect(reply).toMatchObject({
		id: expect.stringMatching(/^cmpl-/),
		object: 'text_completion',
		choices: [{text: 'Once there was', index: 0, finish_reason: 'stop', logprobs: null}],
		usage: {prompt_tokens: 5, completion_tokens: 3, total_tokens: 8},
	});
	expect(services.leases.requests).toEqual([expect.objectContaining({prompt: 'Once', suffix: 'end', maxTokens: 16})]);
});

test.each([
	['a', ['"a" ']],
	[
		['a', 'b'],
		['"a" ', '"b" '],
	],
	[[1, 2], ['[1,2] ']],
	[
		[[1], [2, 3]],
		['[1] ', '[2,3] '],
	],
])('prompt %j has its answers in order', async (prompt, texts) => {
	const {client} = await start(echoesItsPrompt);
	const reply = await client.completions.create({model: 'tiny', prompt});
	expect(reply.choices.map(({text}) => text)).toEqual(texts);
	expect(reply.choices.map(({index}) => index)).toEqual(texts.map((_, index) => index));
});

test('n answers for each prompt are numbered prompt by prompt, and a prompt is counted once', async () => {
	const {client} = await start(echoesItsPrompt);
	const reply = await client.completions.create({model: 'tiny', prompt: ['a', 'b'], n: 2, seed: 1, best_of: 2});
	expect(reply.choices.map(({text}) => text)).toEqual(['"a" 1', '"a" 2', '"b" 1', '"b" 2']);
	expect(reply.usage).toMatchObject({prompt_tokens: 10, completion_tokens: 12});
});

test('a stream ends with the reason, the usage and [DONE]', async () => {
	const {url} = await start(says(' there', ' was'));
	const response = await fetch(`${url}/v1/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({
			model: 'tiny',
			prompt: 'Once',
			echo: true,
			stream: true,
			stream_options: {include_usage: true},
		}),
	});
	const events = (await response.text()).split('\n\n').filter(Boolean);
	expect(events.at(-1)).toBe('data: [DONE]');
	const chunks = events.slice(0, -1).map(event => JSON.parse(event.slice(6)) as Record<string, unknown>);
	expect(new Set(chunks.map(({id}) => id)).size).toBe(1);
	expect(chunks.map(({choices}) => choices)).toEqual([
		[{text: 'Once', index: 0, logprobs: null, finish_reason: null}],
		[{text: ' there', index: 0, logprobs: null, finish_reason: null}],
		[{text: ' was', index: 0, logprobs: null, finish_reason: null}],
		[{text: '', index: 0, logprobs: null, finish_reason: 'stop'}],
		[],
	]);
	expect(chunks.at(-1)).toMatchObject({usage: {prompt_tokens: 5, completion_tokens: 3, total_tokens: 8}});
});

test('log probabilities have the older shape of this endpoint', async () => {
	const {client} = await start(async function* () {
		yield {type: 'text-delta', text: 'ab', logprobs: [{token: 'ab', logprob: -1, top: [{token: 'c', logprob: -2}]}]};
		yield {type: 'text-delta', text: 'd', logprobs: [{token: 'd', logprob: -3, top: []}]};
		yield {type: 'completion-end', reason: 'length', usage};
	});
	const reply = await client.completions.create({model: 'tiny', prompt: 'x', logprobs: 1});
	expect(reply.choices[0]?.logprobs).toEqual({
		tokens: ['ab', 'd'],
		token_logprobs: [-1, -3],
		top_logprobs: [{c: -2}, {}],
		text_offset: [0, 2],
	});
});

test.each([
	[{prompt: {}}, 'prompt'],
	[{prompt: []}, 'prompt'],
	[{prompt: Array.from({length: 65}, () => 'x'), n: 2}, 'prompt'],
	[{prompt: [1], echo: true}, 'echo'],
	[{prompt: 'x', echo: true, logprobs: 1}, 'echo'],
	[{prompt: 'x', best_of: 4}, 'best_of'],
	[{prompt: 'x', logit_bias: {'5': 1}}, 'logit_bias'],
	[{prompt: 'x', max_tokens: -1}, 'max_tokens'],
])('%j is refused with 400 and its parameter', async (fields, param) => {
	const {url} = await start(says('never'));
	const response = await fetch(`${url}/v1/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({model: 'tiny', ...fields}),
	});
	expect([response.status, await response.json()]).toEqual([400, {error: expect.objectContaining({param})}]);
});

test('models are listed, found by raw and encoded names, and removed', async () => {
	const {client, url, services} = await start(says('x'));
	const models = await client.models.list();
	expect(models.data).toEqual([
		expect.objectContaining({id: 'org/tiny:Q8_0', object: 'model', created: 1_767_323_045, owned_by: 'hub-cache'}),
	]);
	expect(await client.models.retrieve('org/tiny:Q8_0')).toMatchObject({id: 'org/tiny:Q8_0', mofa: {license: 'MIT'}});
	expect(await (await fetch(`${url}/v1/models/org/tiny:Q8_0`)).json()).toMatchObject({id: 'org/tiny:Q8_0'});
	await expect(client.models.retrieve('nothing')).rejects.toMatchObject({status: 404, code: 'model-not-found'});
	await expect(client.models.delete('org/tiny:Q8_0')).rejects.toMatchObject({status: 409, code: 'model-in-use'});
	const removed = await fetch(`${url}/v1/models/org%2Ftiny%3AQ8_0?force=true`, {method: 'DELETE'});
	expect(await removed.json()).toEqual({id: 'org/tiny:Q8_0', object: 'model', deleted: true, mofa: {freedBytes: 7}});
	expect(services.calls.filter(call => call.startsWith('remove'))).toEqual([
		'remove org/tiny:Q8_0 false',
		'remove org/tiny:Q8_0 true',
	]);
});
