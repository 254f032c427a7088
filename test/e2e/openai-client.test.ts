import OpenAI, {BadRequestError, NotFoundError} from 'openai';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {guideFile, guidePresent, longFormat, patience, until, User, type Daemon} from '../helpers/user.ts';

const messages = [{role: 'user' as const, content: 'How do I see which models are loaded?'}];
const greedy = {model: 'guide', temperature: 0, seed: 1, max_tokens: 32} as const;

describe.skipIf(!guidePresent)('the official OpenAI client', patience, () => {
	let user: User;
	let daemon: Daemon;
	let client: OpenAI;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'not needed', maxRetries: 0});
		await client.chat.completions.create({...greedy, messages});
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('lists the models that mofa list shows', async () => {
		const {data} = await client.models.list();
		expect(data.map(({id}) => id)).toContain('guide');
		expect(await client.models.retrieve('guide')).toMatchObject({id: 'guide', object: 'model'});
	});

	test('gets one answer whole and streamed, and the same as mofa run', async () => {
		const whole = await client.chat.completions.create({...greedy, messages});
		const streamed = await client.chat.completions.create({
			...greedy,
			messages,
			stream: true,
			stream_options: {include_usage: true},
		});
		let text = '';
		let usage;
		for await (const chunk of streamed) {
			text += chunk.choices[0]?.delta.content ?? '';
			usage = chunk.usage ?? usage;
		}
		expect(text).toBe(whole.choices[0]?.message.content);
		expect(usage).toMatchObject({
			completion_tokens: whole.usage?.completion_tokens,
			prompt_tokens: whole.usage?.prompt_tokens,
		});
		const options = ['-o', 'temperature=0', '--seed', '1', '-o', 'num_predict=32'];
		const {out} = await user.run(['run', 'guide', ...options, messages[0]?.content ?? '']);
		expect(out.trimEnd()).toBe(text.trimEnd());
	});

	test("is answered by a model of this machine when it names a hosted service's", async () => {
		const hosted = await client.chat.completions.create({...greedy, model: 'gpt-4o-mini', messages});
		const own = await client.chat.completions.create({...greedy, messages});
		expect(hosted.choices[0]?.message.content).toBe(own.choices[0]?.message.content);
		const unknown = client.chat.completions.create({...greedy, model: 'gpt-no-such-thing', messages});
		await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
	});

	test('helps itself to the final answer with its own stream helper', async () => {
		const stream = client.chat.completions.stream({...greedy, messages});
		const final = await stream.finalChatCompletion();
		expect(final.choices[0]?.message.content).not.toBe('');
		expect(final.choices[0]?.finish_reason).toMatch(/^(stop|length)$/);
	});

	test('continues a text', async () => {
		const whole = await client.completions.create({...greedy, prompt: 'mofa '});
		const streamed = await client.completions.create({...greedy, prompt: 'mofa ', stream: true});
		let text = '';
		for await (const chunk of streamed) text += chunk.choices[0]?.text ?? '';
		expect(text).toBe(whole.choices[0]?.text);
		expect(whole).toMatchObject({object: 'text_completion', usage: {completion_tokens: expect.any(Number)}});
	});

	test('gets JSON that obeys its schema', async () => {
		const {choices} = await client.chat.completions.create({
			model: 'guide',
			messages,
			response_format: {
				type: 'json_schema',
				json_schema: {
					name: 'command',
					strict: true,
					schema: {
						type: 'object',
						properties: {name: {type: 'string', maxLength: 12}, count: {type: 'integer', minimum: 3, maximum: 5}},
						required: ['name', 'count'],
						additionalProperties: false,
					},
				},
			},
		});
		const answer = JSON.parse(choices[0]?.message.content ?? '') as {name: string; count: number};
		expect(Object.keys(answer)).toEqual(['name', 'count']);
		expect(answer.name.length).toBeLessThanOrEqual(12);
		expect([3, 4, 5]).toContain(answer.count);
	});

	test('frees its slot when it stops reading a stream', async () => {
		const stream = await client.chat.completions.create({
			model: 'guide',
			messages,
			stream: true,
			response_format: {type: 'json_schema', json_schema: {name: 'long', schema: longFormat.schema as never}},
		});
		for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
		expect(stream.controller.signal.aborted).toBe(true);
		await until('the slot is free', async () => (await daemon.client.residents())[0]?.active === 0, 1000);
	});

	test('is told of a model that is not here by its own error class, with our code', async () => {
		const failure = await client.chat.completions.create({model: 'giude', messages}).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(NotFoundError);
		expect(failure).toMatchObject({status: 404, code: 'model-not-found', param: 'model'});
		expect((failure as Error).message).toContain('giude');
	});

	test('is told of a text that is too long for the context by its own error class, streamed or not', async () => {
		const long = [{role: 'user' as const, content: 'mofa lists models. '.repeat(3000)}];
		for (const stream of [false, true]) {
			const failure = await client.chat.completions
				.create({...greedy, messages: long, stream})
				.catch((error: unknown) => error);
			expect(failure).toBeInstanceOf(BadRequestError);
			expect(failure).toMatchObject({status: 400, code: 'context-overflow'});
		}
	});

	test('can name a model by its path', async () => {
		const {choices} = await client.chat.completions.create({...greedy, model: guideFile, messages, max_tokens: 4});
		expect(choices[0]?.message.content).not.toBe('');
	});
});
