import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import OpenAI, {toFile} from 'openai';
import {afterAll, expect, test} from 'vitest';
import {MofaError} from '../../src/contract/error.ts';
import type {AppOptions} from '../../src/http/options.ts';
import {toPcm16} from '../../src/media/pcm.ts';
import {wavHeader} from '../../src/media/wav-encoder.ts';
import type {TranscriptionEvent, TranscriptionRequest} from '../../src/tasks/transcription.ts';
import {fakeServices, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {fakeTranscription, type FakeHearing} from '../helpers/fake-transcription.ts';
import {serveApp} from '../helpers/serve-app.ts';

// What is put aside must be found, and be gone.
const temporary = mkdtempSync(path.join(os.tmpdir(), 'mofa-uploads-test-'));
const {TMPDIR: before} = process.env;
process.env['TMPDIR'] = temporary;
afterAll(() => {
	if (before === undefined) delete process.env['TMPDIR'];
	else process.env['TMPDIR'] = before;
	rmSync(temporary, {recursive: true, force: true});
});
const putAside = (): readonly string[] => readdirSync(temporary).filter(name => /^mofa-(upload|sound)-/.test(name));

const hears = (options: FakeHearing = {}): Script =>
	((_ask: unknown, request: unknown) =>
		fakeTranscription(request as TranscriptionRequest, options) as AsyncGenerator<TranscriptionEvent>) as Script;

async function start(
	script: Script = hears(),
	options: AppOptions = {},
): Promise<{services: FakeServices; client: OpenAI; url: string}> {
	const services = fakeServices({script});
	const {url} = await serveApp(services, options);
	return {services, url, client: new OpenAI({baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0})};
}

function wav(seconds: number, sampleRate = 8000): Buffer {
	const pcm = toPcm16(new Float32Array(seconds * sampleRate).fill(0.25));
	return Buffer.concat([wavHeader({sampleRate, channels: 1}, pcm.length), pcm]);
}

const sound = (seconds = 2): Promise<File> => toFile(wav(seconds), 'talk.wav');
const requestOf = (services: FakeServices): TranscriptionRequest => services.leases.requests[0] as TranscriptionRequest;

test('the official client gets the text', async () => {
	const {client, services} = await start();
	const reply = await client.audio.transcriptions.create({
		file: await sound(),
		model: 'ears',
		language: 'en',
		prompt: 'Names: Ann',
		temperature: 0.2,
	});
	expect(reply).toMatchObject({text: 'Hello there. So long.', usage: {type: 'duration', seconds: 2}});
	expect(services.leases.asks[0]).toMatchObject({model: 'ears', task: 'transcription'});
	const {audio: _audio, ...rest} = requestOf(services);
	expect(rest).toEqual({language: 'en', prompt: 'Names: Ann', temperature: 0.2});
});

test.each([
	['text', 'Hello there. So long.\n'],
	['srt', '1\n00:00:00,000 --> 00:00:01,000\nHello there.\n\n2\n00:00:01,000 --> 00:00:02,000\nSo long.\n\n'],
	['vtt', 'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello there.\n\n00:00:01.000 --> 00:00:02.000\nSo long.\n\n'],
] as const)('the official client gets %s', async (format, expected) => {
	const {client} = await start();
	const reply = await client.audio.transcriptions.create({file: await sound(), model: 'ears', response_format: format});
	expect(reply).toBe(expected);
});

test('the official client gets segments and words with their times', async () => {
	const {client} = await start();
	const reply = await client.audio.transcriptions.create({
		file: await sound(),
		model: 'ears',
		response_format: 'verbose_json',
		timestamp_granularities: ['word', 'segment'],
	});
	expect(reply).toMatchObject({
		task: 'transcribe',
		language: 'english',
		duration: 2,
		text: 'Hello there. So long.',
		segments: [
			{id: 0, start: 0, end: 1, text: ' Hello there.', avg_logprob: -0.25, no_speech_prob: 0.01, temperature: 0},
			{id: 1, start: 1, end: 2, text: ' So long.'},
		],
		words: [
			{word: 'Hello', start: 0, end: 0.5},
			{word: 'there.', start: 0.5, end: 1},
			{word: 'So', start: 1, end: 1.5},
			{word: 'long.', start: 1.5, end: 2},
		],
	});
	const segments = await client.audio.transcriptions.create({
		file: await sound(),
		model: 'ears',
		response_format: 'verbose_json',
	});
	expect(segments.words).toBeUndefined();
	expect(segments.segments).toHaveLength(2);
});

test('the official client streams what is certain, and together it is the text', async () => {
	const {client} = await start();
	const stream = await client.audio.transcriptions.create({file: await sound(), model: 'ears', stream: true});
	const events = [];
	for await (const event of stream) events.push(event);
	const deltas = events.flatMap(event => (event.type === 'transcript.text.delta' ? [event.delta] : []));
	expect(deltas).toEqual(['Hello there.', ' So long.']);
	expect(events.at(-1)).toMatchObject({type: 'transcript.text.done', text: deltas.join(''), usage: {type: 'duration'}});
});

test('the official client gets English', async () => {
	const {client, services} = await start();
	const reply = await client.audio.translations.create({file: await sound(), model: 'ears'});
	expect(reply).toMatchObject({text: 'Hello there. So long.'});
	expect(requestOf(services)).toMatchObject({translate: true});
	const verbose = await client.audio.translations.create({
		file: await sound(),
		model: 'ears',
		response_format: 'verbose_json',
	});
	expect(verbose).toMatchObject({task: 'translate', duration: 2, segments: [{text: ' Hello there.'}, {}]});
});

test.each(['mp3', 'flac', 'ogg', 'opus', 'webm'])('a second of %s is a second', async ending => {
	const file = path.resolve(import.meta.dirname, '../fixtures/sound', `tone.${ending}`);
	const {client} = await start();
	const reply = await client.audio.transcriptions.create({
		file: await toFile(readFileSync(file), `x.${ending}`),
		model: 'ears',
		response_format: 'verbose_json',
	});
	expect(reply.duration).toBeGreaterThan(0.97);
	expect(reply.duration).toBeLessThan(1.1);
});

test('silence is an empty text in every format', async () => {
	const {client} = await start(hears({says: ['']}));
	const ask = {file: await sound(), model: 'ears'} as const;
	expect(await client.audio.transcriptions.create(ask)).toMatchObject({text: ''});
	expect(await client.audio.transcriptions.create({...ask, response_format: 'text'})).toBe('\n');
});

function post(
	url: string,
	fields: Readonly<Record<string, string | Blob>>,
	path = 'transcriptions',
): Promise<Response> {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields))
		if (typeof value === 'string') form.append(name, value);
		else form.append(name, value, 'talk.wav');
	return fetch(`${url}/v1/audio/${path}`, {method: 'POST', body: form});
}

const blob = (bytes: Uint8Array = wav(1)): Blob => new Blob([Uint8Array.from(bytes)]);

test('the fields may come before the file or after it, and lists with or without brackets', async () => {
	const {url, services} = await start();
	const verbose = {response_format: 'verbose_json'};
	await post(url, {model: 'ears', ...verbose, 'timestamp_granularities[]': 'word', file: blob()});
	await post(url, {file: blob(), timestamp_granularities: 'word', ...verbose, model: 'ears', language: 'de'});
	expect(services.leases.requests).toMatchObject([{words: true}, {words: true, language: 'de'}]);
});

test.each([
	[{model: ''}, 'model', /the name of a model/],
	[{file: ''}, 'file', /sound, not 0 bytes/],
	[{response_format: 'diarized_json'}, 'response_format', /not diarized_json/],
	[{temperature: 'warm'}, 'temperature', /a number from 0 to 1/],
	[{temperature: '3'}, 'temperature', /a number from 0 to 1/],
	[{timestamp_granularities: 'word'}, 'timestamp_granularities', /verbose_json beside it/],
	[{timestamp_granularities: 'letter'}, 'timestamp_granularities', /word or segment/],
	[{stream: 'maybe'}, 'stream', /true or false/],
	[{stream: 'true', response_format: 'srt'}, 'stream', /only text can be streamed/],
	[{file: blob(Buffer.alloc(0))}, 'file', /sound, not 0 bytes/],
	[{file: blob(wav(1).subarray(0, 20))}, 'file', /ends after 20 bytes/],
	[{file: blob(Buffer.from('fLaC'))}, 'file', /FLAC/],
])('%o is refused in the form of OpenAI', async (changes, param, message) => {
	const {url} = await start();
	const reply = await post(url, {model: 'ears', file: blob(), ...changes});
	expect(reply.status).toBe(400);
	const {error} = (await reply.json()) as {error: {message: string; type: string; param: string}};
	expect(error).toMatchObject({type: 'invalid_request_error', param});
	expect(error.message).toMatch(message);
});

test('a translation has no language to choose', async () => {
	const {url} = await start();
	expect((await post(url, {model: 'ears', file: blob(), language: 'de'}, 'translations')).status).toBe(400);
});

test.each([
	['m4a', '\0\0\0\u0018ftypM4A ', 'm4a'],
	['webm', '\u001aE\u00df\u00a3\u009fB\u0082\u0084webmB\u0087\u0081\u0004A_VORBIS', 'webm without Opus in it'],
	['caf', 'caff\0\u0001\0\0desc\0\0', 'any other kind of sound'],
])(
	'%s is refused where there is no ffmpeg, before a model is asked and without a second try',
	async (name, head, what) => {
		const {PATH: usual} = process.env;
		process.env['PATH'] = temporary;
		try {
			const {services, url} = await start();
			const client = new OpenAI({baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 3});
			const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(64)]);
			for (const stream of [false, true]) {
				const file = await toFile(bytes, `talk.${name}`);
				const asked = transcribed(client, file, stream);
				await expect(asked).rejects.toMatchObject({
					status: 400,
					code: 'invalid-request',
					param: 'file',
					message: `400 file: expected wav, mp3, flac, ogg, opus or webm; for ${what} the machine needs ffmpeg, which it does not have`,
				});
			}
			expect(services.leases.asks).toEqual([]);
			const inputs = [`data:audio/mp4;base64,${bytes.toString('base64')}`];
			const task = await fetch(`${url}/v1/tasks/transcription`, {
				method: 'POST',
				headers: {'content-type': 'application/json'},
				body: JSON.stringify({model: 'ears', inputs}),
			});
			expect([task.status, await task.json()]).toMatchObject([400, {error: {param: 'inputs.0'}}]);
		} finally {
			process.env['PATH'] = usual;
		}
	},
);

const transcribed = (client: OpenAI, file: File, stream: boolean): Promise<unknown> => {
	const {transcriptions} = client.audio;
	return stream ? transcriptions.create({file, model: 'ears', stream}) : transcriptions.create({file, model: 'ears'});
};

test('what is no sound is refused before a model is asked', async () => {
	const {client, services} = await start();
	for (const stream of [false, true]) {
		const file = await toFile(Buffer.from('%PDF-1.7 is a page'), 'talk.wav');
		const asked = transcribed(client, file, stream);
		await expect(asked).rejects.toMatchObject({status: 400, param: 'file'});
	}
	expect(services.leases.asks).toEqual([]);
});

test('a parameter that is not known is told, and so is sound that is cut', async () => {
	const {url} = await start();
	const reply = await post(url, {
		model: 'ears',
		file: blob(wav(2).subarray(0, 20_001)),
		'known_speaker_names[]': 'Ann',
	});
	expect(await reply.json()).toMatchObject({
		text: 'Hello there.',
		mofa: {warnings: [{setting: 'known_speaker_names'}, {setting: 'file'}]},
	});
	expect(reply.headers.get('x-mofa-warnings')).toContain('known_speaker_names');
});

test('a model that is missing is 404 for the official client', async () => {
	const {client} = await start();
	const asked = client.audio.transcriptions.create({file: await sound(), model: 'missing'});
	await expect(asked).rejects.toMatchObject({status: 404, code: 'model-not-found'});
});

test('a failure in the middle of a stream is an error for the official client', async () => {
	const error = new MofaError('runner-failed', {model: 'ears', reason: 'killed', detail: 'signal 9'});
	const {client} = await start(hears({broken: {after: 1, error}}));
	const stream = await client.audio.transcriptions.create({file: await sound(), model: 'ears', stream: true});
	const texts: string[] = [];
	const read = async (): Promise<void> => {
		for await (const event of stream) if (event.type === 'transcript.text.delta') texts.push(event.delta);
	};
	await expect(read()).rejects.toThrow(/failed \(killed\)/);
	expect(texts).toEqual(['Hello there.']);
});

test('a long upload goes to the disk and is gone afterwards, whether it was heard or not', async () => {
	let aside: readonly string[] = [];
	const {client, services} = await start(
		hears({
			onPiece() {
				aside = putAside();
			},
		}),
	);
	const minutes = await toFile(wav(5 * 60), 'talk.wav');
	const reply = await client.audio.transcriptions.create({
		file: minutes,
		model: 'ears',
		response_format: 'verbose_json',
	});
	expect(reply.duration).toBeCloseTo(300);
	expect(aside).toHaveLength(1);
	expect(putAside()).toEqual([]);
	await expect(client.audio.transcriptions.create({file: minutes, model: 'missing'})).rejects.toThrow();
	await expect(client.audio.transcriptions.create({file: minutes, model: ''})).rejects.toThrow();
	expect(putAside()).toEqual([]);
	await services.leases.idle();
});

test('an upload beyond the limit is 413, whether it says its length or not', async () => {
	const {url} = await start(hears(), {uploadLimit: 100_000});
	expect((await post(url, {model: 'ears', file: blob(wav(10))})).status).toBe(413);
	const form = new Request(url, {method: 'POST', body: formOf(wav(10))});
	const headers = {'content-type': form.headers.get('content-type') ?? ''};
	const answer = await fetch(`${url}/v1/audio/transcriptions`, {
		method: 'POST',
		headers,
		body: form.body,
		duplex: 'half',
	} as RequestInit).catch((error: unknown) => error);
	// The server answers before it has read everything, which some clients take for a broken connection.
	if (answer instanceof Response) expect(answer.status).toBe(413);
	expect(putAside()).toEqual([]);
});

function formOf(bytes: Uint8Array): FormData {
	const form = new FormData();
	form.append('file', blob(bytes), 'talk.wav');
	return form;
}

test.each([
	['JSON', 'application/json', '{}', 415],
	['a form without a boundary', 'multipart/form-data', 'x', 415],
	[
		'a form that is cut',
		'multipart/form-data; boundary=b',
		'--b\r\ncontent-disposition: form-data; name=model\r\n\r\nx',
		400,
	],
	['nothing', 'multipart/form-data; boundary=b', '', 400],
])('%s is refused', async (_what, type, body, status) => {
	const {url} = await start();
	const headers = {'content-type': type};
	const answer = await fetch(`${url}/v1/audio/transcriptions`, {method: 'POST', headers, body});
	expect(answer.status).toBe(status);
});

test('a client who leaves cancels the run', async () => {
	const {client, services} = await start(async function* (_ask, _request, {signal}) {
		yield {type: 'segment-final', segment: {text: 'a', start: 0, end: 1}};
		await untilAborted(signal);
	} as Script);
	const stream = await client.audio.transcriptions.create({file: await sound(), model: 'ears', stream: true});
	for await (const _event of stream) break;
	await services.leases.idle();
});

test('a hundred at once are all answered', async () => {
	const {client, services} = await start();
	const file = await sound(1);
	const replies = await Promise.all(
		Array.from({length: 100}, () => client.audio.transcriptions.create({file, model: 'ears'})),
	);
	expect(replies.every(({text}) => text === 'Hello there.')).toBe(true);
	await services.leases.idle();
});
