import {expect, test} from 'vitest';
import {chat} from '../../../src/tasks/chat.ts';
import {completion} from '../../../src/tasks/completion.ts';

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
	let failure: unknown;
	try {
		parse(request);
	} catch (error) {
		failure = error;
	}
	expect(failure).toMatchObject({
		code: 'invalid-request',
		data: {path: 'body', expected: `nothing called ${named}`},
	});
});

test('chat and completion take every field that they know', () => {
	const asked = {...generation, messages, tools: [{name: 'look'}], toolChoice: 'auto', think: 'low'};
	expect(chat.parse(asked)).toEqual(asked);
	const continued = {...generation, prompt: 'Once', suffix: 'after'};
	expect(completion.parse(continued)).toEqual(continued);
});
