import {createReadStream, readFileSync, writeFileSync} from 'node:fs';
import OpenAI from 'openai';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {wavHeader} from '../../src/media/wav-encoder.ts';
import {isAlive} from '../helpers/processes.ts';
import {isPresent, sharedFile} from '../helpers/real-sound.ts';
import {guidePresent, patience, until, User, type Daemon} from '../helpers/user.ts';

const model = sharedFile('models/spelling-cnn');
const spelled = sharedFile('media/spelled_seven_two_zero_w_x.wav');
const words = 'seven two zero w x';

describe.skipIf(!guidePresent || !isPresent(model, spelled))('speech to text with a real model', patience, () => {
	let user: User;
	let daemon: Daemon;
	let client: OpenAI;
	let long: string;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'not needed', maxRetries: 0});
		long = user.file('long.wav');
		const pcm = readFileSync(spelled).subarray(44);
		const hour = Array.from({length: 720}, () => pcm);
		writeFileSync(long, Buffer.concat([wavHeader({sampleRate: 16_000, channels: 1}, null), ...hour]));
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('the official client gets the words and their times', async () => {
		const ask = {file: createReadStream(spelled), model, response_format: 'verbose_json'} as const;
		const reply = await client.audio.transcriptions.create(ask);
		expect(reply.text).toBe(words);
		expect(reply.duration).toBeCloseTo(5);
		const times = (reply.segments ?? []).flatMap(({start, end}) => [start, end]);
		expect(times).toHaveLength(10);
		expect(times).toEqual(times.toSorted((a, b) => a - b));
		expect(times.at(-1)).toBeLessThanOrEqual(5);
	});

	test('the official client streams them', async () => {
		const stream = await client.audio.transcriptions.create({file: createReadStream(spelled), model, stream: true});
		let text = '';
		for await (const event of stream) if (event.type === 'transcript.text.delta') text += event.delta;
		expect(text).toBe(words);
	});

	test('a hundred at once: nothing is lost, and no model stays in use', async () => {
		const bytes = readFileSync(spelled);
		const replies = await Promise.all(
			Array.from({length: 100}, () => client.audio.transcriptions.create({file: new File([bytes], 'a.wav'), model})),
		);
		expect(new Set(replies.map(({text}) => text))).toEqual(new Set([words]));
		expect((await daemon.client.residents()).map(({active}) => active)).toEqual([0]);
	});

	test('captions, a table and JSON come from one and the same listening', async () => {
		const run = async (format: string): Promise<string> =>
			(await user.run(['transcribe', spelled, '-m', model, '-f', format])).out;
		expect(await run('text')).toBe(`${words}\n`);
		expect((await run('srt')).match(/-->/g)).toHaveLength(5);
		expect(await run('vtt')).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> /);
		expect((await run('tsv')).split('\n')).toHaveLength(7);
		expect(JSON.parse(await run('json'))).toMatchObject({text: words, segments: [{text: 'seven'}, {}, {}, {}, {}]});
	});

	test('without a daemon it is the same', async () => {
		const outcome = await user.run(['transcribe', spelled, '-m', model, '--no-daemon']);
		expect(outcome).toMatchObject({code: 0, out: `${words}\n`, err: ''});
	});

	test.each([
		['a header that is cut', (bytes: Buffer) => bytes.subarray(0, 30), 2, /ends after 30 bytes/],
		['nothing', () => Buffer.alloc(0), 2, /not 0 bytes/],
		['an odd number of bytes', (bytes: Buffer) => bytes.subarray(0, 50_001), 0, /ends earlier than it says/],
	])('%s from a pipe', async (_what, change, code, message) => {
		const outcome = await user.run(['transcribe', '-', '-m', model], {stdin: change(readFileSync(spelled))});
		expect(outcome.code).toBe(code);
		expect(outcome.err).toMatch(message);
	});

	test('Ctrl-C keeps what was written, leaves with 130, and frees the model', async () => {
		const running = user.start(['transcribe', long, '-m', model, '--live']);
		await running.says('stdout', 'zero\n');
		running.child.kill('SIGINT');
		const {code, out, err} = await running.ended;
		expect({code, err}).toEqual({code: 130, err: ''});
		expect(out).toMatch(/^seven\ntwo\nzero\n/);
		await until('the model is free', async () => (await daemon.client.residents()).every(({active}) => active === 0));
	});

	test('a model whose process is killed while it listens: exit code 7, and what was written stays', async () => {
		const running = user.start(['transcribe', long, '-m', model, '--live']);
		await running.says('stdout', 'zero\n');
		const pid = (await daemon.client.residents()).find(({active}) => active > 0)?.pid ?? 0;
		process.kill(pid, 'SIGKILL');
		const {code, out} = await running.ended;
		expect(code).toBe(7);
		expect(out).toMatch(/^seven\ntwo\nzero\n/);
		await until('it is gone', () => !isAlive(pid));
		expect((await user.run(['transcribe', spelled, '-m', model])).out).toBe(`${words}\n`);
	});
});
