import {connect} from 'node:net';
import {expect, test} from 'vitest';
import {createHttpClient} from '../../src/client/http-client.ts';
import type {PipelineEvent} from '../../src/contract/pipeline.ts';
import type {AnyPacket} from '../../src/contract/stage.ts';
import {stringifyBinary} from '../../src/lib/binary-json.ts';
import {framedType, writeFramed} from '../../src/lib/frames/framed-body.ts';
import {fakeServices, gate, says, type FakeServices} from '../helpers/fake-services.ts';
import {pngHead} from '../helpers/pictures.ts';
import {serveApp} from '../helpers/serve-app.ts';

const text = (value: string): AnyPacket => ({type: 'value', medium: 'text', value});
const sound: AnyPacket = {
	type: 'value',
	medium: 'audio',
	value: {samples: new Float32Array(8), sampleRate: 8000, channels: 1},
};
const services = (): FakeServices => fakeServices({script: says('Hi')});

interface Answer {
	readonly status: number;
	readonly text: string;
	/** Null where it was no error. */
	readonly error: {readonly code: string; readonly param: string; readonly message: string} | null;
}

async function answerOf(response: Response): Promise<Answer> {
	const body = await response.text();
	const error = response.ok ? null : (JSON.parse(body) as {error: NonNullable<Answer['error']>}).error;
	return {status: response.status, text: body, error};
}

const asJson = async (url: string, body: object): Promise<Answer> =>
	answerOf(
		await fetch(`${url}/v1/pipelines`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: stringifyBinary(body),
		}),
	);

const signal = new AbortController().signal;

async function framesOf(body: object): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	for await (const piece of writeFramed(body, {signal, toFailure: String})) pieces.push(piece);
	return Buffer.concat(pieces);
}

const asFrames = async (url: string, body: object): Promise<Answer> =>
	answerOf(
		await fetch(`${url}/v1/pipelines`, {
			method: 'POST',
			headers: {'content-type': framedType},
			body: new Uint8Array(await framesOf(body)),
		}),
	);

async function* stream<T>(...items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}

const wrongPackets: ReadonlyArray<readonly [string, unknown, RegExp]> = [
	['no packet', 7, /packets: \{type/],
	['a packet of no known kind', {type: 'noise'}, /packets: \{type/],
	['a signal that there is not', {type: 'signal', kind: 'stop'}, /flush, interrupt or end/],
	['a medium that the first stage does not take', sound, /text, which is what the pipeline takes, not audio/],
	['a sound without a rate', {...sound, value: {samples: new Float32Array(1)}}, /sample rate/],
	[
		'a picture that claims too many pixels',
		{type: 'value', medium: 'image', value: {bytes: Uint8Array.from(pngHead(60_000, 60_000)), mediaType: 'image/png'}},
		/60000 × 60000/,
	],
	['a text that is no text', {type: 'value', medium: 'text', value: 7}, /text of at most/],
];

test.each(wrongPackets)('%s is a 400 with its place, wherever among the packets it stands', async (_, wrong, words) => {
	const fake = services();
	const {url} = await serveApp(fake);
	for (const [input, param] of [
		[[wrong], 'input.0'],
		[[text('a'), text('b'), wrong], 'input.2'],
	] as const) {
		const answer = await asJson(url, {pipeline: ['llm'], input});
		expect([answer.status, answer.error]).toMatchObject([400, {code: 'invalid-request', param}]);
		expect(answer.error?.message).toMatch(words);
	}
	expect(fake.leases.asks).toEqual([]);
});

test.each(wrongPackets)(
	'%s at the beginning of a stream is a 400 where it came with the question',
	async (_, wrong, words) => {
		const fake = services();
		const {url} = await serveApp(fake);
		const answer = await asFrames(url, {pipeline: ['llm'], input: stream(wrong)});
		expect([answer.status, answer.error]).toMatchObject([400, {code: 'invalid-request', param: 'input'}]);
		expect(answer.error?.message).toMatch(words);
		expect(fake.leases.asks).toEqual([]);
	},
);

test('what is wrong later in a stream is told at the end of what came before', async () => {
	const {url} = await serveApp(services());
	const {status, text: body} = await asFrames(url, {pipeline: ['llm'], input: stream<unknown>(text('a'), sound)});
	expect(status).toBe(200);
	expect(body).toContain('plan-made');
	expect(body).toContain('not audio');
});

test('a text that is too long is a 400 by its field', async () => {
	const {url} = await serveApp(services());
	const answer = await asJson(url, {pipeline: ['llm'], input: 'a'.repeat(1_000_001)});
	expect([answer.status, answer.error]).toMatchObject([400, {param: 'input'}]);
});

test.each([
	['a first frame beyond the limit', Buffer.from([0, 0, 0, 0x40, 1, 0, 0, 0, 0])],
	['no frames', Buffer.from('{"pipeline": ["llm"]}')],
	['nothing', Buffer.alloc(0)],
])('%s is a 400', async (_, body) => {
	const {url} = await serveApp(services());
	const answer = await answerOf(
		await fetch(`${url}/v1/pipelines`, {method: 'POST', headers: {'content-type': framedType}, body}),
	);
	expect([answer.status, answer.error]).toMatchObject([400, {code: 'invalid-request', param: 'body'}]);
});

test('a packet beyond the limit that came with the question is a 400', async () => {
	const {url} = await serveApp(services(), {bodyLimit: 1000});
	const answer = await asFrames(url, {pipeline: ['llm'], input: stream(text('a'.repeat(2000)))});
	expect([answer.status, answer.error]).toMatchObject([400, {code: 'invalid-request', param: 'body'}]);
});

test.each([
	['a stage that there is not', {pipeline: ['lmm']}, 400, 'stage lmm'],
	['a setting that there is not', {pipeline: ['map?regex=a']}, 400, 'map'],
	['a model that there is not', {pipeline: ['llm:nobody']}, 404, 'model'],
	['a name under which nothing is saved', {pipeline: 'talk'}, 400, 'pipeline'],
	['an input that is none', {pipeline: ['llm'], input: 7}, 400, 'input'],
	['a field that there is not', {pipeline: ['llm'], inptu: 'a'}, 400, 'inptu'],
])('%s has its status in JSON and in frames alike', async (_, body, status, param) => {
	const {url} = await serveApp(services());
	for (const answer of [await asJson(url, body), await asFrames(url, body)])
		expect([answer.status, answer.error]).toMatchObject([status, {param}]);
});

test('the input may be whole in a question in frames too', async () => {
	const {url} = await serveApp(services());
	for (const input of ['a', [text('a')], undefined]) {
		const answer = await asFrames(url, {pipeline: ['llm'], input});
		expect(answer.status).toBe(200);
		expect(answer.text).toContain('pipeline-end');
	}
});

test('whoever speaks only when the plan is there gets it before anything was said', async () => {
	const {socketPath} = await serveApp(services());
	const planned = gate();
	async function* input(): AsyncGenerator<AnyPacket> {
		await planned.opened;
		yield text('a');
	}
	const events: PipelineEvent[] = [];
	const run = createHttpClient({socketPath}).runPipeline({pipeline: {stages: ['llm']}, input: input(), signal});
	for await (const event of run) {
		if (event.type === 'plan-made') planned.open();
		events.push(event);
	}
	expect(events[0]?.type).toBe('plan-made');
	expect(events.at(-1)?.type).toBe('pipeline-end');
});

test('a refusal of a stream ends a connection whose sender goes on', async () => {
	const {url} = await serveApp(services());
	const socket = connect(Number(new URL(url).port), '127.0.0.1');
	socket.write(
		`POST /v1/pipelines HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${framedType}\r\ntransfer-encoding: chunked\r\n\r\n`,
	);
	const question = await framesOf({pipeline: ['llm'], input: stream(sound)});
	const chunk = (bytes: Uint8Array): Buffer =>
		Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
	socket.write(chunk(question));
	let answer = '';
	socket.on('data', data => (answer += String(data)));
	socket.on('error', () => undefined);
	const closed = new Promise(resolve => socket.once('close', resolve));
	const more = setInterval(() => socket.write(chunk(Buffer.alloc(1000))), 1);
	await closed;
	clearInterval(more);
	expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});
