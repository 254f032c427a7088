import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {progressText} from '../../../src/cli/transcribe/transcribe.ts';
import {MofaError} from '../../../src/contract/error.ts';
import {toPcm16} from '../../../src/media/pcm.ts';
import {wavHeader} from '../../../src/media/wav-encoder.ts';
import type {TranscriptionRequest} from '../../../src/tasks/transcription.ts';
import {fakeClient, fakeModel} from '../../helpers/fake-client.ts';
import {gate} from '../../helpers/fake-services.ts';
import {fakeTranscription, type FakeHearing} from '../../helpers/fake-transcription.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-transcribe-test-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const hearing = (options: FakeHearing = {}): ReturnType<typeof fakeClient> =>
	fakeClient({
		models: [fakeModel({name: 'ears', tasks: ['transcription']}), fakeModel()],
		answer: ask => fakeTranscription(ask.request as unknown as TranscriptionRequest, options),
	});
const requestOf = (client: ReturnType<typeof fakeClient>): TranscriptionRequest =>
	client.asks[0]?.request as unknown as TranscriptionRequest;

function wav(seconds: number, sampleRate = 8000): Buffer {
	const pcm = toPcm16(new Float32Array(seconds * sampleRate).fill(0.25));
	return Buffer.concat([wavHeader({sampleRate, channels: 1}, pcm.length), pcm]);
}

function file(name: string, bytes: Uint8Array = wav(2)): string {
	const found = path.join(folder, name);
	writeFileSync(found, bytes);
	return found;
}

test('a file becomes running text, and nothing else is printed', async () => {
	const {code, out, err, client} = await runCli(['transcribe', file('a.wav')], {client: hearing()});
	expect({code, out, err}).toEqual({code: 0, out: 'Hello there. So long.\n', err: ''});
	expect(client.asks[0]).toMatchObject({model: 'ears', task: 'transcription'});
});

test('a toy that listens because nothing else is here says so', async () => {
	const client = fakeClient({
		models: [fakeModel({name: 'ears', tasks: ['transcription']})],
		because: 'the built-in ears, a toy of two parameters',
		answer: ask => fakeTranscription(ask.request as unknown as TranscriptionRequest, {}),
	});
	const {code, out, err} = await runCli(['transcribe', file('a.wav')], {client});
	expect({code, out}).toEqual({code: 0, out: 'Hello there. So long.\n'});
	expect(err).toBe('warning: the built-in ears, a toy of two parameters; a real one comes with mofa pull whisper\n');
});

test('a pause of two seconds begins a new line', async () => {
	const client = hearing({says: ['One.', '', '', 'Two.', 'Three.']});
	expect((await runCli(['transcribe', file('a.wav', wav(5))], {client})).out).toBe('One.\nTwo. Three.\n');
});

test('the options are part of the request', async () => {
	const argv = ['transcribe', file('a.wav'), '-l', 'de', '--translate', '--words', '--prompt', 'Käse', '-m', 'ears'];
	const {client} = await runCli(argv, {client: hearing()});
	expect(requestOf(client)).toMatchObject({language: 'de', translate: true, words: true, prompt: 'Käse'});
});

test.each([
	['srt', '1\n00:00:00,000 --> 00:00:01,000\nHello there.\n\n2\n00:00:01,000 --> 00:00:02,000\nSo long.\n\n'],
	['vtt', 'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello there.\n\n00:00:01.000 --> 00:00:02.000\nSo long.\n\n'],
	['tsv', 'start\tend\ttext\n0\t1000\tHello there.\n1000\t2000\tSo long.\n'],
])('--format %s', async (format, expected) => {
	const {out} = await runCli(['transcribe', file('a.wav'), '--format', format], {client: hearing()});
	expect(out).toBe(expected);
});

test('--words makes a cue of each word', async () => {
	const {out} = await runCli(['transcribe', file('a.wav', wav(1)), '-f', 'tsv', '--words'], {client: hearing()});
	expect(out).toBe('start\tend\ttext\n0\t500\tHello\n500\t1000\tthere.\n');
});

test('--words without a form that has times says which have', async () => {
	const plain = await runCli(['transcribe', file('a.wav'), '--words'], {client: hearing()});
	expect(plain).toMatchObject({code: 0, out: 'Hello there. So long.\n'});
	expect(plain.err).toContain('warning: --words: text shows no times; --format json, srt, vtt or tsv does\n');
	const timed = await runCli(['transcribe', file('a.wav'), '--words', '-f', 'srt'], {client: hearing()});
	expect(timed.err).not.toContain('--words');
});

test('--format json is one document, and --json the same', async () => {
	const a = file('a.wav');
	const {out} = await runCli(['transcribe', a, '--format', 'json', '--words'], {client: hearing()});
	expect(JSON.parse(out)).toMatchObject({
		file: a,
		model: 'ears',
		language: 'en',
		text: 'Hello there. So long.',
		audioSeconds: 2,
		segments: [
			{text: 'Hello there.', start: 0, end: 1, words: [{text: 'Hello'}, {text: 'there.'}]},
			{text: 'So long.'},
		],
	});
	const same = await runCli(['transcribe', a, '--json'], {client: hearing()});
	expect(JSON.parse(same.out)).toMatchObject({text: 'Hello there. So long.'});
});

test('several files are told apart, and one that is missing keeps none of them waiting', async () => {
	const files = [file('a.wav', wav(1)), path.join(folder, 'missing.wav'), file('b.wav', wav(1))];
	const {code, out, err} = await runCli(['transcribe', ...files], {client: hearing()});
	expect(code).toBe(3);
	expect(out).toBe(`==> ${files[0]} <==\nHello there.\n\n==> ${files[1]} <==\n\n==> ${files[2]} <==\nHello there.\n`);
	expect(err).toBe(`error: there is no file ${files[1]}\n`);
	const json = await runCli(['transcribe', ...files, '--json'], {client: hearing()});
	expect(JSON.parse(json.out)).toMatchObject([{file: files[0]}, {file: files[2]}]);
});

test('standard input is a WAV of unknown length, heard while it comes', async () => {
	const more = gate();
	const heard = gate();
	const [head, tail] = [wav(1).subarray(0, 44 + 8000), wav(1).subarray(44 + 8000)];
	head.writeUInt32LE(0xff_ff_ff_ff, 40);
	async function* input(): AsyncGenerator<Uint8Array> {
		yield head;
		await more.opened;
		yield tail;
	}
	const client = hearing({onPiece: () => heard.open()});
	const running = runCli(['transcribe', '-'], {client, input: input()});
	await heard.opened;
	more.open();
	expect(await running).toMatchObject({code: 0, out: 'Hello there.\n', err: ''});
});

test('bare samples are read as they are said to be', async () => {
	const pieces: Array<{sampleRate: number; channels: number}> = [];
	const client = hearing({onPiece: piece => pieces.push(piece)});
	const input = toPcm16(new Float32Array(48_000));
	const argv = ['transcribe', '--rate', '24000', '--channels', '2', '--encoding', 's16le'];
	expect(await runCli(argv, {client, input})).toMatchObject({code: 0, out: 'Hello there.\n'});
	expect(pieces[0]).toMatchObject({sampleRate: 24_000, channels: 1});
});

test.each([
	['nothing at all', Buffer.alloc(0), /standard input: expected sound, not 0 bytes/],
	[
		'a WAV header that is cut',
		wav(1).subarray(0, 20),
		/standard input: expected a WAV file with samples; the input ends after 20/,
	],
	['a WAV without sound', wav(0), /not a single sample/],
])('%s on standard input is refused with exit code 2', async (_what, bytes, message) => {
	async function* input(): AsyncGenerator<Uint8Array> {
		if (bytes.length > 0) yield bytes;
	}
	const {code, out, err} = await runCli(['transcribe', '-'], {client: hearing(), input: input()});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
});

test('sound that ends in the middle of a sample is written down, with a warning', async () => {
	const cut = file('cut.wav', wav(2).subarray(0, 44 + 16_001));
	const {code, out, err} = await runCli(['transcribe', cut], {client: hearing()});
	expect({code, out}).toEqual({code: 0, out: 'Hello there.\n'});
	expect(err).toMatch(/^warning: .*cut\.wav: it ends earlier than it says/);
});

test('silence is an empty text', async () => {
	const client = hearing({says: ['']});
	expect(await runCli(['transcribe', file('a.wav')], {client})).toMatchObject({code: 0, out: ''});
});

test('sound that only ffmpeg reads names it and says what to do', async () => {
	const song = file('song.m4a', Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0', 'latin1'));
	const {code, err} = await runCli(['transcribe', song], {client: hearing(), env: {PATH: folder}});
	expect(code).toBe(7);
	expect(err).toContain('song.m4a is m4a, which needs ffmpeg on the PATH');
	expect(err).toContain('→ install ffmpeg, or save the sound as wav');
});

test.skipIf(process.platform === 'win32')(
	'ffmpeg is used where there is one, and its words are told when it fails',
	async () => {
		const bin = path.join(folder, 'bin');
		mkdirSync(bin, {recursive: true});
		const song = file('song.m4a', Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0', 'latin1'));
		const ffmpeg = path.join(bin, 'ffmpeg');
		writeFileSync(ffmpeg, `#!/bin/sh\ncat "${file('inside.wav', wav(1))}"\n`);
		chmodSync(ffmpeg, 0o755);
		const env = {PATH: bin + path.delimiter + (process.env['PATH'] ?? '')};
		expect(await runCli(['transcribe', song], {client: hearing(), env})).toMatchObject({
			code: 0,
			out: 'Hello there.\n',
		});
		writeFileSync(ffmpeg, '#!/bin/sh\ncat > /dev/null\necho "moov atom not found" >&2; exit 1\n');
		const {code, err} = await runCli(['transcribe', song], {client: hearing(), env});
		expect(code).toBe(2);
		expect(err).toContain('(ffmpeg: moov atom not found)');
	},
);

test.each([
	[['transcribe'], /nothing to transcribe/],
	[['transcribe', 'a.wav', '--format', 'doc'], /--format: expected one of text, json, srt, vtt, tsv, not "doc"/],
	[['transcribe', 'a.wav', '--json', '--format', 'srt'], /--format: expected json beside --json/],
	[['transcribe', 'a.wav', 'b.wav', '--format', 'srt'], /several files do not fit into one srt/],
	[['transcribe', '-', '-'], /standard input can be read once/],
	[['transcribe', '-', '--channels', '2'], /--channels: expected --rate beside it/],
	[['transcribe', '-', '--rate', 'fast'], /--rate: expected a whole number/],
	[['transcribe', '-', '--rate', '16000', '--encoding', 'mp3'], /--encoding: expected one of u8/],
])('%j is refused before anything is loaded', async (argv, message) => {
	const {code, out, err, connections} = await runCli(argv, {client: hearing(), input: null});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
	expect(connections).toEqual([]);
});

test('a single file that is missing or a folder is refused before anything is loaded', async () => {
	const missing = await runCli(['transcribe', path.join(folder, 'none.wav')], {client: hearing()});
	expect(missing).toMatchObject({code: 3, connections: []});
	const aFolder = await runCli(['transcribe', folder], {client: hearing()});
	expect(aFolder).toMatchObject({code: 2, connections: []});
	expect(aFolder.err).toContain('expected a file, not a folder');
});

test('a backend that is missing is offered before any sound is read', async () => {
	const base = hearing();
	let installed = false;
	const client: typeof base = {
		...base,
		async *load({model}) {
			const pack = {name: 'onnx-cpu', bytes: 125e6};
			if (!installed) throw new MofaError('backend-unavailable', {backend: 'onnx', reason: 'missing', hint: '', pack});
			yield {type: 'load-end', model, waitedMs: 1};
		},
		async *installPack(name, signal) {
			installed = true;
			yield* base.installPack(name, signal);
		},
	};
	const refused = await runCli(['transcribe', '-'], {client, input: wav(1)});
	expect(refused).toMatchObject({code: 7, out: ''});
	expect(refused.err).toContain('mofa backend install onnx-cpu');
	const agreed = await runCli(['transcribe', '-', '--yes'], {client, input: wav(1)});
	expect(agreed).toMatchObject({code: 0, out: 'Hello there.\n'});
});

test('a model that nobody knows is refused by its name', async () => {
	const {code, err} = await runCli(['transcribe', file('a.wav'), '-m', 'nobody-knows'], {client: hearing()});
	expect(code).toBe(3);
	expect(err).toContain('nobody-knows');
});

test('a model that does something else is refused by name', async () => {
	const {code, err} = await runCli(['transcribe', file('a.wav'), '-m', 'guide'], {client: hearing()});
	expect(code).toBe(2);
	expect(err).toContain('guide cannot do transcription');
});

test('what was written before a failure stays, on a line of its own', async () => {
	const error = new MofaError('runner-failed', {model: 'ears', reason: 'killed', detail: ''});
	const client = hearing({broken: {after: 1, error}});
	const {code, out, err} = await runCli(['transcribe', file('a.wav')], {client});
	expect({code, out}).toEqual({code: 7, out: 'Hello there.\n'});
	expect(err).toContain('was killed');
});

test('Ctrl-C keeps what was written and leaves with 130', async () => {
	const abort = new AbortController();
	async function* input(): AsyncGenerator<Uint8Array> {
		yield wav(1);
		await new Promise(() => undefined);
	}
	const client = fakeClient({
		models: [fakeModel({name: 'ears', tasks: ['transcription']})],
		async *answer(ask) {
			for await (const event of fakeTranscription(ask.request as unknown as TranscriptionRequest)) {
				yield event;
				if (event.type === 'segment-final') abort.abort();
			}
			throw new MofaError('cancelled', {});
		},
	});
	const {code, out, err} = await runCli(['transcribe', '-'], {client, input: input(), signal: abort.signal});
	expect({code, out, err}).toEqual({code: 130, out: 'Hello there.\n', err: ''});
});

test('a reader who leaves ends it in silence', async () => {
	const {code, err} = await runCli(['transcribe', file('a.wav')], {client: hearing(), stdoutLimit: 5});
	expect({code, err}).toEqual({code: 141, err: ''});
});

test('--live on a terminal shows what is not certain yet, and replaces it', async () => {
	const {out} = await runCli(['transcribe', file('a.wav', wav(1)), '--live'], {
		client: hearing(),
		isTerminal: {stdout: true, stderr: false},
	});
	expect(out).toBe('Hello\r\u001B[KHello there.\n');
});

test('--live in a pipe writes what is certain, line by line', async () => {
	const {out} = await runCli(['transcribe', file('a.wav'), '--live'], {client: hearing()});
	expect(out).toBe('Hello there.\nSo long.\n');
});

test('--live --format json is a line for each event', async () => {
	const {out} = await runCli(['transcribe', file('a.wav', wav(1)), '--live', '--json'], {client: hearing()});
	const lines = out
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as {type: string; text?: string});
	expect(lines.map(({type}) => type)).toEqual(['segment-draft', 'segment-final', 'transcription-end']);
	expect(lines.at(-1)).toMatchObject({text: 'Hello there.'});
});

test('a warning of the model is told once', async () => {
	const client = hearing({warnings: [{setting: 'prompt', message: 'not used'}]});
	expect((await runCli(['transcribe', file('a.wav')], {client})).err).toBe('warning: --prompt: not used\n');
});

test('escape sequences that a model writes do not reach the terminal', async () => {
	const client = hearing({says: ['\u001B]0;gone\u0007']});
	const {out} = await runCli(['transcribe', file('a.wav', wav(1))], {
		client,
		isTerminal: {stdout: true, stderr: false},
	});
	expect(out).not.toContain('\u001B');
});

test.each([
	['talk.mp3', 75, 3662.4, 'talk.mp3: 1:15 of about 1:01:02 (2 %)'],
	['talk.mp3', 3600, null, 'talk.mp3: 1:00:00'],
	['talk.mp3', 9, 8, 'talk.mp3: 0:09'],
])('%s after %s of %s seconds: %s', (name, seconds, estimate, expected) => {
	expect(progressText(name, seconds, estimate)).toBe(expected);
});

function recorder(script: string): {readonly env: Readonly<Record<string, string>>} {
	const bin = mkdtempSync(path.join(folder, 'recorder-'));
	writeFileSync(path.join(bin, 'arecord'), `#!/bin/sh\n${script}\n`);
	chmodSync(path.join(bin, 'arecord'), 0o755);
	return {env: {PATH: bin + path.delimiter + '/usr/bin' + path.delimiter + '/bin'}};
}

test('nothing that records: an error that names what would', async () => {
	const {code, err, connections} = await runCli(['listen'], {client: hearing(), env: {PATH: folder}});
	expect({code, connections}).toEqual({code: 7, connections: []});
	for (const name of ['arecord', 'sox', 'ffmpeg', 'pw-record', 'parec']) expect(err).toContain(name);
});

test.skipIf(process.platform === 'win32')('the microphone is heard until Ctrl-C, which is a good end', async () => {
	const stop = new AbortController();
	const {env} = recorder(`head -c 64000 /dev/zero; exec sleep 600`);
	let seconds = 0;
	const client = hearing({
		onPiece(piece) {
			expect(piece).toMatchObject({sampleRate: 16_000, channels: 1});
			seconds += piece.samples.length / 16_000;
			if (seconds >= 2) stop.abort();
		},
	});
	const {code, out, err} = await runCli(['listen'], {client, env, signal: stop.signal});
	expect({code, out, err}).toEqual({code: 0, out: 'Hello there.\nSo long.\n', err: ''});
});

test.skipIf(process.platform === 'win32')('a recorder that fails says why', async () => {
	const {env} = recorder('echo "audio open error: No such device" >&2; exit 1');
	const {code, err} = await runCli(['listen'], {client: hearing(), env});
	expect(code).toBe(1);
	expect(err).toContain('arecord could not record: audio open error: No such device');
});
