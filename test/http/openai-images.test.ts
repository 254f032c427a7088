import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:http';
import os from 'node:os';
import path from 'node:path';
import OpenAI, {toFile} from 'openai';
import {expect, onTestFinished, test, vi} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import type {Image} from '../../src/contract/media.ts';
import {PictureFiles} from '../../src/http/openai/picture-files.ts';
import {decodePng, encodePng} from '../../src/media/picture/png.ts';
import type {ImageEvent, ImageRequest} from '../../src/tasks/image.ts';
import {fakeImage, type FakeImageOptions} from '../helpers/fake-image.ts';
import {fakeServices, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {pngHead} from '../helpers/pictures.ts';
import {serveApp} from '../helpers/serve-app.ts';

const draws =
	(options: FakeImageOptions = {}): Script =>
	(_ask, request) =>
		fakeImage(request as ImageRequest, options) as AsyncGenerator<ImageEvent>;

async function start(
	script: Script = draws(),
	options: {readonly apiKey?: string} = {},
): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services, options);
	const apiKey = options.apiKey ?? 'none';
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey, maxRetries: 0})};
}

function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
	return fetch(`${url}/v1/images/generations`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({model: 'brush', prompt: 'a red circle', ...body}),
		...(signal === undefined ? {} : {signal}),
	});
}

function postForm(url: string, verb: string, fields: Readonly<Record<string, string | Blob>>): Promise<Response> {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	return fetch(`${url}/v1/images/${verb}`, {method: 'POST', body: form});
}

const png = encodePng({data: new Uint8Array(12).fill(9), width: 2, height: 2, channels: 3});
const file = new Blob([Uint8Array.from(png)]);
const pictureOf = (content: string | undefined): ReturnType<typeof decodePng> =>
	decodePng(Buffer.from(content ?? '', 'base64'));
const asked = (services: FakeServices): unknown => services.leases.requests[0];

test('the official client gets pictures, with what they were made from', async () => {
	const {client, services} = await start();
	const reply = await client.images.generate({
		model: 'brush',
		prompt: 'a red circle',
		n: 2,
		size: '96x64' as '1024x1024',
		response_format: 'b64_json',
	});
	expect(reply.data?.map(({b64_json: content}) => pictureOf(content).text)).toEqual([
		{prompt: 'a red circle', seed: '41'},
		{prompt: 'a red circle', seed: '42'},
	]);
	expect(reply).toMatchObject({
		output_format: 'png',
		size: '96x64',
		data: [{seed: 41}, {seed: 42}],
		usage: {input_tokens: 7, total_tokens: 7},
	});
	expect(reply.created).toBeGreaterThan(1.7e9);
	expect(reply).not.toHaveProperty('mofa');
	expect(services.leases.asks[0]).toMatchObject({model: 'brush', task: 'image'});
	expect(asked(services)).toEqual({prompt: 'a red circle', width: 96, height: 64, count: 2});
});

test('an address leads to the same picture, for whoever has it', async () => {
	const {client, url} = await start();
	const ask = {model: 'brush', prompt: 'a red circle', seed: 5} as const;
	const whole = await client.images.generate(ask);
	const {data = []} = await client.images.generate({...ask, response_format: 'url'});
	const [address = ''] = data.map(({url: found}) => found);
	expect(address).toMatch(new RegExp(`^${url}/v1/images/files/[0-9a-f]{32}\\.png$`));
	const response = await fetch(address);
	expect(response.headers.get('content-type')).toBe('image/png');
	expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe(whole.data?.[0]?.b64_json);
	const gone = await fetch(address.replace(/.{8}\.png$/, '00000000.png'));
	expect(gone.status).toBe(404);
	expect(await gone.json()).toMatchObject({error: {message: expect.stringContaining('still kept') as string}});
});

test.each([
	[
		{num_inference_steps: 4, guidance_scale: 2.5, scheduler: 'euler_a'},
		{steps: 4, guidance: 2.5, scheduler: 'euler-ancestral'},
	],
	[
		{steps: 4, cfg_scale: 2.5, sampler: 'DPM++ 2M'},
		{steps: 4, guidance: 2.5, scheduler: 'dpm++-2m'},
	],
	[
		{sampler: 'dpmpp_2m', negative_prompt: 'blur'},
		{scheduler: 'dpm++-2m', negativePrompt: 'blur'},
	],
	[{seed: 7, size: 'auto', quality: 'auto', background: 'opaque', user: 'me'}, {seed: 7}],
	[{seed: -1, n: null}, {}],
])('%j is what the model is asked', async (fields, request) => {
	const {url, services} = await start();
	const reply = (await (await post(url, fields)).json()) as Record<string, unknown>;
	expect(asked(services)).toEqual({prompt: 'a red circle', ...request});
	expect(reply).not.toHaveProperty('mofa');
});

test('what cannot be honoured is told of, in the client’s words', async () => {
	const warning = {setting: 'negativePrompt', message: 'it was not trained to be steered'};
	const {url} = await start(draws({warnings: [warning]}));
	const reply = (await (
		await post(url, {quality: 'hd', background: 'transparent', strength: 0.5, loras: ['x'], negative_prompt: 'blur'})
	).json()) as {mofa: {warnings: ReadonlyArray<{setting: string}>}};
	expect(reply.mofa.warnings.map(({setting}) => setting)).toEqual([
		'loras',
		'quality',
		'background',
		'strength',
		'negative_prompt',
	]);
});

test.each([
	[{prompt: ''}, 'prompt', /what to draw, but it is empty/],
	[{prompt: undefined}, 'prompt', /what to draw/],
	[{prompt: 7}, 'prompt', /a text/],
	[{n: 11}, 'n', /at most 10/],
	[{n: 0}, 'n', /at least 1/],
	[{size: 'large'}, 'size', /512x512, or auto, not large/],
	[{size: '4x4'}, 'size', /at least 8 pixels/],
	[{size: '99999x64'}, 'size', /at most 8192 pixels/],
	[{steps: -3}, 'steps', /at least 1/],
	[{num_inference_steps: 2.5}, 'num_inference_steps', /a whole number/],
	[{guidance_scale: -1}, 'guidance_scale', /at least 0/],
	[{cfg_scale: 1000}, 'cfg_scale', /at most 100/],
	[{seed: 2 ** 40}, 'seed', /at most/],
	[{scheduler: 'magic'}, 'scheduler', /one of euler, .*not magic/],
	[{output_format: 'gif'}, 'output_format', /one of png, jpeg, webp, not gif/],
	[{response_format: 'file'}, 'response_format', /b64_json or url/],
	[{response_format: 'url', stream: true}, 'response_format', /b64_json for a stream/],
	[{partial_images: 4, stream: true}, 'partial_images', /at most 3/],
	[{prompt: 'a'.repeat(100_001)}, 'prompt', /at most 100000/],
])('%j is refused in the words of the endpoint', async (change, param, message) => {
	const {url, services} = await start();
	const response = await post(url, change);
	const {error} = (await response.json()) as {error: {param: string; message: string; type: string}};
	expect(response.status).toBe(400);
	expect(error).toMatchObject({param, type: 'invalid_request_error'});
	expect(error.message).toMatch(message);
	expect(services.leases.asks).toEqual([]);
});

test('what the model says of a size comes back as size', async () => {
	const refusal = new MofaError('invalid-request', {path: 'width', expected: 'a multiple of 64, not 100'});
	const {client} = await start(draws({broken: {index: 0, error: refusal}}));
	const failure = client.images.generate({model: 'brush', prompt: 'x', size: '100x64' as '1024x1024'});
	await expect(failure).rejects.toMatchObject({status: 400, param: 'size'});
});

test('another format is written by ffmpeg, and refused before anything is drawn where there is none', async () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-images-test-'));
	const search = process.env['PATH'];
	onTestFinished(() => {
		process.env['PATH'] = search;
		rmSync(folder, {recursive: true, force: true});
	});
	writeFileSync(path.join(folder, 'ffmpeg'), '#!/bin/sh\ncat > /dev/null\nprintf packed', {mode: 0o755});
	const {url, services} = await start();
	process.env['PATH'] = '/nowhere';
	const refused = await post(url, {output_format: 'webp'});
	expect(refused.status).toBe(400);
	expect(await refused.json()).toMatchObject({
		error: {param: 'output_format', message: expect.stringContaining('ffmpeg') as string},
	});
	expect(services.leases.asks).toEqual([]);
	process.env['PATH'] = `${folder}${path.delimiter}${search ?? ''}`;
	const packed = (await (await post(url, {output_format: 'jpeg', output_compression: 50})).json()) as object;
	expect(packed).toMatchObject({
		output_format: 'jpeg',
		data: [{b64_json: Buffer.from('packed').toString('base64')}],
		mofa: {warnings: [{setting: 'output_compression'}]},
	});
	const linked = (await (await post(url, {output_format: 'webp', response_format: 'url'})).json()) as {
		data: ReadonlyArray<{url: string}>;
	};
	expect(linked.data[0]?.url).toMatch(/\.webp$/);
	const file = await fetch(linked.data[0]?.url ?? '');
	expect(file.headers.get('content-type')).toBe('image/webp');
	expect(await file.text()).toBe('packed');
	const streamed = await (await post(url, {output_format: 'jpeg', stream: true})).text();
	expect(streamed).toContain(`"b64_json":"${Buffer.from('packed').toString('base64')}"`);
});

test('over the local socket an address leads to the daemon where it listens, or is refused', async () => {
	const services = fakeServices({script: draws()});
	const {socketPath} = await serveApp(services);
	const ask = (): Promise<string> =>
		new Promise((resolve, reject) => {
			const headers = {'content-type': 'application/json'};
			const target = {socketPath, path: '/v1/images/generations', method: 'POST', headers};
			const sent = request(target, response => {
				let text = '';
				response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
				response.on('end', () => resolve(text));
			});
			sent.on('error', reject);
			sent.end(JSON.stringify({prompt: 'x', response_format: 'url'}));
		});
	expect(JSON.parse(await ask())).toMatchObject({error: {param: 'response_format'}});
	const version = services.version();
	vi.spyOn(services, 'version').mockReturnValue({...version, address: 'http://127.0.0.1:8420'});
	expect(await ask()).toContain('"url":"http://127.0.0.1:8420/v1/images/files/');
});

test('a hosted name, or none, is the model here that draws', async () => {
	const {url, services} = await start();
	await post(url, {model: 'dall-e-3'});
	await post(url, {model: undefined});
	expect(services.leases.asks.map(({model}) => model)).toEqual(['org/tiny:Q8_0', 'org/tiny:Q8_0']);
});

test('a stream brings unfinished pictures, and then the picture', async () => {
	const {client} = await start();
	const extensions = {num_inference_steps: 9};
	const stream = await client.images.generate({
		...extensions,
		model: 'brush',
		prompt: 'a red circle',
		size: '64x64' as '1024x1024',
		stream: true,
		partial_images: 2,
	});
	const events = [];
	for await (const event of stream) events.push(event);
	expect(events.map(({type}) => type)).toEqual([
		'image_generation.partial_image',
		'image_generation.partial_image',
		'image_generation.completed',
	]);
	expect(events[0]).toMatchObject({partial_image_index: 0, output_format: 'png', size: '64x64'});
	// The third and the sixth of nine steps.
	expect(events.slice(0, 2).map(({b64_json: content}) => pictureOf(content).pixels.data[0])).toEqual([60, 120]);
	expect(events[2]).toMatchObject({usage: {input_tokens: 7}, seed: 41, size: '64x64'});
	expect(pictureOf(events[2]?.b64_json).text).toMatchObject({prompt: 'a red circle'});
});

test('without partial images a stream brings the pictures alone, and no previews are made', async () => {
	const {url, services} = await start();
	const text = await (await post(url, {stream: true, n: 2})).text();
	const events = text
		.split('\n')
		.filter(line => line.startsWith('data: {'))
		.map(line => JSON.parse(line.slice(6)) as Record<string, unknown>);
	expect(events.map(({type, seed}) => [type, seed])).toEqual([
		['image_generation.completed', 41],
		['image_generation.completed', 42],
	]);
	expect(events.map(event => 'usage' in event)).toEqual([false, true]);
	expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
	expect(asked(services)).not.toHaveProperty('previewEvery');
});

test('a failure in the middle of a stream is an event, in the client’s words', async () => {
	const error = new MofaError('invalid-request', {path: 'height', expected: 'less'});
	const {url} = await start(draws({broken: {index: 1, error}}));
	const text = await (await post(url, {stream: true, n: 3})).text();
	const events = text
		.trimEnd()
		.split('\n\n')
		.map(line => JSON.parse(line.slice(6)) as unknown);
	expect(events).toMatchObject([{type: 'image_generation.completed', seed: 41}, {error: {param: 'size'}}]);
});

test('a client that leaves ends the drawing', async () => {
	const left = vi.fn<() => void>();
	const {url, services} = await start(async function* (_ask, _request, {signal}) {
		yield {type: 'step-end', index: 0, step: 1, steps: 9, preview: {bytes: png, mediaType: 'image/png'}};
		onTestFinished(() => expect(left).toHaveBeenCalled());
		await untilAborted(signal).finally(left);
	});
	const abort = new AbortController();
	const response = await post(url, {stream: true, partial_images: 3, steps: 1}, abort.signal);
	expect(response.status).toBe(200);
	abort.abort();
	await services.leases.idle();
});

test('the official client edits a picture, with a mask', async () => {
	const {client, services} = await start();
	const extensions = {strength: 0.5, seed: 3, num_inference_steps: 4};
	const reply = await client.images.edit({
		...extensions,
		model: 'brush',
		image: await toFile(png, 'in.png', {type: 'image/png'}),
		mask: await toFile(png, 'mask.png', {type: 'image/png'}),
		prompt: 'a blue square',
		n: 2,
	});
	expect(reply.data).toHaveLength(2);
	expect(asked(services)).toEqual({
		prompt: 'a blue square',
		count: 2,
		seed: 3,
		steps: 4,
		strength: 0.5,
		image: {bytes: Uint8Array.from(png), mediaType: 'image/png'},
		mask: {bytes: Uint8Array.from(png), mediaType: 'image/png'},
	});
});

test('an edit streams under its own names, and a list of one picture is that picture', async () => {
	const {client} = await start();
	const image = [await toFile(png, 'in.png', {type: 'image/png'})];
	const stream = await client.images.edit({model: 'brush', image, prompt: 'x', stream: true, partial_images: 1});
	const types = [];
	for await (const {type} of stream) types.push(type);
	expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed']);
});

test('a variation needs no words', async () => {
	const {client, services} = await start();
	const image = await toFile(png, 'in.png', {type: 'image/png'});
	const {data} = await client.images.createVariation({model: 'brush', image, response_format: 'b64_json'});
	expect(data).toHaveLength(1);
	expect(asked(services)).toMatchObject({prompt: '', image: {mediaType: 'image/png'}});
});

test.each([
	[{prompt: 'x'}, 'image', /a picture/],
	[{prompt: 'x', image: new Blob(['no picture at all, but a text'])}, 'image', /none that is known/],
	[{prompt: 'x', image: new Blob([])}, 'image', /none that is known/],
	[{prompt: 'x', image: file, mask: new Blob(['no picture at all, but a text'])}, 'mask', /none that is known/],
	[{image: file}, 'prompt', /what to draw/],
	[{prompt: 'x', image: file, n: 'many'}, 'n', /a whole number/],
	[{prompt: 'x', image: file, size: '1x'}, 'size', /512x512/],
	[{prompt: 'x', image: file, strength: '2'}, 'strength', /at most 1/],
	[{prompt: 'x', image: file, stream: 'perhaps'}, 'stream', /true or false/],
])('an edit of %j is refused by the name of the field', async (fields, param, message) => {
	const {url, services} = await start();
	const response = await postForm(url, 'edits', {model: 'brush', ...fields});
	const {error} = (await response.json()) as {error: {param: string; message: string}};
	expect(response.status).toBe(400);
	expect(error.param).toBe(param);
	expect(error.message).toMatch(message);
	expect(services.leases.asks).toEqual([]);
});

test('several pictures to edit at once are refused, since no model here takes them', async () => {
	const {url} = await start();
	const form = new FormData();
	form.append('image[]', file);
	form.append('image[]', file);
	form.append('prompt', 'x');
	const response = await fetch(`${url}/v1/images/edits`, {method: 'POST', body: form});
	expect(await response.json()).toMatchObject({
		error: {param: 'image', message: expect.stringMatching(/one picture, not 2/) as string},
	});
});

test('JSON is no form', async () => {
	const {url} = await start();
	const headers = {'content-type': 'application/json'};
	const response = await fetch(`${url}/v1/images/edits`, {method: 'POST', headers, body: '{}'});
	expect(response.status).toBe(415);
});

test('of pictures that are kept the oldest goes when there are too many, and each when its time is up', () => {
	vi.useFakeTimers();
	onTestFinished(() => void vi.useRealTimers());
	const kept = (length: number): Image => ({bytes: new Uint8Array(length), mediaType: 'image/png'});
	const files = new PictureFiles({keptMs: 1000, pictures: 3, bytes: 100});
	const names = [1, 2, 3, 4].map(length => files.keep(kept(length)));
	expect(names.map(name => files.get(name)?.bytes.length)).toEqual([undefined, 2, 3, 4]);
	const large = files.keep(kept(95));
	expect(names.map(name => files.get(name)?.bytes.length)).toEqual([undefined, undefined, undefined, 4]);
	expect(files.get(large)?.bytes).toHaveLength(95);
	const larger = files.keep(kept(500));
	expect(files.get(larger)?.bytes).toHaveLength(500);
	expect(files.get(large)).toBeUndefined();
	vi.advanceTimersByTime(1001);
	expect(files.get(larger)).toBeUndefined();
});

test('a picture or a mask that claims too many pixels is refused before anything is drawn', async () => {
	const {client, services} = await start();
	const file = (side: number): Promise<File> => toFile(pngHead(side, side), 'in.png', {type: 'image/png'});
	const edit = async (image: number, mask: number): Promise<unknown> =>
		client.images.edit({image: await file(image), mask: await file(mask), prompt: 'x', model: 'brush'});
	await expect(edit(60_000, 8)).rejects.toMatchObject({status: 400, param: 'image'});
	await expect(edit(8, 60_000)).rejects.toMatchObject({status: 400, param: 'mask'});
	expect(services.leases.asks).toEqual([]);
});
