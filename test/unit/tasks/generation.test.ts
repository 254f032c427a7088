import {expect, test} from 'vitest';
import {chat} from '../../../src/tasks/chat.ts';
import {completion} from '../../../src/tasks/completion.ts';
import {failureOf} from '../../helpers/failure.ts';

const messages = [{role: 'user', content: 'Hello'}];
const generation = {
	sampling: {temperature: 0, unknown: {mirostat: 2}},
	maxTokens: 7,
	stop: ['\n'],
	format: {type: 'json'},
	logprobs: 2,
};

test.each([
	['chat', chat, {messages, temperature: 0}, 'temperature'],
	['chat', chat, {messages, max_tokens: 5, num_ctx: 3}, 'max_tokens, num_ctx'],
	['completion', completion, {prompt: 'Once', maxToken: 5}, 'maxToken'],
])('%s refuses what it does not know of %j, and names it', (_name, {parse}, request, named) => {
	expect(failureOf(() => parse(request))).toMatchObject({
		code: 'invalid-request',
		data: {path: 'body', expected: `nothing called ${named}`},
	});
});

test.each([
	[{messages: [{role: 'user', content: 'Hi', cache_control: {}}]}, 'messages.0', 'cache_control'],
	[{messages: [{role: 'user', content: [{type: 'text', text: 'a', detail: 'low'}]}]}, 'messages.0.content.0', 'detail'],
	[{messages, tools: [{name: 'look', strict: true}]}, 'tools.0', 'strict'],
	[{messages, toolChoice: {name: 'look', version: 2}}, 'toolChoice', 'version'],
	[{messages, format: {type: 'json', indent: 2}}, 'format', 'indent'],
])('%j is refused with the place of what is not known of it', (request, place, named) => {
	expect(failureOf(() => chat.parse(request))).toMatchObject({
		code: 'invalid-request',
		data: {path: place, expected: `nothing called ${named}`},
	});
});

test('a setting of sampling that is not known is handed on, for a warning, and so are no more than some tens', () => {
	const sampling = {temperature: 0, tempo: 3, unknown: {mirostat: 2}};
	expect(chat.parse({messages, sampling}).sampling).toEqual({temperature: 0, unknown: {mirostat: 2, tempo: 3}});
	const many = Object.fromEntries(Array.from({length: 500}, (_, index) => [`setting${index}`, 1]));
	for (const given of [many, {unknown: many}])
		expect(Object.keys(completion.parse({prompt: 'Once', sampling: given}).sampling?.unknown ?? {})).toHaveLength(64);
});

test('a picture may say more of itself than its bytes', () => {
	const image = {bytes: new Uint8Array(1), mediaType: 'image/png', width: 1};
	expect(chat.parse({messages: [{role: 'user', content: [{type: 'image', image}]}]}).messages).toHaveLength(1);
});

test('chat and completion take every field that they know', () => {
	const asked = {...generation, messages, tools: [{name: 'look'}], toolChoice: 'auto', think: 'low'};
	expect(chat.parse(asked)).toEqual(asked);
	const continued = {...generation, prompt: 'Once', suffix: 'after'};
	expect(completion.parse(continued)).toEqual(continued);
});
