import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {gguf} from '../../../src/adapters/gguf.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {RunContext, Warning} from '../../../src/contract/task.ts';
import {compileValidator} from '../../../src/lib/json-schema/validate.ts';
import {chat, type ChatEvent, type ChatRequest, type ChatResult} from '../../../src/tasks/chat.ts';
import {loadStories, storiesModel, storiesPath, storiesPresent, testDevice} from '../../helpers/stories.ts';

const template =
	'{% for message in messages %}{{ message.content }}{% endfor %}{% if tools %}<tool_call>{"name": {% endif %}';
const greedy = {temperature: 0} as const;

describe.skipIf(!storiesPresent)('a chat with a real model', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadStories({slots: 2}, {template});
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	const events = (request: Partial<ChatRequest>, context: Partial<RunContext> = {}): AsyncIterable<ChatEvent> =>
		engine.tasks.chat!(
			{messages: [{role: 'user', content: 'Once upon a time'}], ...request},
			{signal: new AbortController().signal, warn: () => undefined, ...context},
		);
	const run = (request: Partial<ChatRequest>, context?: Partial<RunContext>): Promise<ChatResult> =>
		chat.collect(events(request, context));

	test('goes through the template of the model and comes back as text', async () => {
		const {text, reason} = await run({sampling: greedy, maxTokens: 30});
		expect(text).toContain('there was a little girl named Lily.');
		expect(reason).toBe('length');
	});

	test('reuses the turns before', async () => {
		const first = await run({sampling: greedy, maxTokens: 30});
		const {usage} = await run({
			messages: [
				{role: 'user', content: 'Once upon a time'},
				{role: 'assistant', content: `, ${first.text}`},
				{role: 'user', content: ' The end. Then'},
			],
			sampling: greedy,
			maxTokens: 5,
		});
		expect(usage.cachedTokens).toBeGreaterThanOrEqual(5);
	});

	test('takes what a person or a tool quotes as text, even where it looks like the end of a turn', async () => {
		const tokensOf = async (messages: ChatRequest['messages']): Promise<number> =>
			(await run({messages, sampling: greedy, maxTokens: 1})).usage.promptTokens;
		const without = await tokensOf([{role: 'user', content: 'Once upon a time'}]);
		expect(await tokensOf([{role: 'system', content: 'Once upon a time</s>'}])).toBe(without + 1);
		expect(await tokensOf([{role: 'user', content: 'Once upon a time</s>'}])).toBeGreaterThan(without + 1);
		const parts = [{type: 'text', text: 'Once upon a time</s>'}] as const;
		expect(await tokensOf([{role: 'user', content: parts}])).toBeGreaterThan(without + 1);
		expect(await tokensOf([{role: 'tool', content: 'Once upon a time</s>'}])).toBeGreaterThan(without + 1);
	});

	test('writes JSON where JSON is asked for', async () => {
		const {text, reason} = await run({format: {type: 'json'}, sampling: {temperature: 1, seed: 4}, maxTokens: 400});
		if (reason === 'stop') expect(typeof JSON.parse(text)).toBe('object');
		else expect(text).toMatch(/^\s*[[{]/);
	});

	test('writes what a schema asks for, whatever the model would rather say', async () => {
		const schema = {
			type: 'object',
			properties: {
				name: {type: 'string', maxLength: 12},
				age: {type: 'integer', minimum: 3, maximum: 9},
				colour: {enum: ['red', 'blue']},
			},
			required: ['name', 'age', 'colour'],
			additionalProperties: false,
		};
		for (const seed of [1, 2, 3]) {
			const {text, reason} = await run({
				format: {type: 'json-schema', schema},
				sampling: {temperature: 0.8, seed},
				maxTokens: 200,
			});
			expect(reason).toBe('stop');
			expect(compileValidator(schema)(JSON.parse(text))).toBeUndefined();
		}
	});

	test('says `length` where the limit cuts JSON short', async () => {
		const {reason} = await run({format: {type: 'json'}, sampling: greedy, maxTokens: 2});
		expect(reason).toBe('length');
	});

	test('refuses a schema with a keyword that nothing enforces', async () => {
		const format = {
			type: 'json-schema',
			schema: {type: 'object', unevaluatedProperties: false, $dynamicRef: '#x'},
		} as const;
		await expect(run({format})).rejects.toSatisfy(error => MofaError.is(error, 'invalid-request'));
	});

	test('calls the tool that it is made to call', async () => {
		const {toolCalls, reason, text} = await run({
			tools: [
				{
					name: 'paint',
					parameters: {
						type: 'object',
						properties: {colour: {enum: ['red', 'blue']}},
						required: ['colour'],
						additionalProperties: false,
					},
				},
			],
			toolChoice: 'required',
			sampling: {temperature: 0.8, seed: 2},
			maxTokens: 200,
		});
		expect(reason).toBe('tool-calls');
		expect(text).toBe('');
		expect(toolCalls).toHaveLength(1);
		expect(toolCalls[0]?.name).toBe('paint');
		expect(['red', 'blue']).toContain(toolCalls[0]?.arguments['colour']);
	});

	test('warns of thinking where there is none', async () => {
		const warnings: Warning[] = [];
		await run({think: true, maxTokens: 1}, {warn: warning => warnings.push(warning)});
		expect(warnings.map(({setting}) => setting)).toContain('think');
	});

	test('ends before a stop string', async () => {
		const {text, reason} = await run({sampling: greedy, maxTokens: 80, stop: [' girl']});
		expect(text).toMatch(/there was a little$/);
		expect(reason).toBe('stop');
	});

	test('carries log probabilities beside its text', async () => {
		const {logprobs, text} = await run({sampling: greedy, maxTokens: 8, logprobs: 2});
		expect(
			logprobs
				.map(({token}) => token)
				.join('')
				.trim(),
		).toBe(text.trim());
	});

	test('refuses what is not text, naming where it stands', async () => {
		const image = {bytes: new Uint8Array(), mediaType: 'image/png'} as const;
		const request = run({
			messages: [
				{
					role: 'user',
					content: [
						{type: 'text', text: 'a'},
						{type: 'image', image},
					],
				},
			],
		});
		await expect(request).rejects.toSatisfy(
			error => MofaError.is(error, 'invalid-request') && error.data.path === 'messages.0.content.1',
		);
	});

	test('says what a picture needs where the model would see with another backend', async () => {
		const {manifest, ...model} = storiesModel({template});
		await using seeing = await gguf.load(
			{...model, manifest: {...manifest, accepts: ['image']}},
			{
				signal: new AbortController().signal,
				progress: () => undefined,
				device: testDevice,
				threads: 1,
				settings: {slots: 1, num_ctx: 128},
			},
		);
		const image = {bytes: new Uint8Array(), mediaType: 'image/png'} as const;
		const request: ChatRequest = {messages: [{role: 'user', content: [{type: 'image', image}]}]};
		const context = {signal: new AbortController().signal, warn: () => undefined};
		await expect(chat.collect(seeing.tasks.chat!(request, context))).rejects.toMatchObject({
			code: 'backend-unavailable',
			data: {backend: 'llama-server', pack: {name: 'llama-server'}},
		});
	});
});

describe('the gguf adapter', () => {
	test('estimates from sizes and header facts alone', () => {
		const one = gguf.estimate(storiesModel(), testDevice, {contextLength: 256, slots: 1});
		const more = gguf.estimate(storiesModel(), testDevice, {num_ctx: '512', slots: 4});
		// 2 bytes, 5 layers, 4 heads, 8 wide, keys and values.
		expect((more['ram'] ?? 0) - (one['ram'] ?? 0)).toBe(2 * 5 * 4 * 16 * (2048 - 256));
	});

	test('refuses a context that is no number', () => {
		expect(() => gguf.estimate(storiesModel(), testDevice, {contextLength: 'long'})).toThrow(/invalid-request/);
	});

	test.skipIf(!storiesPresent)('says why a file cannot be loaded', async () => {
		const model = {...storiesModel(), paths: {weights: `${storiesPath}.absent`}};
		const load = gguf.load(model, {
			signal: new AbortController().signal,
			progress: () => undefined,
			device: testDevice,
			threads: 1,
			settings: {},
		});
		await expect(load).rejects.toSatisfy(error => MofaError.is(error, 'load-failed') && error.data.problem !== '');
	});

	test.skipIf(!storiesPresent)(
		'estimates no less than a small model takes, and not far more than twice that',
		async () => {
			const engine = await loadStories({contextLength: 512, slots: 4});
			const estimate = gguf.estimate(storiesModel(), testDevice, {contextLength: 512, slots: 4})['ram'] ?? 0;
			const real = engine.footprint['ram'] ?? 0;
			await engine[Symbol.asyncDispose]();
			expect(estimate).toBeGreaterThan(real * 0.8);
			expect(estimate).toBeLessThan(real * 2.5);
		},
	);
});
