import {mkdtempSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {encodePng} from '../../../../src/media/picture/png.ts';
import {fakeClient, fakeModel, usage, type FakeClientOptions} from '../../../helpers/fake-client.ts';
import {runCli} from '../../../helpers/run-cli.ts';

type Answer = NonNullable<FakeClientOptions['answer']>;

/** Yields the events, then the closing one. */
const answering = (...events: readonly object[]): Answer =>
	async function* (ask) {
		yield* events;
		yield {type: ask.task === 'chat' ? 'chat-end' : 'completion-end', reason: 'stop', usage};
	};
const text = (text: string): object => ({type: 'text-delta', text});

test('the answer alone is on stdout, with one newline after it', async () => {
	const {code, out, err, client} = await runCli(['run', 'guide', 'Hi']);
	expect(code).toBe(0);
	expect(out).toBe('Hello there.\n');
	expect(err).toBe('');
	expect(client.asks[0]).toMatchObject({
		model: 'guide',
		task: 'chat',
		request: {messages: [{role: 'user', content: 'Hi'}]},
	});
});

test('an answer that ends with a newline gets no second one', async () => {
	const client = fakeClient({answer: answering(text('one\n'))});
	expect((await runCli(['run', 'guide', 'Hi'], {client})).out).toBe('one\n');
});

test('one argument with white space asks the default model and says which on stderr', async () => {
	const {code, err, client} = await runCli(['run', 'How are you?']);
	expect(code).toBe(0);
	expect(err).toBe('using the built-in guide, a toy\n');
	expect(client.asks[0]?.request).toMatchObject({messages: [{role: 'user', content: 'How are you?'}]});
});

test('what is piped in goes before the question', async () => {
	const {client} = await runCli(['run', 'guide', 'Summarise'], {input: 'notes\n'});
	expect(client.asks[0]?.request).toMatchObject({messages: [{content: 'notes\n\nSummarise'}]});
});

test('what is piped in can be the whole question', async () => {
	const {client} = await runCli(['run', 'guide'], {input: 'notes\n'});
	expect(client.asks[0]?.request).toMatchObject({messages: [{content: 'notes\n'}]});
});

test('a picture among the words, or piped in, goes before the question', async () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-run-'));
	const bytes = Uint8Array.from(encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}));
	writeFileSync(path.join(folder, 'a.png'), bytes);
	const image = {type: 'image', image: {bytes, mediaType: 'image/png'}};
	const seeing = fakeClient({models: [fakeModel({name: 'eyes', accepts: ['image']})]});
	await runCli(['run', 'eyes', 'What is this?', path.join(folder, 'a.png')], {client: seeing});
	await runCli(['run', 'eyes', 'And this?'], {client: seeing, input: bytes});
	expect(seeing.asks.map(({request}) => request)).toMatchObject([
		{messages: [{content: [image, {type: 'text', text: 'What is this?'}]}]},
		{messages: [{content: [image, {type: 'text', text: 'And this?'}]}]},
	]);
});

test('a model that sees nothing is not asked about a picture', async () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-run-'));
	writeFileSync(path.join(folder, 'a.png'), encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}));
	const {code, err, client} = await runCli(['run', 'guide', 'What is this?', path.join(folder, 'a.png')]);
	expect(code).toBe(2);
	expect(err).toContain('guide takes no pictures');
	expect(client.asks).toEqual([]);
});

test('a picture that is not there ends with 3 before anything is loaded', async () => {
	const {code, err, connections} = await runCli(['run', 'eyes', 'What is this?', 'nowhere.png']);
	expect(code).toBe(3);
	expect(err).toContain('nowhere.png');
	expect(connections).toEqual([]);
});

test('what is wrong with a picture is said of its file, or of what was piped in', async () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-run-'));
	const bytes = encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3});
	const file = path.join(folder, 'a.png');
	writeFileSync(file, bytes);
	const seeing = (answer: Answer) => fakeClient({models: [fakeModel({name: 'eyes', accepts: ['image']})], answer});
	const refuses = seeing(async function* () {
		yield {type: 'warning', warning: {setting: 'messages.1.content.1.image', message: 'half of it'}};
		throw new MofaError('invalid-request', {path: 'messages.1.content.1.image', expected: 'a whole picture'});
	});
	const {err} = await runCli(['run', 'eyes', 'What?', file, '-s', 'Be brief'], {client: refuses, input: bytes});
	expect(err).toBe(`warning: ${file}: half of it\nerror: ${file}: expected a whole picture\n`);
	const piped = seeing(async function* () {
		yield* [];
		throw new MofaError('invalid-request', {path: 'messages.0.content.0.image', expected: 'a whole picture'});
	});
	const other = await runCli(['run', 'eyes', 'What?'], {client: piped, input: bytes});
	expect(other.err).toBe('error: standard input: expected a whole picture\n');
});

test('nothing to ask ends with 2 before anything is loaded', async () => {
	const {code, err, connections} = await runCli(['run', 'guide'], {input: ''});
	expect(code).toBe(2);
	expect(err).toContain('nothing to ask');
	expect(connections).toEqual([]);
});

test('options reach the request', async () => {
	const {client} = await runCli(
		[
			'run',
			'guide',
			'Hi',
			'-s',
			'Be brief',
			'-o',
			'temperature=0',
			'-o',
			'stop=x',
			'--seed',
			'7',
			'-k',
			'1h30m',
			'--think',
			'--format',
			'json',
		].concat(['-o', 'num_ctx=4096']),
	);
	expect(client.asks[0]).toMatchObject({
		keepAlive: 5_400_000,
		settings: {contextLength: 4096},
		request: {
			messages: [{role: 'system', content: 'Be brief'}, {role: 'user'}],
			sampling: {temperature: 0, seed: 7},
			stop: ['x'],
			think: true,
			format: {type: 'json'},
		},
	});
});

test('a question after --think stays a question', async () => {
	const {client} = await runCli(['run', '--think', 'Why is the sky blue?']);
	expect(client.asks[0]?.request).toMatchObject({think: true, messages: [{content: 'Why is the sky blue?'}]});
});

test('--no-think turns thinking off, and silence leaves it to the model', async () => {
	expect((await runCli(['run', 'guide', 'Hi', '--no-think'])).client.asks[0]?.request).toMatchObject({think: false});
	expect((await runCli(['run', 'guide', 'Hi'])).client.asks[0]?.request).not.toHaveProperty('think');
});

test('--keep-alive forever is Infinity', async () => {
	expect((await runCli(['run', 'guide', 'Hi', '-k', 'forever'])).client.asks[0]?.keepAlive).toBe(Infinity);
});

test.each([
	['--keep-alive', ['-k', 'soon']],
	['--think', ['--think=hard']],
	['--option', ['-o', 'temperature']],
	['--format', ['-f', './no-such-schema.json']],
])('a wrong %s ends with 2 before anything is loaded', async (option, argv) => {
	const {code, err, connections} = await runCli(['run', 'guide', 'Hi', ...argv]);
	expect(code).toBe(2);
	expect(err).toContain(option);
	expect(connections).toEqual([]);
});

test('--format reads a JSON schema from a file', async () => {
	const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'mofa-')), 'schema.json');
	writeFileSync(file, '{"type": "object"}');
	const {client} = await runCli(['run', 'guide', 'Hi', '-f', file]);
	expect(client.asks[0]?.request).toMatchObject({format: {type: 'json-schema', schema: {type: 'object'}}});
	writeFileSync(file, '{"type": ');
	const broken = await runCli(['run', 'guide', 'Hi', '-f', file]);
	expect(broken.code).toBe(2);
	expect(broken.err).toContain(file);
});

test('--no-daemon loads in this process', async () => {
	expect((await runCli(['run', '--no-daemon', 'guide', 'Hi'])).connections).toEqual(['in-process']);
	expect((await runCli(['run', 'guide', 'Hi'])).connections).toEqual(['start']);
});

test('a relative path becomes absolute, because the daemon stands elsewhere', async () => {
	const file = path.resolve('no-such-folder/x.gguf');
	const client = fakeClient({models: [fakeModel({name: file})]});
	const {code} = await runCli(['run', './no-such-folder/x.gguf', 'Hi'], {client});
	expect(code).toBe(0);
	expect(client.asks[0]?.model).toBe(file);
});

test('a model without a chat template continues the text and says what that leaves unused', async () => {
	const client = fakeClient({models: [fakeModel({name: 'base', tasks: ['completion'], template: null})]});
	const {err} = await runCli(['run', 'base', 'Once', '--system', 'x'], {client});
	expect(client.asks[0]).toMatchObject({task: 'completion', request: {prompt: 'Once'}});
	expect(err).toBe('base has no chat template, so it continues the text; --system cannot be used\n');
});

test('a model that writes no text at all ends with 2 and says what it does', async () => {
	const client = fakeClient({models: [fakeModel({name: 'bert', tasks: ['embedding']})]});
	const {code, err} = await runCli(['run', 'bert', 'Hi'], {client});
	expect(code).toBe(2);
	expect(err).toContain('bert cannot do chat, only embedding');
});

const thinks = answering({type: 'thinking-delta', text: 'hmm'}, text('Yes.'));

test('thinking never reaches a piped stdout', async () => {
	const piped = await runCli(['run', 'guide', 'Hi'], {client: fakeClient({answer: thinks})});
	expect(piped.out).toBe('Yes.\n');
	expect(piped.err).toBe('');
	const watched = await runCli(['run', 'guide', 'Hi'], {
		client: fakeClient({answer: thinks}),
		isTerminal: {stdout: false, stderr: true},
	});
	expect(watched.out).toBe('Yes.\n');
	expect(watched.err).toContain('hmm');
});

test('thinking is set apart on a terminal, and can be hidden', async () => {
	const shown = await runCli(['run', 'guide', 'Hi'], {
		client: fakeClient({answer: thinks}),
		isTerminal: true,
		input: null,
	});
	expect(shown.out).toBe('Thinking…\nhmm\n…done thinking.\n\nYes.\n');
	const hidden = await runCli(['run', 'guide', 'Hi', '--hide-thinking'], {
		client: fakeClient({answer: thinks}),
		isTerminal: true,
		input: null,
	});
	expect(hidden.out).toBe('Yes.\n');
});

test('a model cannot steer the terminal, and its bytes stay as they are in a pipe', async () => {
	const answer = answering(text('a\u001B]0;owned\u0007b'));
	const shown = await runCli(['run', 'guide', 'Hi'], {client: fakeClient({answer}), isTerminal: true, input: null});
	expect(shown.out).not.toContain('\u001B');
	expect(shown.out).not.toContain('\u0007');
	expect((await runCli(['run', 'guide', 'Hi'], {client: fakeClient({answer})})).out).toBe('a\u001B]0;owned\u0007b\n');
});

test('an option that no model has is told with the one that it is near to', async () => {
	const warning = (setting: string) => ({type: 'warning', warning: {setting, message: 'is not known'}}) as const;
	const client = fakeClient({answer: answering(warning('temprature'), warning('mirostat'), text('a'))});
	const {err} = await runCli(['run', 'guide', 'Hi', '-o', 'temprature=1', '-o', 'mirostat=2'], {client});
	expect(err).toContain(
		'warning: temprature: is not known; did you mean temperature?\nwarning: mirostat: is not known\n',
	);
});

test('each warning is said once, on stderr', async () => {
	const warning = {type: 'warning', warning: {setting: 'mirostat', message: 'is not known'}};
	const {out, err} = await runCli(['run', 'guide', 'Hi'], {
		client: fakeClient({answer: answering(warning, warning, text('a'))}),
	});
	expect(out).toBe('a\n');
	expect(err).toBe('warning: mirostat: is not known\n');
});

test('--verbose puts the figures on stderr', async () => {
	const {out, err} = await runCli(['run', 'guide', 'Hi', '--verbose']);
	expect(out).toBe('Hello there.\n');
	expect(err).toContain('load duration:        100ms\n');
	expect(err).toContain('prompt cached count:  6 token(s)\n');
});

test('Ctrl-C keeps what was written, ends its line, and exits with 130 in silence', async () => {
	const controller = new AbortController();
	const client = fakeClient({
		async *answer() {
			yield text('half an ans');
			controller.abort();
			throw new MofaError('cancelled', {});
		},
	});
	const {code, out, err} = await runCli(['run', 'guide', 'Hi'], {client, signal: controller.signal});
	expect({code, out, err}).toEqual({code: 130, out: 'half an ans\n', err: ''});
});

test('a failure in the middle keeps the text and is told on stderr', async () => {
	const client = fakeClient({
		async *answer() {
			yield text('half');
			throw new MofaError('runner-failed', {model: 'guide', reason: 'killed', detail: ''});
		},
	});
	const {code, out, err} = await runCli(['run', 'guide', 'Hi'], {client});
	expect(code).toBe(7);
	expect(out).toBe('half\n');
	expect(err).toMatch(/^error: the process was killed that ran guide\n→ /);
});

test('a reader that goes away (| head) ends the run in silence', async () => {
	const {code, err} = await runCli(['run', 'guide', 'Hi'], {stdoutLimit: 6});
	expect({code, err}).toEqual({code: 141, err: ''});
});

test('a question without quotes is recognised', async () => {
	const {code, err} = await runCli(['run', 'How', 'do', 'I', 'list', 'models?']);
	expect(code).toBe(3);
	expect(err).toContain('mofa run "How do I list models?"');
});

const needsPack: Answer = async function* (_, earlier) {
	if (earlier > 0) yield text('Hello.');
	else
		throw new MofaError('backend-unavailable', {
			backend: 'llama',
			reason: 'not-installed',
			hint: '',
			pack: {name: 'llama-cpu', bytes: 45_000_000},
		});
};

test('a missing backend pack is offered with its size, installed, and the run goes on', async () => {
	const client = fakeClient({answer: needsPack});
	const {code, out, terminal} = await runCli(['run', 'guide', 'Hi'], {
		client,
		isTerminal: true,
		input: null,
		typed: ['y'],
	});
	expect(code).toBe(0);
	expect(out).toBe('Hello.\n');
	expect(terminal.questions).toEqual(['llama is needed to run this: install llama-cpu (45 MB)? [Y/n] ']);
	expect(client.calls).toContain('installPack llama-cpu');
});

test('--yes installs a missing pack without a question', async () => {
	const client = fakeClient({answer: needsPack});
	const {code, terminal} = await runCli(['run', 'guide', 'Hi', '--yes'], {client});
	expect(code).toBe(0);
	expect(terminal.questions).toEqual([]);
});

test.each([
	['declined', {isTerminal: true, input: null, typed: ['n']}],
	['nobody to ask', {}],
])('a missing pack, %s, ends with 7 and names the command', async (_, options) => {
	const client = fakeClient({answer: needsPack});
	const {code, err} = await runCli(['run', 'guide', 'Hi'], {client, ...options});
	expect(code).toBe(7);
	expect(err).toContain('mofa backend install llama-cpu');
	expect(client.calls).not.toContain('installPack llama-cpu');
});

test('what is wrong with a model is said before a chat with it opens', async () => {
	const {code, err, client} = await runCli(['run', 'nothing'], {isTerminal: true, input: null});
	expect(code).toBe(3);
	expect(err).toContain('no model called "nothing"');
	expect(client.asks).toEqual([]);
});

test('a chat loads its model first', async () => {
	const {client} = await runCli(['run', 'guide', '-k', '0'], {isTerminal: true, input: null});
	expect(client.calls[0]).toBe('load guide');
});
