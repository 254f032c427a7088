import {existsSync, rmSync} from 'node:fs';
import path from 'node:path';
import {beforeEach, expect, test, vi} from 'vitest';
import {ggufVision} from '../../../src/adapters/gguf-vision.ts';
import {runtimeEntry} from '../../../src/backends/onnx/runtime.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {decodePng} from '../../../src/media/picture/png.ts';
import {chat, type ChatEvent, type ChatRequest} from '../../../src/tasks/chat.ts';
import {readTold, standIn, standInModel} from '../../helpers/llama-server.ts';
import {image} from '../../helpers/pictures.ts';
import {isAlive} from '../../helpers/processes.ts';
import {drawShape} from '../../helpers/shapes.ts';
import {testDevice} from '../../helpers/stories.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

beforeEach(() => {
	vi.stubEnv('MOFA_LLAMA_SERVER_RUNTIME', standIn);
	return () => vi.unstubAllEnvs();
});

interface Started {
	readonly folder: string;
	readonly engine: AnyEngine;
	ask(request: ChatRequest, signal?: AbortSignal, warnings?: Warning[]): AsyncIterable<ChatEvent>;
}

async function start(behaviour: string, signal: AbortSignal = new AbortController().signal): Promise<Started> {
	const folder = temporaryFolder();
	const model = standInModel(behaviour, folder);
	const engine = await ggufVision.load(model, {
		signal,
		progress() {},
		device: testDevice,
		threads: 2,
		settings: {num_ctx: 256, slots: 2},
	});
	return {
		folder,
		engine,
		ask(request, asked = new AbortController().signal, warnings = []) {
			const handler = engine.tasks.chat;
			if (handler === undefined) throw new Error('it does not chat');
			return handler(request, {signal: asked, warn: warning => void warnings.push(warning)});
		},
	};
}

const hello: ChatRequest = {messages: [{role: 'user', content: 'hello'}]};
const circle = image(drawShape('circle', {side: 24}));

async function failureOf(work: Promise<unknown>): Promise<MofaError> {
	const outcome = await work.catch((error: unknown) => error);
	if (MofaError.is(outcome)) return outcome;
	throw new Error(`not a failure: ${String(outcome)}`);
}

test('an answer is told as it is written, with what was counted and timed', async () => {
	const {engine, ask} = await start('plain');
	await using _ = engine;
	const events: ChatEvent[] = [];
	for await (const event of ask(hello)) events.push(event);
	expect(events).toEqual([
		{type: 'text-delta', text: 'two '},
		{type: 'text-delta', text: 'words'},
		{
			type: 'chat-end',
			reason: 'stop',
			usage: {promptTokens: 12, cachedTokens: 4, completionTokens: 3, promptMs: 5.5, completionMs: 6.5},
		},
	]);
});

test('thinking, calls in pieces, probabilities and a full answer are each what they are', async () => {
	for (const [behaviour, result] of [
		['thinks', {text: 'a cat', thinking: 'let me see', reason: 'stop'}],
		['length', {text: 'cut', reason: 'length'}],
	] as const) {
		const {engine, ask} = await start(behaviour);
		await using _ = engine;
		expect(await chat.collect(ask(hello))).toMatchObject(result);
	}
	const {engine, ask} = await start('calls');
	await using _ = engine;
	const {toolCalls} = await chat.collect(ask(hello));
	// What is no object is there as it was written, and a call without an identifier gets one.
	expect(toolCalls).toEqual([
		{id: 'a1', name: 'look', arguments: {at: 'cat'}},
		{id: 'call_2', name: 'wait', arguments: {written: 'no json'}},
	]);
	const likely = await start('logprobs');
	await using __ = likely.engine;
	const [first] = await take(likely.ask({...hello, logprobs: 1}));
	expect(first).toMatchObject({logprobs: [{token: 'a', logprob: -0.5, top: [{token: 'b', logprob: -1}]}]});
});

async function take(events: AsyncIterable<ChatEvent>): Promise<readonly ChatEvent[]> {
	const taken: ChatEvent[] = [];
	for await (const event of events) taken.push(event);
	return taken;
}

test('a request reaches the program as it has it, and a picture as pixels alone', async () => {
	const {engine, folder, ask} = await start('plain');
	await using _ = engine;
	const warnings: Warning[] = [];
	const request: ChatRequest = {
		messages: [
			{role: 'system', content: 'be brief'},
			{
				role: 'user',
				content: [
					{type: 'text', text: 'what is it?'},
					{type: 'image', image: circle},
				],
			},
			{role: 'assistant', content: '', toolCalls: [{id: 'a', name: 'look', arguments: {at: 1}}]},
			{role: 'tool', content: 'red', toolCallId: 'a', name: 'look'},
		],
		sampling: {temperature: 0, seed: 7, unknown: {mirostat: 1}},
		tools: [{name: 'look', description: 'looks', parameters: {type: 'object', properties: {}}}],
		toolChoice: {name: 'look'},
		maxTokens: 9,
		stop: ['.'],
		think: false,
	};
	await take(ask(request, undefined, warnings));
	const asked = readTold<{messages: Array<{content: Array<{image_url?: {url: string}}>}>}>(folder, 'asked.json');
	expect(asked).toMatchObject({
		temperature: 0,
		seed: 7,
		max_tokens: 9,
		stop: ['.'],
		stream: true,
		tools: [{type: 'function', function: {name: 'look', description: 'looks'}}],
		tool_choice: {type: 'function', function: {name: 'look'}},
		chat_template_kwargs: {enable_thinking: false},
		messages: [
			{role: 'system', content: 'be brief'},
			{role: 'user', content: [{type: 'text', text: 'what is it?'}, {type: 'image_url'}]},
			{tool_calls: [{type: 'function', id: 'a', function: {name: 'look', arguments: '{"at":1}'}}]},
			{role: 'tool', content: 'red', tool_call_id: 'a'},
		],
	});
	expect(asked).not.toHaveProperty('mirostat');
	expect(warnings).toMatchObject([{setting: 'mirostat'}]);
	const [, base64 = ''] = (asked.messages[1]?.content[1]?.image_url?.url ?? '').split('data:image/png;base64,');
	expect(decodePng(Buffer.from(base64, 'base64')).pixels).toMatchObject({width: 24, height: 24, channels: 3});
});

test('a form is asked for with a grammar, and not beside tools', async () => {
	const {engine, folder, ask} = await start('plain');
	await using _ = engine;
	const format = {type: 'json-schema', schema: {type: 'object', properties: {a: {type: 'number'}}}} as const;
	await failureOf(take(ask({...hello, format} as unknown as ChatRequest)));
	expect(readTold<{grammar?: string}>(folder, 'asked.json').grammar).toMatch(/root ::=/);
	const tools = [{name: 'look', parameters: {}}];
	expect(await failureOf(take(ask({...hello, format, tools} as unknown as ChatRequest)))).toMatchObject({
		code: 'invalid-request',
		data: {path: 'format'},
	});
});

test.each([
	['damaged', Buffer.from('89504e470d0a1a0a0000', 'hex')],
	['no picture', Buffer.from('hello')],
	['empty', Buffer.alloc(0)],
])('a picture that is %s names its place, and never reaches the program', async (_name, bytes) => {
	const {engine, folder, ask} = await start('plain');
	await using _ = engine;
	const request: ChatRequest = {messages: [{role: 'user', content: [{type: 'image', image: image(bytes)}]}]};
	expect(await failureOf(take(ask(request)))).toMatchObject({
		code: 'invalid-request',
		data: {path: 'messages.0.content.0.image'},
	});
	expect(() => readTold(folder, 'asked.json')).toThrow(/ENOENT/);
	expect(await chat.collect(ask(hello))).toMatchObject({text: 'two words'});
});

test('sound is refused with its place: the projectors of today hear as well, and that is not built', async () => {
	const {engine, ask} = await start('plain');
	await using _ = engine;
	const content = [{type: 'audio', audio: {samples: new Float32Array(1), sampleRate: 16_000}}];
	expect(await failureOf(take(ask({messages: [{role: 'user', content}]} as unknown as ChatRequest)))).toMatchObject({
		code: 'invalid-request',
		data: {path: 'messages.0.content.0', expected: expect.stringMatching(/no sound/)},
	});
});

test.each([
	['overflow', {code: 'context-overflow', data: {model: 'overflow', tokens: 900, limit: 512}}],
	['refuses', {code: 'invalid-request', data: {expected: expect.stringMatching(/roles must alternate/)}}],
])('what the program %s is told as what it is', async (behaviour, failure) => {
	const {engine, ask} = await start(behaviour);
	await using _ = engine;
	expect(await failureOf(take(ask(hello)))).toMatchObject(failure);
});

test.each([
	['breaks', /out of luck/],
	['fails', /failed to decode/],
	['nonsense', /JSON/],
	['cut', /cut/],
])('a fault of the program that lives on (%s) is told in its words', async (behaviour, words) => {
	const {engine, ask} = await start(behaviour);
	await using _ = engine;
	await expect(take(ask(hello))).rejects.toThrow(words);
});

test('a program that stumbles over what it kept of the request before is asked to keep nothing', async () => {
	const {engine, ask} = await start('stumbles');
	await using _ = engine;
	expect(await chat.collect(ask(hello))).toMatchObject({text: 'on its feet'});
});

test('a program that dies within an answer fails it with the name of the model and its last words, and the engine is broken', async () => {
	const {engine, ask} = await start('crashes');
	await using _ = engine;
	expect(await failureOf(take(ask(hello)))).toMatchObject({
		code: 'runner-failed',
		data: {model: 'crashes', reason: 'exited', detail: expect.stringMatching(/GGML_ASSERT failed/)},
	});
	expect(await engine.broken).toMatch(/llama-server ended: .*GGML_ASSERT/);
	expect(await failureOf(take(ask(hello)))).toMatchObject({code: 'runner-failed'});
});

test('a request that is cancelled, or left, is given up by the program too', async () => {
	const {engine, folder, ask} = await start('endless');
	await using _ = engine;
	const abort = new AbortController();
	const events = ask(hello, abort.signal)[Symbol.asyncIterator]();
	expect(await events.next()).toMatchObject({value: {type: 'text-delta', text: '0 '}});
	abort.abort();
	expect((await failureOf(untilEnd(events))).code).toBe('cancelled');
	await vi.waitUntil(() => existsSync(path.join(folder, 'left.json')), {timeout: 5000});
	for await (const event of ask(hello)) if (event.type === 'text-delta') break;
});

async function untilEnd(events: AsyncIterator<ChatEvent>): Promise<void> {
	while ((await events.next()).done !== true);
}

test('a program that does not load fails with its own words', async () => {
	expect(await failureOf(start('damaged'))).toMatchObject({
		code: 'load-failed',
		data: {model: 'damaged', problem: expect.stringMatching(/tensor is out of bounds/)},
	});
});

test('text needs no codecs; a picture names the pack that has them, and is seen as soon as that is there', async () => {
	const entry = runtimeEntry();
	vi.stubEnv('MOFA_ONNX_RUNTIME', '/nowhere/index.js');
	const {engine, folder, ask} = await start('plain');
	await using _ = engine;
	expect(await chat.collect(ask(hello))).toMatchObject({text: 'two words'});
	rmSync(path.join(folder, 'asked.json'));
	const request: ChatRequest = {messages: [{role: 'user', content: [{type: 'image', image: circle}]}]};
	expect(await failureOf(take(ask(request)))).toMatchObject({
		code: 'backend-unavailable',
		data: {
			backend: 'onnx',
			reason: 'not-installed',
			hint: expect.stringMatching(/onnx-cpu/),
			pack: {name: 'onnx-cpu'},
		},
	});
	expect(() => readTold(folder, 'asked.json')).toThrow(/ENOENT/);
	vi.stubEnv('MOFA_PICTURES_RUNTIME', entry);
	expect(await chat.collect(ask(request))).toMatchObject({text: 'two words'});
});

test('without the program the pack that builds it is named', async () => {
	vi.stubEnv('MOFA_LLAMA_SERVER_RUNTIME', '/nowhere/llama-server');
	expect(await failureOf(start('plain'))).toMatchObject({
		code: 'backend-unavailable',
		data: {
			backend: 'llama-server',
			reason: 'not-installed',
			hint: expect.stringMatching(/backend install llama-server/),
		},
	});
	expect(await ggufVision.probe(testDevice)).toMatchObject({ok: false, reason: 'not-installed'});
	expect(await ggufVision.probedFrom(testDevice)).toBeNull();
	vi.stubEnv('MOFA_LLAMA_SERVER_RUNTIME', standIn);
	expect(await ggufVision.probe(testDevice)).toEqual({ok: true, version: '7', accelerator: 'cpu'});
	expect(await ggufVision.probedFrom(testDevice)).toMatch(/llama-server\.mjs \d/);
});

test('a program that never gets ready can be given up', async () => {
	const abort = new AbortController();
	const loading = start('never', abort.signal);
	loading.catch(() => undefined);
	const timer = setTimeout(() => abort.abort(), 300);
	expect((await failureOf(loading)).code).toBe('cancelled');
	clearTimeout(timer);
});

test('the program gets neither the input nor the settings meant for others, and ends with the engine', async () => {
	vi.stubEnv('LLAMA_ARG_CTX_SIZE', '1');
	const {engine, folder} = await start('plain');
	const {words, input, environment, pid} = readTold<{
		readonly words: readonly string[];
		readonly input: string;
		readonly environment: readonly string[];
		readonly pid: number;
	}>(folder, 'started.json');
	expect(input).toBe('');
	expect(environment).toEqual([]);
	expect(words.join(' ')).toMatch(/--ctx-size 512 --parallel 2 --threads 2/);
	expect(words).toContain(path.join(folder, 'mmproj.gguf'));
	expect(isAlive(pid)).toBe(true);
	await engine[Symbol.asyncDispose]();
	expect(isAlive(pid)).toBe(false);
});

test('it serves chat models with a projector that sees, and counts the projector', () => {
	const model = standInModel('plain', temporaryFolder());
	const {manifest, variant} = model;
	expect(ggufVision.serves(manifest, variant)).toBe(true);
	const {accepts: _, ...deaf} = manifest;
	expect(ggufVision.serves(deaf, variant)).toBe(false);
	expect(ggufVision.serves(manifest, {...variant, files: variant.files.slice(0, 1)})).toBe(false);
	expect(ggufVision.serves({...manifest, tasks: ['completion']}, variant)).toBe(false);
	const larger = {...variant, files: variant.files.map(file => ({...file, bytes: file.bytes + 1000}))};
	const of = (files: typeof variant): number =>
		ggufVision.estimate({...model, variant: files}, testDevice, {num_ctx: 256, slots: 1})['ram'] ?? 0;
	expect(of(larger) - of(variant)).toBeGreaterThanOrEqual(2000);
});

test('settings that are none are refused', () => {
	const model = standInModel('plain', temporaryFolder());
	expect(() => ggufVision.estimate(model, testDevice, {num_ctx: -1})).toThrow(/num_ctx/);
});
