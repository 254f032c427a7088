import {chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {parseWav} from '../../../src/media/wav.ts';
import {fakeClient, fakeModel} from '../../helpers/fake-client.ts';
import {fakeStore} from '../../helpers/fake-store.ts';
import {fakeSpeech} from '../../helpers/fake-speech.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-speak-test-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const speaking = (broken?: Error): ReturnType<typeof fakeClient> =>
	fakeClient({
		models: [fakeModel({name: 'other', tasks: ['speech']})],
		answer: () => fakeSpeech(broken === undefined ? {} : {broken}),
	});
const requestOf = (client: ReturnType<typeof fakeClient>): unknown => client.asks[0]?.request;

test('a pipe gets a WAV whose length nobody can know yet, and nothing else', async () => {
	const {code, out, err, client} = await runCli(['speak', 'Hello', 'there'], {client: speaking()});
	const bytes = Buffer.from(out, 'latin1');
	expect({code, err}).toEqual({code: 0, err: ''});
	expect(bytes.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
	expect(parseWav(bytes)).toMatchObject({sampleRate: 8000, channels: 1, samples: {length: 16_000}});
	expect(client.asks[0]).toMatchObject({model: 'voice', task: 'speech', request: {text: 'Hello there'}});
});

test('a file says how long it is', async () => {
	const file = path.join(folder, 'a.wav');
	const {code, out} = await runCli(['speak', 'Hello', '-o', file], {client: speaking()});
	expect({code, out}).toEqual({code: 0, out: ''});
	expect(readFileSync(file).readUInt32LE(40)).toBe(32_000);
	expect(readFileSync(file)).toHaveLength(32_044);
});

test('what came before a failure stays, with a header that is right', async () => {
	const file = path.join(folder, 'b.wav');
	const broken = new MofaError('runner-failed', {model: 'voice', reason: 'killed', detail: ''});
	const {code, err} = await runCli(['speak', 'Hello', '-o', file], {client: speaking(broken)});
	expect(code).toBe(7);
	expect(err).toContain('was killed');
	expect(readFileSync(file).readUInt32LE(40)).toBe(16_000);
});

test('the options are part of the request, and the text may be piped in', async () => {
	const options = {client: speaking(), input: 'From a pipe.\n'};
	const {client} = await runCli(['speak', '-', '--voice', 'rms', '--speed', '1.5', '-m', 'other', '-o', '-'], options);
	expect(client.asks[0]?.model).toBe('other');
	expect(requestOf(client)).toEqual({text: 'From a pipe.\n', voice: 'rms', speed: 1.5});
});

test('language, steps and seed are part of the request, too', async () => {
	const words = ['speak', 'Hallo', '--language', 'de', '--steps', '8', '--seed', '3', '-o', '-'];
	const {client} = await runCli(words, {client: speaking()});
	expect(requestOf(client)).toEqual({text: 'Hallo', language: 'de', steps: 8, seed: 3});
});

test.each([
	[['speak'], /there is nothing to say/],
	[['speak', ' '], /there is nothing to say/],
	[['speak', 'Hi', '--speed', 'fast'], /--speed: expected a number from 0\.25 to 4, not "fast"/],
	[['speak', 'Hi', '--speed', '9'], /--speed: expected a number/],
	[['speak', 'Hi', '--steps', '0'], /--steps: expected a whole number from 1 to 1000, not "0"/],
	[['speak', 'Hi', '--seed', '-1'], /--seed: expected a whole number from 0 to 4294967295, not "-1"/],
	[['speak', 'Hi', '-o', 'x.wma'], /ends in \.wav, \.mp3, .*; mofa writes no \.wma/],
	[['speak', 'Hi', '--json'], /no room for the sound/],
	[['speak', 'Hi', '--json', '-o', '-'], /no room for the sound/],
])('%j is refused before anything is made', async (argv, message) => {
	const {code, out, err, connections} = await runCli(argv, {client: speaking()});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
	expect(connections).toEqual([]);
});

test('a terminal gets no sound unasked, and is told what to do', async () => {
	const {code, out, err} = await runCli(['speak', 'Hi'], {client: speaking(), isTerminal: true});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toContain('--play');
	expect(err).toContain('-o speech.wav');
	const asked = await runCli(['speak', 'Hi', '-o', '-'], {client: speaking(), isTerminal: true});
	expect(asked.out).toMatch(/^RIFF/);
});

test('a warning is told on stderr once', async () => {
	const client = fakeClient({answer: () => fakeSpeech({warnings: [{setting: 'language', message: 'only English'}]})});
	const {err} = await runCli(['speak', 'Hi'], {client});
	expect(err).toBe('warning: --language: only English\n');
});

test('a refusal names the option, and not the field of a request', async () => {
	const refusal = new MofaError('invalid-request', {path: 'voice', expected: 'one of slt, not zed'});
	const client = fakeClient({
		answer: () => {
			throw refusal;
		},
	});
	const {code, err} = await runCli(['speak', 'Hi', '--voice', 'zed'], {client});
	expect({code, err}).toEqual({code: 2, err: 'error: --voice: expected one of slt, not zed\n'});
});

test('a model that is known and not here is offered, and a script is told what to type', async () => {
	const {code, err, client} = await runCli(['speak', 'Hi', '-m', 'qwen3'], {client: speaking(), store: fakeStore()});
	expect({code, asks: client.asks}).toEqual({code: 3, asks: []});
	expect(err).toContain('→ mofa pull qwen3\n');
});

test('a model that does something else is told before anything is said', async () => {
	const {code, err} = await runCli(['speak', 'Hi', '-m', 'guide'], {client: fakeClient()});
	expect(code).toBe(2);
	expect(err).toContain('guide cannot do speech');
});

test('no program that plays: an error that names them', async () => {
	const {code, err, connections} = await runCli(['speak', 'Hi', '--play'], {client: speaking(), env: {PATH: folder}});
	expect(code).toBe(7);
	for (const name of ['aplay', 'pw-play', 'paplay', 'afplay', 'ffplay', 'sox']) expect(err).toContain(name);
	expect(connections).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
	'a program that plays a stream gets the samples, and a file beside it is written too',
	async () => {
		const {env, heard} = player('aplay', 'cat');
		const file = path.join(folder, 'c.wav');
		const {code, out, err} = await runCli(['speak', 'Hi', '--play', '-o', file], {client: speaking(), env});
		expect({code, out, err}).toEqual({code: 0, out: '', err: ''});
		expect(heard('words')).toBe('-q -t raw -f S16_LE -r 8000 -c 1 -\n');
		expect(Buffer.from(heard('sound'), 'latin1')).toEqual(readFileSync(file).subarray(44));
	},
);

test.skipIf(process.platform === 'win32')(
	'a program that plays files gets one, and it is gone afterwards',
	async () => {
		const {env, heard} = player('afplay', 'cat "$1"');
		const before = temporaries();
		const {code} = await runCli(['speak', 'Hi', '--play'], {client: speaking(), env});
		expect(code).toBe(0);
		expect(parseWav(Buffer.from(heard('sound'), 'latin1'))?.samples).toHaveLength(16_000);
		expect(temporaries()).toEqual(before);
	},
);

test.skipIf(process.platform === 'win32')('a program that fails to play says why', async () => {
	const {env} = player('aplay', 'echo "no such device" >&2; exit 1');
	const {code, err} = await runCli(['speak', 'Hi', '--play'], {client: speaking(), env});
	expect(code).toBe(1);
	expect(err).toContain('aplay could not play it: no such device');
});

test('the voices are listed with what is known of them', async () => {
	const {out} = await runCli(['voices']);
	expect(out.split('\n')[1]).toMatch(/^slt +en-US +voice +a woman$/);
});

/** A program of that name which writes what it is given into files. */
function player(
	name: string,
	sound: string,
): {env: Record<string, string>; heard: (what: 'words' | 'sound') => string} {
	const place = path.join(folder, name + String(readdirSync(folder).length));
	mkdirSync(place);
	const system = '/usr/bin:/bin';
	const script = `#!/bin/sh\nPATH=${system}\necho "$*" > '${place}/words'\n{ ${sound}; } > '${place}/sound'\n`;
	writeFileSync(path.join(place, name), script);
	chmodSync(path.join(place, name), 0o755);
	return {env: {PATH: place}, heard: what => readFileSync(path.join(place, what), 'latin1')};
}

const temporaries = (): readonly string[] => readdirSync(os.tmpdir()).filter(name => /^mofa-speak-(?!test)/.test(name));
