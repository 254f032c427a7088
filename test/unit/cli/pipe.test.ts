import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, expect, onTestFinished, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {PipelineSpec} from '../../../src/contract/pipeline.ts';
import {decodePng} from '../../../src/media/picture/png.ts';
import {wavHeader} from '../../../src/media/wav-encoder.ts';
import {parseWav} from '../../../src/media/wav.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import type {ImageRequest} from '../../../src/tasks/image.ts';
import {fakeClient, usage, type FakeClient} from '../../helpers/fake-client.ts';
import {fakeImage} from '../../helpers/fake-image.ts';
import {echoes, fakeHost, speaks, type FakeModel} from '../../helpers/fake-pipeline.ts';
import {runCli} from '../../helpers/run-cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-pipe-test-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));
const file = (name: string): string => path.join(folder, name);

/** Says how many samples it heard, at which rate. */
const counts: FakeModel = {
	task: 'transcription',
	async *act({audio}: {readonly audio: AsyncIterable<{readonly samples: Float32Array; readonly sampleRate: number}>}) {
		let samples = 0;
		let rate = 0;
		for await (const piece of audio) {
			samples += piece.samples.length;
			rate = piece.sampleRate;
		}
		yield {type: 'segment-final', segment: {text: `${samples} at ${rate}`, start: 0, end: 1}};
		yield {type: 'transcription-end', usage: {audioSeconds: 1, computeMs: 1}};
	},
};

/** A client whose pipelines run, on fake models. */
function client(models: Readonly<Record<string, FakeModel>> = {asr: counts, llm: echoes, tts: speaks}): FakeClient & {
	readonly specs: PipelineSpec[];
} {
	const pipelines = createPipelines(fakeHost(models));
	const specs: PipelineSpec[] = [];
	return {
		...fakeClient({pipe: ask => pipelines.run(ask)}),
		specs,
		async planPipeline(pipeline) {
			specs.push(pipeline);
			return pipelines.plan(pipeline);
		},
	};
}

const wav = (samples: number, rate = 8000): Buffer =>
	Buffer.concat([wavHeader({sampleRate: rate, channels: 1}, samples * 2), Buffer.alloc(samples * 2)]);

test('text in, sound out: a WAV whose length nobody can know yet', async () => {
	const {code, out, err} = await runCli(['pipe', 'llm', 'tts'], {client: client(), input: 'Hello you.\n'});
	expect({code, err}).toEqual({code: 0, err: ''});
	const bytes = Buffer.from(out, 'latin1');
	expect(bytes.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
	expect(parseWav(bytes)).toMatchObject({sampleRate: 8000, channels: 1});
});

test('sound in, text out: with an end of line, and the rate of the file', async () => {
	const {out, err} = await runCli(['pipe', 'asr'], {client: client(), input: wav(4000, 44_100)});
	expect({out, err}).toEqual({out: '4000 at 44100\n', err: ''});
});

test('bare samples are what the options say', async () => {
	const argv = ['pipe', 'asr', '--rate', '16000', '--channels', '2', '--encoding', 'f32le'];
	const {out} = await runCli(argv, {client: client(), input: Buffer.alloc(8 * 100)});
	expect(out).toBe('100 at 16000\n');
});

test('what comes in is told by its first bytes, and refused where the first stage takes something else', async () => {
	const {code, err} = await runCli(['pipe', 'llm'], {client: client(), input: Buffer.from('not a WAV')});
	expect({code, err}).toEqual({code: 0, err: ''});
	const refused = await runCli(['pipe', 'asr'], {client: client(), input: 'not a WAV at all, but a text'});
	expect(refused.code).not.toBe(0);
	expect(refused.out).toBe('');
});

test('an option text stands for the input, or comes after a file', async () => {
	const {out} = await runCli(['pipe', 'llm', '-t', 'One two'], {client: client(), input: 'not read'});
	expect(out).toBe('One! two! \n');
	writeFileSync(file('note.txt'), 'From a file. ');
	const both = await runCli(['pipe', 'llm', '-i', file('note.txt'), '-t', 'Then'], {client: client()});
	expect(both.out).toBe('From! a! file.! Then! \n');
});

test('in a loop each line is a turn', async () => {
	const {out} = await runCli(['pipe', 'llm', '--loop'], {client: client(), input: 'one\ntwo\n'});
	expect(out).toBe('one! \ntwo! \n');
});

test('a tee goes to standard error, or to a file of its own', async () => {
	const argv = ['pipe', 'llm', 'tee', 'tts', '-o', file('a.wav')];
	const {out, err} = await runCli(argv, {client: client(), input: 'Hello'});
	expect({out, err}).toEqual({out: '', err: 'Hello! \n'});
	expect(readFileSync(file('a.wav')).readUInt32LE(40)).toBe(16);
	await runCli(['pipe', 'llm', `tee?file=${file('said.txt')}`, 'tts', '-o', file('b.wav')], {
		client: client(),
		input: 'Hello',
	});
	expect(readFileSync(file('said.txt'), 'utf8')).toBe('Hello! \n');
});

test('packets of one mofa are what another takes', async () => {
	const first = await runCli(['pipe', 'llm', '--frames'], {client: client(), input: 'Hello you'});
	const {code, err, out} = await runCli(['pipe', 'tts'], {client: client(), input: Buffer.from(first.out, 'latin1')});
	expect({code, err}).toEqual({code: 0, err: ''});
	expect(parseWav(Buffer.from(out, 'latin1'))?.samples.length).toBeGreaterThan(0);
	const kept = await runCli(['pipe', 'llm', '--frames', '-o', file('packets')], {client: client(), input: 'Hello you'});
	expect({code: kept.code, out: kept.out}).toEqual({code: 0, out: ''});
	expect(readFileSync(file('packets'), 'latin1')).toBe(first.out);
	const nowhere = await runCli(['pipe', 'llm', '--frames', '-o', file('no/such')], {client: client(), input: 'Hello'});
	expect(nowhere).toMatchObject({code: 1, out: ''});
	const cut = Buffer.from(first.out.slice(0, -20), 'latin1');
	const broken = await runCli(['pipe', 'tts'], {client: client(), input: cut});
	expect(broken.code).toBe(2);
	expect(broken.err).toContain('whole packets');
});

test.each([
	['pipeline.json', JSON.stringify({stages: ['llm', {stage: 'tts'}]})],
	['pipeline.yaml', 'stages:\n  - llm\n  - stage: tts\n'],
	['list.yml', '- llm\n- tts\n'],
])('%s is a pipeline', async (name, content) => {
	writeFileSync(file(name), content);
	const {code, out} = await runCli(['pipe', '-f', file(name), '--plan'], {client: client()});
	expect(code).toBe(0);
	expect(out).toMatch(/llm +text → text +llm/);
	expect(out).toMatch(/tts +text → audio +tts/);
});

test.each([
	['number.yaml', 'stages: 3\n'],
	['numbers.yaml', 'stages: [3]\n'],
	['nothing.json', '{}'],
	['empty.yaml', '[]\n'],
	['null.yaml', 'stages: [null]\n'],
])('%s is none, and whoever wrote it is told so', async (name, content) => {
	writeFileSync(file(name), content);
	const {code, out, err} = await runCli(['pipe', '-f', file(name)], {client: client(), input: 'Hello'});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).not.toContain('inside mofa');
});

test('sound that only ffmpeg reads says what to do', async () => {
	const song = Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0', 'latin1');
	const {code, err} = await runCli(['pipe', 'asr'], {client: client(), input: song, env: {PATH: folder}});
	expect(code).toBe(7);
	expect(err).toContain('standard input is m4a, which needs ffmpeg on the PATH');
	expect(err).toContain('→ install ffmpeg, or save the sound as wav');
});

test('a model that is named by a path is found from here, or from where the file lies', async () => {
	const here = client({[path.resolve('m.gguf')]: echoes, [file('m.gguf')]: echoes});
	await runCli(['pipe', 'llm:./m.gguf?system=Be brief', '--plan'], {client: here});
	expect(here.specs[0]?.stages).toEqual([`llm:${path.resolve('m.gguf')}?system=Be brief`]);
	writeFileSync(file('near.yaml'), '- {stage: llm, model: ./m.gguf}\n');
	await runCli(['pipe', '-f', file('near.yaml'), '--plan'], {client: here});
	expect(here.specs[1]?.stages).toEqual([{stage: 'llm', model: file('m.gguf')}]);
});

test.each([
	[['pipe'], {}, /there are no stages/],
	[['pipe', 'llm', '-f', 'x.json'], {}, /not from both/],
	[['pipe', 'llm', '--channels', '2'], {}, /--channels: expected --rate beside it/],
	[['pipe', 'llm', '--rate', 'fast'], {}, /--rate: expected a whole number/],
	[['pipe', 'llm', 'tts'], {isTerminal: {stdout: true, stderr: true}}, /nothing for a terminal/],
	[['pipe', 'llm', '--frames'], {isTerminal: {stdout: true, stderr: true}}, /packets are nothing for a terminal/],
	[['pipe', 'llm'], {input: null}, /nothing comes in: llm wants text/],
	[['pipe', 'llm', '--play'], {}, /text cannot be played/],
	[
		['pipe', 'tts', '-o', 'a.ogg', '-t', 'Hi'],
		{},
		/a\.ogg: expected a name that ends in \.wav, .*; mofa writes no \.ogg/,
	],
	[['pipe', 'llm', '--play', '--frames'], {}, /--frames: expected no --play/],
	[['pipe', 'llm', '--json'], {}, /--json: expected --plan beside it/],
	[['pipe', 'llm', '--force'], {}, /--force: expected --save beside it/],
	[['pipe', 'llm', '--save', 'x', '--plan'], {}, /--plan: expected no --save beside it/],
	[['pipe', 'tts', 'tee', 'asr'], {}, /what tee gives is no text/],
	[['pipe', 'asr', 'tts', 'llm'], {}, /tts → llm/],
] as const)('%j is refused', async (argv, options, message) => {
	const {code, out, err} = await runCli([...argv], {client: client(), ...options});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(message);
});

test('statistics name the stages and the bottleneck', async () => {
	const {err} = await runCli(['pipe', 'llm', 'tts', '--stats', '-o', file('c.wav')], {
		client: client(),
		input: 'Hello',
	});
	expect(err).toMatch(/STAGE +MODEL +WAITED +LOADED +FIRST OUT +TOTAL +WORKED +SPEED +COPIED/);
	expect(err).toMatch(/llm +llm/);
	expect(err).toMatch(/in all; the bottleneck is (llm|tts)/);
});

test('a failure has the exit code of its reason, names the stage, and keeps what came before', async () => {
	const death = new MofaError('runner-failed', {model: 'tts', reason: 'killed', detail: ''});
	const breaks: FakeModel = {
		task: 'speech',
		async *act() {
			yield {type: 'audio-start', sampleRate: 8000, channels: 1};
			yield {type: 'audio-delta', samples: new Float32Array(800).fill(0.5)};
			throw death;
		},
	};
	const argv = ['pipe', 'llm', 'tts', '-o', file('d.wav')];
	const {code, err} = await runCli(argv, {client: client({llm: echoes, tts: breaks}), input: 'Hello'});
	expect(code).toBe(7);
	expect(err).toContain('the stage tts (tts): the process was killed');
	expect(readFileSync(file('d.wav')).readUInt32LE(40)).toBe(1600);
});

test('Ctrl-C and a reader that leaves end it in silence', async () => {
	const stopped = await runCli(['pipe', 'llm'], {client: client(), input: 'Hello', signal: AbortSignal.abort()});
	expect({code: stopped.code, err: stopped.err}).toEqual({code: 130, err: ''});
	const left = await runCli(['pipe', 'llm'], {client: client(), input: 'Hello you', stdoutLimit: 5});
	expect({code: left.code, err: left.err}).toEqual({code: 141, err: ''});
});

/** Says what it sees, and what it is asked. */
const sees: FakeModel = {
	task: 'chat',
	async *act({messages}: {readonly messages: ReadonlyArray<{readonly content: unknown}>}) {
		const {content} = messages.at(-1) ?? {content: ''};
		const parts = (Array.isArray(content) ? content : [{type: 'text', text: content}]) as readonly Part[];
		const seen = parts.map(part => part.text ?? `${part.image?.mediaType} of ${part.image?.bytes.length}`);
		yield {type: 'text-delta', text: seen.join(' and ')};
		yield {type: 'chat-end', reason: 'stop', usage};
	},
};
interface Part {
	readonly text?: string;
	readonly image?: {readonly mediaType: string; readonly bytes: Uint8Array};
}
const draws: FakeModel = {task: 'image', act: (request: ImageRequest) => fakeImage(request)};
const jpeg = Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/', 'base64');

test('a picture goes in by its first bytes, and a question beside it', async () => {
	const seeing = (): FakeClient => client({llm: {...sees, accepts: ['image']}});
	const {code, out, err} = await runCli(['pipe', 'see'], {client: seeing(), input: jpeg});
	expect({code, out, err}).toEqual({code: 0, out: `image/jpeg of ${jpeg.length}\n`, err: ''});
	writeFileSync(file('photo.jpg'), jpeg);
	const asked = await runCli(['pipe', 'see', '-i', file('photo.jpg'), '-t', 'What?'], {client: seeing()});
	expect(asked.out).toMatch(/image\/jpeg of \d+ and What\?|What\? and image\/jpeg of \d+/);
});

test('what of a picture is not looked at is said of it, by the stage that it came to', async () => {
	const warns: FakeModel = {
		...sees,
		accepts: ['image'],
		async *act(request, context) {
			context.warn({setting: 'messages.0.content.0.image', message: 'half of it'});
			yield* sees.act(request, context);
		},
	};
	const {code, err} = await runCli(['pipe', 'see'], {client: client({llm: warns}), input: jpeg});
	expect({code, err}).toEqual({code: 0, err: 'warning: see: the picture: half of it\n'});
});

test('a picture without a byte is a mistake, a text without one is not', async () => {
	const seeing = client({llm: {...sees, accepts: ['image']}});
	const {code, out, err} = await runCli(['pipe', 'see'], {client: seeing, input: Buffer.alloc(0)});
	expect({code, out}).toEqual({code: 2, out: ''});
	expect(err).toMatch(/image, but it is empty/);
	expect(await runCli(['pipe', 'llm'], {client: client(), input: Buffer.alloc(0)})).toMatchObject({code: 0, err: ''});
});

test('a picture is refused where text is wanted', async () => {
	const {code, err} = await runCli(['pipe', 'llm'], {client: client(), input: jpeg});
	expect(code).toBe(2);
	expect(err).toContain('text, which is what the first stage takes, not image');
});

test('a picture comes out of a pipe as it is', async () => {
	const {code, out, err} = await runCli(['pipe', 'llm', 'imagine?steps=2&seed=9'], {
		client: client({llm: echoes, brush: draws}),
		input: 'a circle',
	});
	expect({code, err}).toEqual({code: 0, err: ''});
	expect(decodePng(Buffer.from(out, 'latin1')).text).toEqual({prompt: 'a! circle!', seed: '9'});
});

test('pictures of several turns get files with numbers, and standard output has room for one', async () => {
	const argv = ['pipe', 'draw', '--loop'];
	const drawing = {input: 'a circle\na square\n'};
	const target = file('turns.png');
	const kept = await runCli([...argv, '-o', target], {...drawing, client: client({brush: draws})});
	expect({code: kept.code, out: kept.out}).toEqual({code: 0, out: ''});
	expect(decodePng(readFileSync(target)).text['prompt']).toBe('a circle');
	expect(decodePng(readFileSync(file('turns-2.png'))).text['prompt']).toBe('a square');
	const piped = await runCli(argv, {...drawing, client: client({brush: draws})});
	expect(piped.code).toBe(2);
	expect(piped.err).toContain('standard output has room for one');
});

test('a file that is named after another format is refused before anything is drawn', async () => {
	const argv = ['pipe', 'draw', '-t', 'x', '-o'];
	const tiff = await runCli([...argv, file('x.tiff')], {client: client({brush: draws})});
	expect(tiff).toMatchObject({code: 2, err: expect.stringContaining('ends in .png, .jpg or .webp') as string});
	const options = {client: client({brush: draws}), env: {PATH: '/nowhere'}};
	const packed = await runCli([...argv, file('x.webp')], options);
	expect(packed).toMatchObject({code: 7, err: expect.stringContaining('writing webp takes ffmpeg') as string});
});

test('on a terminal a picture is shown, and kept under a name that is free', async () => {
	const home = process.cwd();
	process.chdir(folder);
	onTestFinished(() => process.chdir(home));
	writeFileSync('picture.png', 'mine');
	const {code, out} = await runCli(['pipe', 'image', '-t', 'a circle'], {
		client: client({brush: draws}),
		isTerminal: true,
		input: null,
		color: true,
		env: {TERM: 'xterm-256color'},
	});
	expect(code).toBe(0);
	expect(out).toContain('▀');
	expect(out).toContain('picture-2.png\n');
	expect(readFileSync('picture.png', 'utf8')).toBe('mine');
	expect(decodePng(readFileSync('picture-2.png')).text['prompt']).toBe('a circle');
});

test('a picture in the middle is kept by a tee', async () => {
	const target = file('middle.png');
	const {code, out} = await runCli(['pipe', 'draw', `tee?file=${target}`, 'see'], {
		client: client({llm: {...sees, accepts: ['image']}, brush: draws}),
		input: 'a circle',
	});
	expect(code).toBe(0);
	expect(decodePng(readFileSync(target)).text['prompt']).toBe('a circle');
	expect(out).toBe(`image/png of ${readFileSync(target).length}\n`);
});

test.each([
	[
		['llm', 'rerank?top=2'],
		"error: rerank needs query: a question\n→ add it behind the stage: 'rerank?top=2&query=…'\n",
	],
	[['rerank:bge'], "error: rerank needs query: a question\n→ add it behind the stage: 'rerank:bge?query=…'\n"],
	[['rerank?query='], 'error: rerank.query: expected a question\n'],
])('a setting that %j lacks is told with the place for it', async (words, told) => {
	const client = fakeClient({
		plan() {
			throw new MofaError('invalid-request', {path: 'rerank.query', expected: 'a question'});
		},
	});
	const {code, err} = await runCli(['pipe', ...words], {client});
	expect({code, err}).toEqual({code: 2, err: told});
});
