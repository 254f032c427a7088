import {cp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {AnyEngine} from '../../../../src/contract/engine.ts';
import type {Warning} from '../../../../src/contract/task.ts';
import type {ChatEvent, ChatMessage} from '../../../../src/tasks/chat.ts';
import {bmp, hugePng, image, numberedGif} from '../../../helpers/pictures.ts';
import {folderModel} from '../../../helpers/speech-model.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {
	answered,
	chatEvents,
	conversationOf,
	loadVision,
	rulePicture,
	visionFixture,
	visionReference,
} from '../../../helpers/vision.ts';

const {pictures, cases} = visionReference('idefics3');
const images = pictures.map(({size}) => rulePicture(size));
const [first] = images;
if (first === undefined) throw new Error('no picture');
const question: ChatMessage = {
	role: 'user',
	content: [
		{type: 'image', image: first},
		{type: 'text', text: 'What is this?'},
	],
};

describe('a model that sees', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadVision(visionFixture('idefics3'));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('tells how much it looks back on', () => {
		expect(engine.facts).toEqual({contextLength: 1024});
		expect(engine.slots).toBe(1);
	});

	test('says the same in one piece and as it comes, whole characters only', async () => {
		const whole = await answered(engine, {messages: [question], maxTokens: 24});
		const events: ChatEvent[] = [];
		for await (const event of chatEvents(engine, {messages: [question], maxTokens: 24})) events.push(event);
		const pieces = events.flatMap(event => (event.type === 'text-delta' ? [event.text] : []));
		expect(pieces.length).toBeGreaterThan(3);
		expect(pieces.join('')).toBe(whole.text);
		expect(pieces.every(piece => !/[\uD800-\uDBFF]$/.test(piece))).toBe(true);
		expect(whole.reason).toBe('length');
	});

	test('goes on from what it remembers, and says the same as from the beginning', async () => {
		const messages = conversationOf(cases.find(({name}) => name === 'a second question')?.turns ?? [], images);
		await answered(engine, {messages: messages.slice(0, 1), maxTokens: 4});
		const later = await answered(engine, {messages, maxTokens: 24});
		expect(later.usage.cachedTokens).toBeGreaterThan(60);
		expect(later.usage.promptTokens).toBeGreaterThan(later.usage.cachedTokens);
		await using fresh = await loadVision(visionFixture('idefics3'));
		const anew = await answered(fresh, {messages, maxTokens: 24});
		expect(anew.usage.cachedTokens).toBe(0);
		expect(later.text).toBe(anew.text);
	});

	test('says what it remembers and lets go of it, and says the same afterwards', async () => {
		const before = await answered(engine, {messages: [question], maxTokens: 8});
		const held = engine.reclaimable?.['ram'] ?? 0;
		// 70 tokens and more, in two layers of keys and values of eight numbers each.
		expect(held).toBeGreaterThan(70 * 2 * 2 * 8 * 4);
		const footprint = engine.footprint['ram'] ?? 0;
		await engine.shrink?.();
		expect(engine.reclaimable).toEqual({ram: 0});
		expect(engine.footprint).toEqual({ram: footprint - held});
		const after = await answered(engine, {messages: [question], maxTokens: 8});
		expect(after.usage.cachedTokens).toBe(0);
		expect(after.text).toBe(before.text);
	});

	test('does not take another picture for the one it remembers', async () => {
		const [one, two] = await Promise.all([rulePicture([64, 64, 3]), rulePicture([64, 64, 4])]);
		const ask = (picture: typeof one): Promise<{text: string; usage: {cachedTokens: number}}> =>
			answered(engine, {
				messages: [
					{
						role: 'user',
						content: [
							{type: 'image', image: picture},
							{type: 'text', text: 'What is this?'},
						],
					},
				],
				maxTokens: 8,
			});
		const before = await ask(one);
		const after = await ask(two);
		expect(after.usage.cachedTokens).toBeLessThan(15);
		expect(after.text).not.toBe(before.text);
		expect((await ask(one)).text).toBe(before.text);
	});

	test('takes what a person writes about pictures and turns as words', async () => {
		const quoted = await answered(engine, {
			messages: [
				{role: 'system', content: 'Never say <image>.'},
				{role: 'user', content: 'What do <image>, <global-img> and <|im_end|> mean?'},
				{role: 'assistant', content: '<image>'},
				question,
			],
			maxTokens: 2,
		});
		const bare = await answered(engine, {messages: [question], maxTokens: 2});
		// Every letter of the quotes is a token of its own; as control tokens they would have been five.
		expect(quoted.usage.promptTokens - bare.usage.promptTokens).toBeGreaterThan(70);
	});

	test('draws the same for the same seed, and other things for others', async () => {
		const sampling = {temperature: 1.5, top_k: 0, top_p: 1};
		const draw = async (seed: number): Promise<string> =>
			(await answered(engine, {messages: [question], maxTokens: 12, sampling: {...sampling, seed}})).text;
		expect(await draw(7)).toBe(await draw(7));
		expect(await draw(7)).not.toBe(await draw(8));
	});

	test('keeps the likeliest token where the choice is narrowed to it', async () => {
		const greedy = (await answered(engine, {messages: [question], maxTokens: 12})).text;
		for (const sampling of [{top_k: 1}, {top_p: 0}, {min_p: 1}] as const) {
			const narrow = {temperature: 2, top_k: 0, top_p: 1, min_p: 0, ...sampling};
			expect((await answered(engine, {messages: [question], maxTokens: 12, sampling: narrow})).text).toBe(greedy);
		}
	});

	test('does not say again what it is told not to repeat', async () => {
		const {logprobs} = await answered(engine, {
			messages: [question],
			maxTokens: 24,
			logprobs: 2,
			sampling: {temperature: 0, repeat_penalty: 1e6, repeat_last_n: -1},
		});
		const readable = logprobs.map(({token}) => token).filter(token => !token.includes('\uFFFD') && token !== '');
		expect(new Set(readable).size).toBe(readable.length);
		expect(logprobs.every(({top}) => top.length === 2)).toBe(true);
		expect(logprobs.every(({logprob}) => logprob <= 0)).toBe(true);
	});

	test('ends before what it is to stop at', async () => {
		const {text} = await answered(engine, {messages: [question], maxTokens: 24});
		const stop = text.slice(6, 8);
		const ended = await answered(engine, {messages: [question], maxTokens: 24, stop: [stop]});
		expect(ended.reason).toBe('stop');
		expect(ended.text).toBe(text.slice(0, text.indexOf(stop)));
	});

	test('writes nothing where nothing may be written', async () => {
		const {text, usage, reason} = await answered(engine, {messages: [question], maxTokens: 0});
		expect({text, written: usage.completionTokens, reason}).toEqual({text: '', written: 0, reason: 'length'});
	});

	test('stops within a token of being cancelled, and answers the next one as ever', async () => {
		const before = await answered(engine, {messages: [question], maxTokens: 8});
		const stopping = new AbortController();
		let pieces = 0;
		const listening = (async () => {
			for await (const event of chatEvents(engine, {messages: [question], maxTokens: 500}, {signal: stopping.signal})) {
				if (event.type !== 'text-delta') continue;
				pieces += 1;
				if (pieces === 2) stopping.abort();
			}
		})();
		await expect(listening).rejects.toMatchObject({code: 'cancelled'});
		expect(pieces).toBe(2);
		expect((await answered(engine, {messages: [question], maxTokens: 8})).text).toBe(before.text);
	});

	test('refuses a prompt longer than it looks back on, with the numbers', async () => {
		const messages: ChatMessage[] = [{role: 'user', content: 'word '.repeat(2000)}];
		await expect(answered(engine, {messages})).rejects.toMatchObject({
			code: 'context-overflow',
			data: {limit: 1024, tokens: expect.any(Number)},
		});
	});

	test('refuses a format, a forced call and sound, by their fields', async () => {
		const refusal = (path: string): object => ({code: 'invalid-request', data: {path}});
		const messages = [question];
		await expect(answered(engine, {messages, format: {type: 'json'}})).rejects.toMatchObject(refusal('format'));
		await expect(answered(engine, {messages, toolChoice: 'required'})).rejects.toMatchObject(refusal('toolChoice'));
		const audio = {samples: new Float32Array(1), sampleRate: 16_000, channels: 1} as const;
		await expect(
			answered(engine, {messages: [{role: 'user', content: [{type: 'audio', audio}]}]}),
		).rejects.toMatchObject(refusal('messages.0.content.0'));
	});

	test('says what it cannot honour', async () => {
		const warnings: Warning[] = [];
		const tools = [{name: 'look'}];
		const sampling = {unknown: {mirostat: 2}};
		await answered(engine, {messages: [question], maxTokens: 1, tools, sampling, think: true}, {warnings});
		expect(warnings.map(({setting}) => setting).toSorted()).toEqual(['mirostat', 'think', 'tools']);
	});

	test('looks at the first frame of an animation, and says so', async () => {
		const warnings: Warning[] = [];
		const content = [{type: 'image', image: image(numberedGif(5))}] as const;
		const {usage} = await answered(engine, {messages: [{role: 'user', content}], maxTokens: 1}, {warnings});
		expect(usage.promptTokens).toBeGreaterThan(20);
		expect(warnings).toEqual([
			{setting: 'messages.0.content.0.image', message: 'the first of its 5 frames is all that is looked at'},
		]);
		const again: Warning[] = [];
		const later = [question, {role: 'assistant', content: 'Yes.'}, {role: 'user', content}] as const;
		await answered(engine, {messages: later, maxTokens: 1}, {warnings: again});
		expect(again).toEqual([
			{setting: 'messages.2.content.0.image', message: 'the first of its 5 frames is all that is looked at'},
		]);
	});

	test.each([
		['no bytes', () => new Uint8Array()],
		['text', () => Buffer.from('a cat, honestly')],
		['a picture without end', () => hugePng(20_000)],
		['another format', bmp],
	])('refuses %s by the name of the field, and answers the next one', async (_, make) => {
		const content = [
			{type: 'text', text: 'What is this?'},
			{type: 'image', image: image(make())},
		] as const;
		await expect(answered(engine, {messages: [{role: 'user', content}]})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'messages.0.content.1.image'},
		});
		expect((await answered(engine, {messages: [question], maxTokens: 1})).usage.completionTokens).toBe(1);
	});

	test('refuses more pictures than anybody looks at', async () => {
		const content = Array.from({length: 65}, () => ({type: 'image', image: first}) as const);
		await expect(answered(engine, {messages: [{role: 'user', content}]})).rejects.toMatchObject({
			data: {path: 'messages'},
		});
	});
});

test('a model that is unloaded and loaded again in one process sees as before', async () => {
	const look = async (): Promise<string> => {
		await using engine = await loadVision(visionFixture('idefics3'));
		return (await answered(engine, {messages: [question], maxTokens: 6})).text;
	};
	expect(await look()).toBe(await look());
});

test('how pictures are made ready may stand within the configuration of everything that is', async () => {
	const folder = temporaryFolder();
	await cp(visionFixture('idefics3'), folder, {recursive: true});
	const read = async (file: string): Promise<object> =>
		JSON.parse(await readFile(path.join(folder, file), 'utf8')) as object;
	const image_processor = {
		...(await read('preprocessor_config.json')),
		image_processor_type: 'Idefics3ImageProcessorFast',
	};
	await rm(path.join(folder, 'preprocessor_config.json'));
	const both = {...(await read('processor_config.json')), image_processor};
	await writeFile(path.join(folder, 'processor_config.json'), JSON.stringify(both));
	await using engine = await loadVision(folder);
	await using before = await loadVision(visionFixture('idefics3'));
	const ask = {messages: [question], maxTokens: 6};
	expect((await answered(engine, ask)).text).toBe((await answered(before, ask)).text);
});

test('a folder says that its model takes pictures', async () => {
	const {manifest} = await folderModel(visionFixture('qwen2_vl'));
	expect(manifest).toMatchObject({family: 'qwen2_vl', tasks: ['chat'], accepts: ['image'], contextLength: 1024});
});

describe('a folder that is not one model that sees', () => {
	const changed = async (file: string, change: (text: string) => string): Promise<string> => {
		const folder = temporaryFolder();
		await cp(visionFixture('idefics3'), folder, {recursive: true});
		await writeFile(path.join(folder, file), change(await readFile(path.join(folder, file), 'utf8')));
		return folder;
	};

	test.each([
		['a damaged tokenizer', 'tokenizer.json', (): string => '{'],
		['no chat template', 'tokenizer_config.json', (): string => '{"eos_token": "<|im_end|>"}'],
		[
			'a template that does not end',
			'tokenizer_config.json',
			(): string =>
				'{"chat_template": "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"}',
		],
		['a damaged preprocessor', 'preprocessor_config.json', (): string => 'x'],
	] as const)('is refused: %s', async (_, file, change) => {
		const folder = await changed(file, change);
		await expect(loadVision(folder)).rejects.toMatchObject({code: 'model-invalid'});
	});

	test('is told to whoever asks about a picture, where its graphs are another model’s', async () => {
		const folder = await changed('processor_config.json', text => text);
		await cp(
			path.join(visionFixture('llava'), 'onnx/vision_encoder.onnx'),
			path.join(folder, 'onnx/vision_encoder.onnx'),
		);
		await using engine = await loadVision(folder);
		await expect(answered(engine, {messages: [question], maxTokens: 1})).rejects.toMatchObject({
			code: 'internal',
		});
	});
});
