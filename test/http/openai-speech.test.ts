import OpenAI from 'openai';
import {expect, onTestFinished, test, vi} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import {sniffAudio} from '../../src/media/sniff-audio.ts';
import {parseWav} from '../../src/media/wav.ts';
import type {SpeechEvent} from '../../src/tasks/speech.ts';
import {fakeServices, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {fakeSpeech} from '../helpers/fake-speech.ts';
import {serveApp} from '../helpers/serve-app.ts';

const speaks: Script = () => fakeSpeech() as AsyncGenerator<SpeechEvent>;
const ask = {model: 'voice', input: 'Hello', voice: 'slt'} as const;

async function start(script: Script = speaks): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services);
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0})};
}

function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
	return fetch(`${url}/v1/audio/speech`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify(body),
		...(signal === undefined ? {} : {signal}),
	});
}

test('the official client gets a WAV', async () => {
	const {client, services} = await start();
	const reply = await client.audio.speech.create({...ask, response_format: 'wav', speed: 1.5, instructions: 'Softly'});
	expect(reply.headers.get('content-type')).toBe('audio/wav');
	expect(reply.headers.get('x-mofa-warnings')).toBeNull();
	const bytes = new Uint8Array(await reply.arrayBuffer());
	expect(parseWav(bytes)).toMatchObject({sampleRate: 8000, channels: 1, samples: {length: 16_000}});
	expect(new DataView(bytes.buffer).getUint32(40, true)).toBe(0xff_ff_ff_ff);
	expect(services.leases.requests).toEqual([{text: 'Hello', voice: 'slt', speed: 1.5, instructions: 'Softly'}]);
});

test('bare samples are at the rate that clients of OpenAI take them for', async () => {
	const {client} = await start();
	const reply = await client.audio.speech.create({...ask, response_format: 'pcm'});
	expect(reply.headers.get('content-type')).toBe('audio/pcm');
	expect((await reply.arrayBuffer()).byteLength).toBe(2 * 24_000 * 2);
});

test('events carry the same bytes, and end with what it took', async () => {
	const {url} = await start();
	const whole = new Uint8Array(await (await post(url, {...ask, response_format: 'wav'})).arrayBuffer());
	const text = await (await post(url, {...ask, response_format: 'wav', stream_format: 'sse'})).text();
	const events = text
		.split('\n')
		.filter(line => line.startsWith('data: {'))
		.map(line => JSON.parse(line.slice(6)) as {type: string; audio?: string; usage?: unknown});
	expect(Buffer.concat(events.map(({audio = ''}) => Buffer.from(audio, 'base64'))).equals(whole)).toBe(true);
	expect(events.at(-1)).toEqual({type: 'speech.audio.done', usage: {characters: 5, audio_seconds: 2}});
});

test('a format that takes ffmpeg is refused at once where there is none', async () => {
	const {url, services} = await start();
	const search = process.env['PATH'];
	process.env['PATH'] = '/nowhere';
	const response = await post(url, {...ask, response_format: 'flac'}).finally(() => {
		process.env['PATH'] = search;
	});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({
		error: {param: 'response_format', message: expect.stringContaining('ffmpeg') as string},
	});
	expect(services.leases.asks).toEqual([]);
});

test.each([
	[{response_format: 'midi'}, 'response_format', /one of mp3, opus, aac, flac, wav, pcm, not midi/],
	[{input: ' '}, 'input', /empty/],
	[{input: 'a'.repeat(1_000_001)}, 'input', /at most 1000000/],
	[{input: undefined}, 'input', /string/],
	[{model: undefined}, 'model', /string/],
	[{speed: 9}, 'speed', /0\.25 to 4/],
	[{voice: 7}, 'voice', /the name of a voice/],
	[{stream_format: 'mpeg'}, 'stream_format', /audio/],
])('%j is refused in the words of the endpoint', async (change, param, message) => {
	const {url, services} = await start();
	const response = await post(url, {...ask, response_format: 'wav', ...change});
	const {error} = (await response.json()) as {error: {param: string; message: string}};
	expect(response.status).toBe(400);
	expect(error.param).toBe(param);
	expect(error.message).toMatch(message);
	expect(services.leases.asks).toEqual([]);
});

test('an absent format is mp3, as it is at OpenAI, and an unknown parameter is told of', async () => {
	const {url} = await start();
	const response = await post(url, {...ask, pitch: 3});
	expect(response.headers.get('content-type')).toBe('audio/mpeg');
	expect(sniffAudio(new Uint8Array(await response.arrayBuffer()))).toBe('mp3');
	const warnings = JSON.parse(response.headers.get('x-mofa-warnings') ?? '[]') as Array<{setting: string}>;
	expect(warnings.map(({setting}) => setting)).toEqual(['pitch']);
});

test('what only models here know goes with the request', async () => {
	const {url, services} = await start();
	const response = await post(url, {...ask, response_format: 'wav', language: 'de', steps: 8, seed: 3});
	expect(response.headers.get('x-mofa-warnings')).toBeNull();
	expect(services.leases.requests).toMatchObject([{language: 'de', steps: 8, seed: 3}]);
});

test('a hosted name is the default model, and the voices of that service are the model’s own', async () => {
	const {url, services} = await start();
	const response = await post(url, {model: 'tts-1', input: 'Hi', voice: 'alloy', response_format: 'wav'});
	expect(response.status).toBe(200);
	expect(services.leases.asks[0]?.model).toBe('org/tiny:Q8_0');
	expect(services.leases.requests).toEqual([{text: 'Hi'}]);
	expect(response.headers.get('x-mofa-warnings')).toContain('slt speaks, since alloy is a voice of another service');
	await post(url, {model: 'tts-1', input: 'Hi', voice: 'slt', response_format: 'wav'});
	await post(url, {model: 'voice', input: 'Hi', voice: 'alloy', response_format: 'wav'});
	expect(services.leases.requests.slice(1)).toEqual([
		{text: 'Hi', voice: 'slt'},
		{text: 'Hi', voice: 'alloy'},
	]);
});

test('what fails before the first sound has its own status, however long it took', async () => {
	const refusal = new MofaError('invalid-request', {path: 'voice', expected: 'one of slt, not nobody'});
	const {url} = await start(() => refuses(refusal));
	const response = await post(url, {...ask, response_format: 'wav'});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({error: {param: 'voice', message: expect.stringContaining('slt')}});
	expect((await post(url, {...ask, model: 'missing'})).status).toBe(404);
});

test('what fails later breaks the connection: half a speech never looks whole', async () => {
	// The server writes it down, as it should.
	const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
	onTestFinished(() => log.mockRestore());
	const broken = new MofaError('runner-failed', {model: 'voice', reason: 'killed', detail: ''});
	const {url} = await start(() => fakeSpeech({broken}) as AsyncGenerator<SpeechEvent>);
	const response = await post(url, {...ask, response_format: 'wav'});
	expect(response.status).toBe(200);
	await expect(response.arrayBuffer()).rejects.toThrow();
});

test('sound arrives while more is being made, and a client that leaves ends it', async () => {
	const {url, services} = await start(async function* (_ask, _request, {signal}) {
		yield {type: 'audio-start', sampleRate: 8000, channels: 1};
		yield {type: 'audio-delta', samples: new Float32Array(8)};
		await untilAborted(signal);
	});
	const leave = new AbortController();
	const response = await post(url, {...ask, response_format: 'wav'}, leave.signal);
	const reader = response.body?.getReader();
	let bytes = 0;
	while (bytes < 44 + 16) bytes += (await reader?.read())?.value?.length ?? Number.NaN;
	expect(services.leases.held()).toBe(1);
	leave.abort();
	await services.leases.idle();
});

test('the voices are listed, for programs and for people', async () => {
	const {url} = await start();
	expect(await (await fetch(`${url}/v1/audio/voices`)).json()).toEqual({
		object: 'list',
		voices: [
			{
				id: 'slt',
				name: 'slt',
				object: 'voice',
				mofa: {name: 'slt', model: 'voice', language: 'en-US', description: 'a woman', isDefault: true},
			},
		],
	});
});

async function* refuses(refusal: MofaError): AsyncGenerator<SpeechEvent> {
	yield* [];
	throw refusal;
}
