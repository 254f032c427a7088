import {execFile} from 'node:child_process';
import {existsSync, readFileSync, statSync} from 'node:fs';
import OpenAI, {BadRequestError} from 'openai';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Audio} from '../../src/contract/media.ts';
import {sniffAudio} from '../../src/media/sniff-audio.ts';
import {parseWav} from '../../src/media/wav.ts';
import {hasTerminals, Home} from '../helpers/mofa.ts';
import {binary, guidePresent, patience, until, User, type Daemon} from '../helpers/user.ts';

const long = 'The quick brown fox jumps over the lazy dog, and then it goes home. '.repeat(200);

describe.skipIf(!guidePresent)('speech, with the voice that is built in', patience, () => {
	let user: User;
	let daemon: Daemon;
	let client: OpenAI;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'not needed', maxRetries: 0});
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	/** Standard output as bytes. */
	function bytesOf(argv: readonly string[]): Promise<Buffer> {
		return new Promise((resolve, reject) => {
			const options = {env: user.env, encoding: 'buffer', maxBuffer: 2 ** 26} as const;
			const child = execFile(process.execPath, [binary, ...argv], options, (error, stdout, stderr) =>
				error === null && stderr.length === 0 ? resolve(stdout) : reject(error ?? new Error(stderr.toString())),
			);
			child.stdin?.end();
		});
	}

	test('a file has a right header, and sound of a plausible length in it', async () => {
		const file = user.file('hello.wav');
		const {code, out, err} = await user.run(['speak', 'Hello world', '-o', file]);
		expect({code, out, err}).toEqual({code: 0, out: '', err: ''});
		const bytes = readFileSync(file);
		expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
		expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
		const audio = soundIn(bytes);
		expect(audio).toMatchObject({sampleRate: 16_000, channels: 1});
		expect(audio.samples.length / audio.sampleRate).toBeGreaterThan(0.5);
		expect(audio.samples.length / audio.sampleRate).toBeLessThan(3);
		expect(loudness(audio)).toBeGreaterThan(0.01);
	});

	test('a pipe gets the same sound, and nothing on stderr beside it', async () => {
		const file = user.file('same.wav');
		await user.run(['speak', 'Hello world', '-o', file]);
		const piped = await bytesOf(['speak', 'Hello world']);
		expect(piped.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
		expect(soundIn(piped).samples).toEqual(soundIn(readFileSync(file)).samples);
	});

	test('the daemon is not needed', async () => {
		const piped = await bytesOf(['speak', '--no-daemon', 'Hello world', '--voice', 'kal16']);
		expect(loudness(soundIn(piped))).toBeGreaterThan(0.01);
	});

	test('a text that is piped in is said, and told of as JSON', async () => {
		const file = user.file('piped.wav');
		const argv = ['speak', '-', '--voice', 'kal16', '--speed', '2', '--json', '-o', file];
		const {code, out, err} = await user.run(argv, {stdin: 'First. Second.\n'});
		expect({code, err}).toEqual({code: 0, err: ''});
		expect(JSON.parse(out)).toMatchObject({model: 'voice', voice: 'kal16', sampleRate: 16_000, characters: 13});
	});

	test.each([
		[['speak', 'Hi', '--voice', 'nobody', '-o', 'x.wav'], 2, 'one of slt, rms, awb, kal16, not nobody'],
		[['speak', '', '-o', 'x.wav'], 2, 'there is nothing to say'],
		[['speak', '你好', '-o', 'x.wav'], 2, 'words or numbers in Latin letters'],
		[['speak', 'Hi', '-m', 'guide', '-o', 'x.wav'], 2, 'guide cannot do speech'],
		[['speak', 'Hi', '-m', 'nothing-like-it', '-o', 'x.wav'], 3, 'no model called'],
		[['speak', 'Hi', '-o', 'no/such/folder/x.wav'], 1, 'no/such/folder/x.wav'],
	])('mofa %j ends with %i, says why, and leaves no file', async (argv, expected, words) => {
		const {code, out, err} = await user.run(argv);
		expect({code, out}).toEqual({code: expected, out: ''});
		expect(err).toContain(words);
		expect(existsSync(`${user.home}/x.wav`)).toBe(false);
	});

	test('Ctrl-C ends it at once, and what was said until then is a whole file', async () => {
		const file = user.file('cut.wav');
		const running = user.start(['speak', '-', '-o', file], {stdin: long});
		await until('something has been said', () => existsSync(file) && statSync(file).size > 20_000);
		running.child.kill('SIGINT');
		expect(await running.ended).toMatchObject({code: 130, out: ''});
		const bytes = readFileSync(file);
		expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
		await until('nobody speaks any more', async () =>
			(await daemon.client.residents()).every(({active}) => active === 0),
		);
	});

	test('a reader that leaves early ends it in silence', async () => {
		const line = `'${process.execPath}' '${binary}' speak - | head -c 1000 | wc -c; echo "$PIPESTATUS"`;
		const text = await new Promise<string>(resolve => {
			const child = execFile('bash', ['-c', line], {env: user.env}, (_error, stdout, stderr) =>
				resolve(stdout + stderr),
			);
			child.stdin?.end(long);
		});
		expect(text.trim().split(/\s+/)[0]).toBe('1000');
		await until('nobody speaks any more', async () =>
			(await daemon.client.residents()).every(({active}) => active === 0),
		);
	});

	test('the first sound comes while the rest is still to be made, and leaving stops the making', async () => {
		const leave = new AbortController();
		const response = await fetch(`${daemon.url}/v1/audio/speech`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({model: 'voice', input: long, response_format: 'wav'}),
			signal: leave.signal,
		});
		const {value} = (await response.body?.getReader().read()) ?? {};
		expect(value?.length).toBeGreaterThan(0);
		expect((await daemon.client.residents()).map(({name, active}) => ({name, active}))).toContainEqual({
			name: 'voice',
			active: 1,
		});
		leave.abort();
		await until('nobody speaks any more', async () =>
			(await daemon.client.residents()).every(({active}) => active === 0),
		);
	});

	test('eight at once each get their own', async () => {
		const words = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
		const say = async (input: string): Promise<Float32Array> => {
			const reply = await client.audio.speech.create({model: 'voice', input, voice: 'kal16', response_format: 'wav'});
			return soundIn(Buffer.from(await reply.arrayBuffer())).samples;
		};
		const alone: Float32Array[] = [];
		for (const word of words) alone.push(await say(`This is number ${word}. It is said alone.`));
		const together = await Promise.all(words.map(word => say(`This is number ${word}. It is said alone.`)));
		expect(together).toEqual(alone);
	});

	test('the official client speaks with a name it knows, in both formats', async () => {
		const wav = await client.audio.speech.create({
			model: 'tts-1',
			input: 'Hello',
			voice: 'alloy',
			response_format: 'wav',
		});
		const pcm = await client.audio.speech.create({
			model: 'tts-1',
			input: 'Hello',
			voice: 'slt',
			response_format: 'pcm',
		});
		const {samples} = soundIn(Buffer.from(await wav.arrayBuffer()));
		expect((await pcm.arrayBuffer()).byteLength / 2).toBe(Math.ceil(samples.length * 1.5));
		expect(wav.headers.get('x-mofa-warnings')).toContain('alloy');
	});

	test('the official client is told which voices and formats there are', async () => {
		const unknown = client.audio.speech.create({model: 'voice', input: 'Hi', voice: 'nobody', response_format: 'wav'});
		await expect(unknown).rejects.toThrow(BadRequestError);
		await expect(unknown).rejects.toThrow('one of slt, rms, awb, kal16');
		const format = client.audio.speech.create({
			model: 'voice',
			input: 'Hi',
			voice: 'slt',
			response_format: 'midi' as 'wav',
		});
		await expect(format).rejects.toThrow('one of mp3, opus, aac, flac, wav, pcm, not midi');
		const usual = await client.audio.speech.create({model: 'voice', input: 'Hi', voice: 'slt'});
		expect(usual.headers.get('content-type')).toBe('audio/mpeg');
		expect(sniffAudio(new Uint8Array(await usual.arrayBuffer()))).toBe('mp3');
		const {voices} = (await (await fetch(`${daemon.url}/v1/audio/voices`)).json()) as {voices: Array<{id: string}>};
		expect(voices.map(({id}) => id).slice(0, 4)).toEqual(['slt', 'rms', 'awb', 'kal16']);
	});

	test('the task has its own path as well, as every task does', async () => {
		const response = await fetch(`${daemon.url}/v1/tasks/speech`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({model: 'voice', request: {text: 'One. Two.', voice: 'kal16'}}),
		});
		const types = (await response.text())
			.trim()
			.split('\n')
			.map(line => (JSON.parse(line) as {type: string}).type);
		expect(types.filter(type => !type.startsWith('load'))).toEqual([
			'audio-start',
			'sentence-start',
			'audio-delta',
			'sentence-start',
			'audio-delta',
			'speech-end',
		]);
	});
});

describe.skipIf(!guidePresent || !hasTerminals)('a person at a terminal', patience, () => {
	test('gets no noise on it, and is told what to do', async () => {
		await using home = new Home();
		const {code, stdout} = await home.mofa(['speak', 'Hello'], {tty: true});
		expect(code).toBe(2);
		expect(stdout).not.toContain('RIFF');
		expect(stdout).toContain('--play');
	});
});

function soundIn(bytes: Uint8Array): Audio {
	const audio = parseWav(bytes);
	if (audio === undefined) throw new Error('that is no WAV file');
	return audio;
}

function loudness({samples}: Audio): number {
	return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
