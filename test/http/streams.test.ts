import {connect} from 'node:net';
import {expect, test} from 'vitest';
import type {RunEvent} from '../../src/client/client.ts';
import {createHttpClient} from '../../src/client/http-client.ts';
import {MofaError} from '../../src/contract/error.ts';
import type {Audio} from '../../src/contract/media.ts';
import {framedType, writeFramed} from '../../src/lib/frames/framed-body.ts';
import {audioPieces} from '../../src/tasks/audio-field.ts';
import type {TranscriptionEvent, TranscriptionRequest} from '../../src/tasks/transcription.ts';
import {fakeServices, gate, untilAborted, type FakeServices, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

type Heard = RunEvent<'transcription'>;

const piece = (level: number, length = 4): Audio => ({
	samples: new Float32Array(length).fill(level),
	sampleRate: 16_000,
	channels: 1,
});

/** Says of each piece what its first sample is, as soon as it has come. */
async function* listens(_ask: unknown, request: unknown): AsyncGenerator<TranscriptionEvent> {
	let seconds = 0;
	for await (const {samples, sampleRate} of audioPieces((request as TranscriptionRequest).audio)) {
		seconds += samples.length / sampleRate;
		yield {type: 'segment-draft', text: String(samples[0]), start: 0};
	}
	yield {type: 'transcription-end', usage: {audioSeconds: seconds, computeMs: 1}};
}

const services = (script: Script = listens as Script): FakeServices => fakeServices({script});

function ask(
	audio: AsyncIterable<Audio>,
	signal: AbortSignal = new AbortController().signal,
): {
	readonly model: string;
	readonly task: 'transcription';
	readonly request: TranscriptionRequest;
	readonly signal: AbortSignal;
} {
	return {model: 'ears', task: 'transcription', request: {audio, language: 'en'}, signal};
}

const texts = (events: readonly Heard[]): readonly string[] =>
	events.flatMap(event => (event.type === 'segment-draft' ? [event.text] : []));

async function all(events: AsyncIterable<Heard>): Promise<Heard[]> {
	const heard: Heard[] = [];
	for await (const event of events) heard.push(event);
	return heard;
}

test.each(['socket', 'port'] as const)(
	'over a %s, an answer comes while the question is still being asked',
	async over => {
		const {url, socketPath} = await serveApp(services());
		const client = createHttpClient(over === 'socket' ? {socketPath} : {url});
		const heard: Heard[] = [];
		let wake = (): void => undefined;
		async function* audio(): AsyncGenerator<Audio> {
			for (const level of [1, 2, 3]) {
				yield piece(level);
				// The next piece is spoken only when this one has been answered.
				while (texts(heard).length < level) await new Promise<void>(resolve => (wake = resolve));
			}
		}
		for await (const event of client.run(ask(audio()))) {
			heard.push(event);
			wake();
		}
		expect(heard.map(({type}) => type)).toEqual([
			'load-end',
			'segment-draft',
			'segment-draft',
			'segment-draft',
			'transcription-end',
		]);
		expect(texts(heard)).toEqual(['1', '2', '3']);
	},
);

test('the other fields of the request arrive beside the stream', async () => {
	const fake = services();
	const {socketPath} = await serveApp(fake);
	async function* audio(): AsyncGenerator<Audio> {
		yield piece(1);
	}
	await all(createHttpClient({socketPath}).run(ask(audio())));
	expect(fake.leases.requests[0]).toMatchObject({language: 'en'});
});

test('ten minutes of sound are carried with little of it in memory at a time', async () => {
	const {socketPath} = await serveApp(services());
	let made = 0;
	let answered = 0;
	let ahead = 0;
	async function* audio(): AsyncGenerator<Audio> {
		for (; made < 600; made += 1) {
			ahead = Math.max(ahead, made - answered);
			yield piece(made, 16_000);
		}
	}
	for await (const event of createHttpClient({socketPath}).run(ask(audio())))
		if (event.type === 'segment-draft') answered += 1;
	expect(answered).toBe(600);
	// A second is 64 kB; what lies between are the buffers of two sockets.
	expect(ahead).toBeLessThan(100);
});

test('a model that does not listen stops the source', async () => {
	const opened = gate();
	const {socketPath} = await serveApp(
		services(async function* () {
			await opened.opened;
			yield {type: 'transcription-end', usage: {audioSeconds: 0, computeMs: 0}};
		} as Script),
	);
	let made = 0;
	let stopped = false;
	async function* audio(): AsyncGenerator<Audio> {
		try {
			for (;;) {
				yield piece((made += 1), 16_000);
				if (made === 3) opened.open();
			}
		} finally {
			stopped = true;
		}
	}
	await all(createHttpClient({socketPath}).run(ask(audio())));
	await expect.poll(() => stopped).toBe(true);
	expect(made).toBeLessThan(1000);
});

test('whoever is still sending when the answer is complete reads all of it', async () => {
	const {socketPath} = await serveApp(
		services(async function* (_ask: unknown, request: unknown) {
			for await (const {samples} of audioPieces((request as TranscriptionRequest).audio)) {
				yield {type: 'segment-draft', text: String(samples[0]), start: 0};
				break;
			}
			yield {type: 'transcription-end', usage: {audioSeconds: 0, computeMs: 0}};
		} as Script),
	);
	async function* endless(): AsyncGenerator<Audio> {
		for (;;) {
			yield piece(1, 4000);
			await new Promise(setImmediate);
		}
	}
	const client = createHttpClient({socketPath});
	for (let round = 0; round < 50; round += 1) {
		const heard = await all(client.run(ask(endless())));
		expect(heard.at(-1)?.type).toBe('transcription-end');
	}
});

test('what the source throws is thrown as it is, after what was heard before', async () => {
	const fake = services();
	const {socketPath} = await serveApp(fake);
	const broken = new MofaError('invalid-request', {path: 'song.mp3', expected: 'whole frames'});
	async function* audio(): AsyncGenerator<Audio> {
		yield piece(1);
		throw broken;
	}
	const heard: Heard[] = [];
	const work = async (): Promise<void> => {
		for await (const event of createHttpClient({socketPath}).run(ask(audio()))) heard.push(event);
	};
	await expect(work()).rejects.toBe(broken);
	expect(texts(heard)).toEqual(['1']);
	await fake.leases.idle();
});

test.each([
	['a task there is not', {task: 'dancing' as 'transcription'}, 'task-unsupported'],
	['a wrong field', {request: {language: 7}}, 'invalid-request'],
])('%s is refused before the source is asked for anything', async (_what, changes, code) => {
	const {socketPath} = await serveApp(services());
	let asked = false;
	async function* audio(): AsyncGenerator<Audio> {
		asked = true;
		yield piece(1);
	}
	const {request, ...rest} = ask(audio());
	const changed = {...rest, ...changes, request: {...request, ...(changes as {request?: object}).request}};
	const run = all(createHttpClient({socketPath}).run(changed as typeof rest & {request: TranscriptionRequest}));
	await expect(run).rejects.toMatchObject({code});
	expect(asked).toBe(false);
});

test('a failure of the model is the same error as ever', async () => {
	const {socketPath} = await serveApp(services());
	async function* audio(): AsyncGenerator<Audio> {
		yield piece(1);
	}
	const run = all(createHttpClient({socketPath}).run({...ask(audio()), model: 'missing'}));
	await expect(run).rejects.toMatchObject({code: 'model-not-found', data: {model: 'missing', similar: ['tiny']}});
});

/** A microphone into which nobody speaks. */
function silence(): {readonly audio: AsyncIterable<Audio>; readonly stopped: Promise<void>} {
	const {opened, open} = gate();
	const audio: AsyncIterable<Audio> = {
		[Symbol.asyncIterator]: () => ({
			next: () => new Promise(() => undefined),
			async return() {
				open();
				return {done: true, value: undefined};
			},
		}),
	};
	return {audio, stopped: opened};
}

test('an abort ends the run on both sides and stops the source', async () => {
	const begun = gate();
	const fake = services(async function* (_ask, _request, {signal}) {
		begun.open();
		await untilAborted(signal);
		yield* [];
	} as Script);
	const {socketPath} = await serveApp(fake);
	const abort = new AbortController();
	const {audio, stopped} = silence();
	const run = all(createHttpClient({socketPath}).run(ask(audio, abort.signal)));
	await begun.opened;
	abort.abort();
	await expect(run).rejects.toMatchObject({code: 'cancelled'});
	await stopped;
	await fake.leases.idle();
});

test('leaving the answer stops the source and gives the model back', async () => {
	const fake = services(async function* (_ask: unknown, request: unknown) {
		yield {type: 'segment-draft', text: 'x', start: 0};
		yield* listens(undefined, request);
	} as Script);
	const {socketPath} = await serveApp(fake);
	const {audio, stopped} = silence();
	for await (const event of createHttpClient({socketPath}).run(ask(audio))) if (event.type === 'segment-draft') break;
	await stopped;
	await fake.leases.idle();
});

test('a connection that is cut in the middle of the question cancels the run', async () => {
	const begun = gate();
	const fake = services(async function* (_ask: unknown, request: unknown) {
		begun.open();
		yield* listens(undefined, request);
	} as Script);
	const {socketPath} = await serveApp(fake);
	const socket = connect(socketPath);
	socket.write(
		`POST /v1/tasks/transcription HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${framedType}\r\ntransfer-encoding: chunked\r\n\r\n`,
	);
	const body = {model: 'ears', request: {audio: silence().audio}};
	const signal = new AbortController().signal;
	const {value} = await writeFramed(body, {signal, toFailure: String}).next();
	socket.write(`${value.length.toString(16)}\r\n`);
	socket.write(value);
	socket.write('\r\n');
	await begun.opened;
	socket.destroy();
	await fake.leases.idle();
});

const post = async (url: string, body: string | Uint8Array): Promise<{status: number; text: string}> => {
	const headers = {'content-type': framedType};
	const answer = await fetch(`${url}/v1/tasks/transcription`, {method: 'POST', headers, body: Buffer.from(body)});
	return {status: answer.status, text: await answer.text()};
};

test.each([
	['nothing', ''],
	['text', '{"model":"ears","request":{}}'],
	['a frame that announces a gigabyte', Buffer.from([0, 0, 0, 0x40, 1, 0, 0, 0, 0])],
])('%s instead of frames is refused with a status', async (_what, body) => {
	const {url} = await serveApp(services());
	const {status, text} = await post(url, body);
	expect(status).toBe(400);
	expect(JSON.parse(text)).toMatchObject({error: {code: 'invalid-request', param: 'body'}});
});

test('a body that ends before its stream does fails the run, and gives the model back', async () => {
	const fake = services();
	const {url} = await serveApp(fake);
	async function* audio(): AsyncGenerator<Audio> {
		yield piece(1);
	}
	const body = {model: 'ears', request: {audio: audio()}};
	const pieces: Uint8Array[] = [];
	for await (const bytes of writeFramed(body, {signal: new AbortController().signal, toFailure: String}))
		pieces.push(bytes);
	const {status, text} = await post(url, Buffer.concat(pieces.slice(0, -1)));
	expect(status).toBe(200);
	expect(text).toContain('ends before its streams do');
	await fake.leases.idle();
});
