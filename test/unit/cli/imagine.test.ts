import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, test, vi} from 'vitest';
import {schedulers} from '../../../src/cli/imagine/options.ts';
import {drawingLine} from '../../../src/cli/imagine/drawing-lines.ts';
import {numberedFile, pictureName} from '../../../src/cli/imagine/picture-name.ts';
import {commands} from '../../../src/cli/reference.ts';
import {MofaError} from '../../../src/contract/error.ts';
import {decodePng, encodePng} from '../../../src/media/picture/png.ts';
import {schedulerNames, type ImageRequest} from '../../../src/tasks/image.ts';
import {fakeClient, fakeModel, type FakeClient} from '../../helpers/fake-client.ts';
import {fakeImage, type FakeImageOptions} from '../../helpers/fake-image.ts';
import {runCli, type CliRun} from '../../helpers/run-cli.ts';

const home = process.cwd();
const folder = mkdtempSync(path.join(os.tmpdir(), 'mofa-imagine-test-'));
beforeAll(() => process.chdir(folder));
beforeEach(() => {
	for (const name of readdirSync(folder)) rmSync(path.join(folder, name), {recursive: true});
});
afterAll(() => {
	process.chdir(home);
	rmSync(folder, {recursive: true, force: true});
});

const drawing = (options: FakeImageOptions = {}): FakeClient =>
	fakeClient({
		because: 'the only one',
		models: [fakeModel({name: 'brush', tasks: ['image']}), fakeModel()],
		answer: ({request}) => fakeImage(request as unknown as ImageRequest, options),
	});
const requestOf = ({client}: CliRun): unknown => client.asks[0]?.request;
const bytesOf = ({out}: CliRun): Uint8Array => Buffer.from(out, 'latin1');
const screen = {
	isTerminal: true,
	input: null,
	color: true,
	env: {TERM: 'xterm-256color', COLORTERM: 'truecolor'},
} as const;

test('a pipe gets a PNG and nothing else', async () => {
	const run = await runCli(['imagine', 'a', 'red', 'circle'], {client: drawing()});
	expect({code: run.code, err: run.err}).toEqual({code: 0, err: ''});
	expect(decodePng(bytesOf(run))).toMatchObject({pixels: {width: 64}, text: {prompt: 'a red circle', seed: '41'}});
	expect(run.client.asks[0]).toMatchObject({model: 'brush', task: 'image', request: {prompt: 'a red circle'}});
	expect(run.client.calls).toContain('load brush');
	expect(readdirSync(folder)).toEqual([]);
});

test('every option is part of the request', async () => {
	writeFileSync('photo.jpg', Buffer.from('/9j/4AAQSkZJRgABAQAAAQABAAD/', 'base64'));
	writeFileSync('mask.png', encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}));
	const run = await runCli(
		'imagine - -m brush --size 96x64 --steps 2 --guidance 3.5 --negative blur --seed 7 --init-image photo.jpg'
			.concat(' --strength 0.4 --mask mask.png --scheduler dpm++-2m -o -')
			.split(' '),
		{client: drawing(), input: ' From a pipe.\n'},
	);
	expect(run.err).toBe('');
	expect(requestOf(run)).toMatchObject({
		prompt: 'From a pipe.',
		width: 96,
		height: 64,
		steps: 2,
		guidance: 3.5,
		negativePrompt: 'blur',
		seed: 7,
		strength: 0.4,
		scheduler: 'dpm++-2m',
		image: {mediaType: 'image/jpeg'},
		mask: {mediaType: 'image/png'},
	});
	expect(requestOf(run)).not.toHaveProperty('previewEvery');
	expect(decodePng(bytesOf(run)).pixels).toMatchObject({width: 96, height: 64});
});

test('the picture to begin from may be piped in', async () => {
	const input = encodePng({data: new Uint8Array(12), width: 2, height: 2, channels: 3});
	const run = await runCli(['imagine', 'a cat', '--init-image', '-', '-o', 'cat.png'], {client: drawing(), input});
	expect(requestOf(run)).toEqual({prompt: 'a cat', image: {bytes: Uint8Array.from(input), mediaType: 'image/png'}});
	expect(run.out).toBe('cat.png\n');
});

test('several pictures get files with numbers, and what was there under such a name is replaced', async () => {
	writeFileSync('circles-2.png', 'old');
	const run = await runCli(['imagine', 'a circle', '-n', '3', '-o', 'circles.png', '--seed', '5'], {client: drawing()});
	expect(run.out).toBe('circles-1.png\ncircles-2.png\ncircles-3.png\n');
	const seeds = ['circles-1.png', 'circles-2.png', 'circles-3.png'].map(
		file => decodePng(readFileSync(file)).text['seed'],
	);
	expect(seeds).toEqual(['5', '6', '7']);
});

test('on a terminal the picture is shown and kept in a file of a new name, beside those that are there', async () => {
	writeFileSync('a-red-circle.png', 'mine');
	writeFileSync('a-red-circle-2.png', 'mine');
	const run = await runCli(['imagine', 'A red circle!', '-n', '2'], {client: drawing(), ...screen});
	expect(run.code).toBe(0);
	expect(readFileSync('a-red-circle.png', 'utf8')).toBe('mine');
	expect(readdirSync(folder).toSorted()).toEqual([
		'a-red-circle-2.png',
		'a-red-circle-3.png',
		'a-red-circle-4.png',
		'a-red-circle.png',
	]);
	expect(run.out).toMatch(/▀.*\n.*a-red-circle-3\.png.*seed 41/s);
	expect(run.out.match(/48;2;41;41;41m/g)?.length).toBeGreaterThan(10);
	expect(requestOf(run)).toMatchObject({count: 2, previewEvery: 1});
	expect(run.err).toContain('picture 1 of 2');
	expect(run.err).toContain('step 3 of 3');
	expect(run.err).toContain('38;2;20;20;20');
	expect(run.err.endsWith('\u{1B}[J')).toBe(true);
});

test('a terminal that shows pictures gets the picture itself', async () => {
	const {out} = await runCli(['imagine', 'a circle'], {client: drawing(), ...screen, env: {TERM: 'xterm-kitty'}});
	const png = readFileSync('a-circle.png');
	expect(out).toContain(`\u{1B}_Ga=T,f=100,q=2,c=32,r=16,m=0;${png.toString('base64')}\u{1B}\\\n`);
	expect(out).toContain('a-circle.png');
});

test.each([
	[{...screen, color: false, env: {TERM: 'xterm-256color', NO_COLOR: '1'}}, []],
	[screen, ['--no-preview']],
	[{...screen, env: {TERM: 'linux'}}, []],
])(
	'without colours, or where no preview is wanted, there is only the name of the file (%#)',
	async (options, words) => {
		const {code, out, err} = await runCli(['imagine', 'a circle', ...words], {client: drawing(), ...options});
		expect(code).toBe(0);
		expect(out).not.toMatch(/[▀▄]/);
		expect(err).not.toMatch(/[▀▄]/);
		expect(out).toContain('a-circle.png');
	},
);

test('who pipes the picture on sees it on standard error', async () => {
	const run = await runCli(['imagine', 'a circle'], {
		...screen,
		client: drawing(),
		isTerminal: {stdout: false, stderr: true},
	});
	expect(decodePng(bytesOf(run)).pixels.width).toBe(64);
	expect(run.err).toMatch(/▀/);
});

test('a folder gets the file', async () => {
	mkdirSync('pictures');
	const {out} = await runCli(['imagine', 'a circle', '-o', 'pictures'], {client: drawing()});
	expect(out).toBe(`${path.join('pictures', 'a-circle.png')}\n`);
	expect(existsSync('pictures/a-circle.png')).toBe(true);
});

test('another format is written by ffmpeg, and refused before anything is drawn where there is none', async () => {
	const bin = path.join(folder, 'bin');
	mkdirSync(bin);
	const script = ['#!/bin/sh', 'echo "$@" > "$0.words"', 'cat > "$0.png"', 'printf packed'].join('\n');
	writeFileSync(path.join(bin, 'ffmpeg'), script, {mode: 0o755});
	const env = {PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`};
	const run = await runCli(['imagine', 'a circle', '-n', '2', '-o', 'x.jpg'], {client: drawing(), env});
	expect(run).toMatchObject({code: 0, out: 'x-1.jpg\nx-2.jpg\n', err: ''});
	expect(readFileSync('x-2.jpg', 'utf8')).toBe('packed');
	expect(readFileSync(path.join(bin, 'ffmpeg.words'), 'utf8')).toMatch(/-f png_pipe -i pipe:0 -map 0:v:0 .*mjpeg/);
	expect(decodePng(readFileSync(path.join(bin, 'ffmpeg.png'))).text['seed']).toBe('42');
	const without = await runCli(['imagine', 'a circle', '-o', 'x.webp'], {client: drawing(), env: {PATH: '/nowhere'}});
	expect(without).toMatchObject({code: 7, err: expect.stringContaining('writing webp takes ffmpeg') as string});
	expect(without.client.asks).toEqual([]);
});

test('a folder that is not there is told before anything is drawn', async () => {
	const run = await runCli(['imagine', 'a circle', '-o', 'gone/x.png'], {client: drawing()});
	expect(run.code).toBe(1);
	expect(run.err).toContain('gone');
	expect(run.client.asks).toEqual([]);
});

test('--json says what was drawn, from what, and where it is', async () => {
	const warnings = [{setting: 'negativePrompt', message: 'it was not trained to be steered'}];
	const {out, err} = await runCli(['imagine', 'a circle', '-n', '2', '--json'], {client: drawing({warnings})});
	expect(JSON.parse(out)).toMatchObject({
		model: 'brush',
		prompt: 'a circle',
		images: [
			{file: 'a-circle.png', width: 64, height: 64, seed: 41},
			{file: 'a-circle-2.png', seed: 42},
		],
		steps: 6,
		tokens: 7,
		computeMs: 12,
		warnings,
	});
	expect(err).toContain('warning: --negative: it was not trained to be steered');
});

test('what was done before a failure stays', async () => {
	const error = new MofaError('runner-failed', {model: 'brush', reason: 'killed', detail: ''});
	const run = await runCli(['imagine', 'a circle', '-n', '3', '-o', 'x.png'], {
		client: drawing({broken: {index: 1, error}}),
	});
	expect(run.code).toBe(7);
	expect(run.err).toContain('was killed');
	expect(readdirSync(folder)).toEqual(['x-1.png']);
});

test('what a model says of a field is said of the option', async () => {
	const error = new MofaError('invalid-request', {path: 'width', expected: 'a multiple of 8, such as 32'});
	const run = await runCli(['imagine', 'x', '--size', '33x32'], {client: drawing({broken: {index: 0, error}})});
	expect(run).toMatchObject({code: 2, out: '', err: 'error: --size: expected a multiple of 8, such as 32\n'});
});

test('Ctrl-C ends it with nothing left on the screen', async () => {
	const interrupt = new AbortController();
	const client = fakeClient({
		because: 'the only one',
		models: [fakeModel({name: 'brush', tasks: ['image']})],
		async *answer({request}) {
			for await (const event of fakeImage(request as unknown as ImageRequest)) {
				if (event.type === 'step-end' && event.step === 2) {
					interrupt.abort();
					throw new MofaError('cancelled', {});
				}
				yield event;
			}
		},
	});
	const run = await runCli(['imagine', 'a circle'], {client, signal: interrupt.signal, ...screen});
	expect({code: run.code, out: run.out}).toEqual({code: 130, out: ''});
	expect(run.err.endsWith('\u{1B}[J')).toBe(true);
	expect(readdirSync(folder)).toEqual([]);
});

test('until its first step is done, a model that takes long is said to have begun', async () => {
	vi.useFakeTimers({toFake: ['setTimeout']});
	try {
		const client = fakeClient({
			because: 'the only one',
			models: [fakeModel({name: 'brush', tasks: ['image']})],
			async *answer({request}) {
				await vi.advanceTimersByTimeAsync(1000);
				yield* fakeImage(request as unknown as ImageRequest);
			},
		});
		const {code, terminal} = await runCli(['imagine', 'a circle'], {client, ...screen});
		expect(code).toBe(0);
		expect(terminal.spun).toContain('brush begins');
	} finally {
		vi.useRealTimers();
	}
});

test('a toy says that it is one', async () => {
	const client = fakeClient({
		because: 'the built-in brush, a toy of 2.1 million parameters: it draws coloured shapes',
		models: [fakeModel({name: 'brush', tasks: ['image']})],
		answer: ({request}) => fakeImage(request as unknown as ImageRequest),
	});
	const {err} = await runCli(['imagine', 'a circle'], {client});
	expect(err).toBe(
		'warning: the built-in brush, a toy of 2.1 million parameters: it draws coloured shapes; a real one comes with mofa pull sd-turbo\n',
	);
});

test.each([
	[['imagine'], /there is nothing to draw/],
	[['imagine', ' '], /there is nothing to draw/],
	[['imagine', 'x', '--size', 'large'], /--size: expected as in 512x512.*not "large"/],
	[['imagine', 'x', '--size', '4x4'], /each side from 8 to 8192/],
	[['imagine', 'x', '--steps', '0'], /--steps: expected a whole number from 1 to 1000/],
	[['imagine', 'x', '--steps=-3'], /--steps: expected a whole number/],
	[['imagine', 'x', '--steps', '2.5'], /--steps: expected a whole number/],
	[['imagine', 'x', '--seed', 'lucky'], /--seed: expected a whole number/],
	[['imagine', 'x', '--guidance', ''], /--guidance: expected a number/],
	[['imagine', 'x', '-n', '17', '-o', 'x.png'], /--count: expected a whole number from 1 to 16/],
	[['imagine', 'x', '-n', '2'], /room for one picture/],
	[['imagine', 'x', '-o', '-', '--json'], /no room for the picture/],
	[
		['imagine', 'x', '-o', 'x.tiff'],
		/--output: expected a name that ends in \.png, \.jpg or \.webp; mofa writes no \.tiff/,
	],
	[['imagine', 'x', '--strength', '0.5'], /--strength: expected --init-image beside it/],
	[['imagine', 'x', '--mask', 'm.png'], /--mask: expected --init-image beside it/],
	[['imagine', 'x', '--strength', '2', '--init-image', 'a.png'], /--strength: expected a number from 0 to 1/],
	[['imagine', '-', '--init-image', '-'], /standard input can be read once/],
	[['imagine', 'x', '--scheduler', 'magic'], /--scheduler: expected one of euler, .*not "magic"/],
	[['imagine', 'x', '-m', 'guide'], /guide cannot do image/],
])('%j is refused before anything is drawn', async (argv, message) => {
	const run = await runCli(argv, {client: drawing()});
	expect({code: run.code, out: run.out}).toEqual({code: 2, out: ''});
	expect(run.err).toMatch(message);
	expect(run.client.asks).toEqual([]);
});

test('a file that is no picture, or is not there, is told by its name', async () => {
	writeFileSync('notes.txt', 'notes, and no picture at all');
	const text = await runCli(['imagine', 'x', '--init-image', 'notes.txt'], {client: drawing()});
	expect(text).toMatchObject({
		code: 2,
		err: expect.stringMatching(/notes\.txt: expected a picture: PNG, JPEG/) as string,
	});
	const missing = await runCli(['imagine', 'x', '--init-image', 'gone.png'], {client: drawing()});
	expect(missing).toMatchObject({code: 3, err: expect.stringContaining('there is no file gone.png') as string});
	const inside = await runCli(['imagine', 'x', '--init-image', '.'], {client: drawing()});
	expect(inside).toMatchObject({code: 2, err: expect.stringContaining('a file, not a folder') as string});
});

test('bytes never go to a terminal', async () => {
	const run = await runCli(['imagine', 'x', '-o', '-'], {client: drawing(), ...screen});
	expect({code: run.code, out: run.out}).toEqual({code: 2, out: ''});
	expect(run.err).toMatch(/nothing for a terminal to show/);
});

test('a model that draws is no model to chat with, and the way to use it is told', async () => {
	const {code, err} = await runCli(['run', 'brush', 'a red circle'], {client: drawing()});
	expect(code).toBe(2);
	expect(err).toContain('mofa imagine -m brush is the way to use it');
});

test.each([
	['A red circle!', 'a-red-circle'],
	['  Ein gelbes Dreieck über “Käse”', 'ein-gelbes-dreieck-uber-kase'],
	['赤い丸', '赤い丸'],
	['../../etc/passwd', 'etc-passwd'],
	['???', 'picture'],
	['con', 'picture-con'],
	['a'.repeat(100), 'a'.repeat(48)],
	[
		'a photograph of an astronaut riding a horse through a field of sunflowers',
		'a-photograph-of-an-astronaut-riding-a-horse',
	],
])('%j is called %s', (prompt, name) => {
	expect(pictureName(prompt)).toBe(name);
});

test('numbers stand before the ending', () => {
	expect(numberedFile('a.b.PNG', 1, 3)).toBe('a.b-2.PNG');
	expect(numberedFile('pictures', 0, 2)).toBe('pictures-1');
	expect(numberedFile('one.png', 0, 1)).toBe('one.png');
});

test('the line of a drawing fits, whatever the width', () => {
	const paint = (_: unknown, text: string): string => text;
	const progress = {index: 1, count: 4, step: 5, steps: 20, elapsedMs: 24_000};
	const line = (columns: number): string => drawingLine(progress, {columns, unicode: true, paint});
	expect(line(80)).toMatch(/^picture 2 of 4 {2}━+╸?─+ {2}step 5 of 20, 55 s left$/);
	for (const columns of [10, 30, 50, 80, 200]) expect(line(columns).length).toBeLessThan(columns);
	expect(drawingLine({...progress, elapsedMs: 200_000}, {columns: 80, unicode: false, paint})).toMatch(
		/=+-?\.+ {2}step 5 of 20, 7 min 38 s left/,
	);
});

test('the schedulers of the command are those of the task', () => {
	expect(schedulers).toEqual(schedulerNames);
	const option = commands
		.find(({name}) => name === 'imagine')
		?.options?.find(({flags}) => flags.startsWith('--scheduler'));
	expect(option?.completes).toEqual(schedulerNames);
});
