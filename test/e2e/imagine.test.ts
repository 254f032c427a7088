import {execFile} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import OpenAI, {toFile} from 'openai';
import sharp from 'sharp';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {pngChunk, pngSignature} from '../../src/media/picture/png-chunks.ts';
import {decodePng} from '../../src/media/picture/png.ts';
import type {Pixels} from '../../src/media/picture/pixels.ts';
import {repositoryRoot} from '../helpers/bundle.ts';
import {plain, scriptPresent, startInTerminal} from '../helpers/pseudo-terminal.ts';
import {binary, guidePresent, newUser, patience, User, type Daemon} from '../helpers/user.ts';

/** Stable Diffusion's layout with networks of a few thousand random numbers: 32 × 32 pixels of noise, quickly. */
const noise = path.join(repositoryRoot, 'test/fixtures/diffusion/sd');
const noisePresent = existsSync(path.join(noise, 'model_index.json'));
if (!noisePresent) console.warn(`SKIPPED: drawing needs ${noise}`);
/** A model that sees, of random numbers too. */
const seeing = path.join(repositoryRoot, 'test/fixtures/vision/idefics3');
const brushPresent = existsSync(path.join(repositoryRoot, 'registry/starter/brush/manifest.json'));
if (!brushPresent) console.warn('SKIPPED: the brush is not trained yet');

describe.skipIf(!guidePresent || !noisePresent)('pictures through the built program', patience, () => {
	let user: User;
	let daemon: Daemon;
	let client: OpenAI;
	beforeAll(async () => {
		user = new User({MOFA_HOST: '127.0.0.1:0'});
		daemon = await user.daemon();
		client = new OpenAI({baseURL: `${daemon.url}/v1`, apiKey: 'not needed', maxRetries: 0});
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test('a file, a pipe and the official client get the same bytes for the same seed', async () => {
		const file = user.file('circle.png');
		const kept = await user.run(['imagine', 'a red circle', '-m', noise, '--seed', '7', '-o', file]);
		expect(kept).toMatchObject({code: 0, out: `${file}\n`, err: ''});
		const piped = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '7']);
		expect(piped.equals(readFileSync(file))).toBe(true);
		const extensions = {seed: 7};
		const {data} = await client.images.generate({...extensions, model: noise, prompt: 'a red circle'});
		expect(data?.[0]?.b64_json).toBe(piped.toString('base64'));
		const other = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '8']);
		expect(other.equals(piped)).toBe(false);
	});

	test('the picture tells what it was made from, also to other readers', async () => {
		const piped = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '7', '--steps', '3']);
		const {text, pixels} = decodePng(piped);
		expect(pixels).toMatchObject({width: 32, height: 32});
		expect(text['parameters']).toMatch(/^a red circle\nSteps: 3, .*Seed: 7/);
		const {comments = []} = await sharp(piped).metadata();
		expect(comments.map(({keyword}) => keyword)).toContain('parameters');
	});

	test('a process of its own draws the same', async () => {
		const argv = ['imagine', 'a red circle', '-m', noise, '--seed', '7'];
		const alone = await bytesOf(user, [...argv, '--no-daemon']);
		expect(alone.equals(await bytesOf(user, argv))).toBe(true);
	});

	test('several pictures of one prompt have seeds that follow each other', async () => {
		const argv = ['imagine', 'x', '-m', noise, '--seed', '7', '--json'];
		const {out} = await user.run([...argv, '-n', '2', '-o', user.file('two.png')]);
		expect(JSON.parse(out)).toMatchObject({images: [{seed: 7}, {seed: 8, file: user.file('two-2.png')}]});
		const second = await bytesOf(user, ['imagine', 'x', '-m', noise, '--seed', '8']);
		expect(second.equals(readFileSync(user.file('two-2.png')))).toBe(true);
	});

	test('a picture to begin from is kept as far as the strength says, and a mask keeps the rest', async () => {
		const photo = user.file('half.png');
		const raw = {width: 32, height: 32, channels: 3} as const;
		await sharp(Buffer.alloc(32 * 32 * 3, 120), {raw})
			.png()
			.toFile(photo);
		const mask = user.file('mask.png');
		await sharp(Buffer.alloc(32 * 32 * 3, 0), {raw})
			.png()
			.toFile(mask);
		const argv = ['imagine', 'x', '-m', noise, '--init-image', photo, '--strength', '0.9'];
		const {pixels} = decodePng(await bytesOf(user, [...argv, '--mask', mask]));
		expect(pixels.data.every(value => value === 120)).toBe(true);
		const edited = await client.images.edit({
			model: noise,
			prompt: 'x',
			image: await toFile(readFileSync(photo), 'half.png', {type: 'image/png'}),
			mask: await toFile(readFileSync(mask), 'mask.png', {type: 'image/png'}),
		});
		expect(decodePng(Buffer.from(edited.data?.[0]?.b64_json ?? '', 'base64')).pixels).toEqual(pixels);
	});

	test('of a mask as OpenAI describes it, only what is transparent is drawn anew', async () => {
		const raw = {width: 32, height: 32, channels: 3} as const;
		const photo = await sharp(Buffer.alloc(32 * 32 * 3, 120), {raw})
			.png()
			.toBuffer();
		const seen = Buffer.alloc(32 * 32 * 4, 255);
		for (let at = 0; at < 16 * 32; at += 1) seen[at * 4 + 3] = 0;
		const mask = await sharp(seen, {raw: {...raw, channels: 4}})
			.png()
			.toBuffer();
		const edited = await client.images.edit({
			model: noise,
			prompt: 'x',
			image: await toFile(photo, 'photo.png', {type: 'image/png'}),
			mask: await toFile(mask, 'mask.png', {type: 'image/png'}),
		});
		const {pixels} = decodePng(Buffer.from(edited.data?.[0]?.b64_json ?? '', 'base64'));
		const half = 16 * 32 * 3;
		expect(pixels.data.subarray(half).every(value => value === 120)).toBe(true);
		expect(pixels.data.subarray(0, half).some(value => value !== 120)).toBe(true);
	});

	test('an address leads to the picture, and a stream brings it as it becomes one', async () => {
		const extensions = {seed: 7, num_inference_steps: 8};
		const ask = {...extensions, model: noise, prompt: 'a red circle'} as const;
		const {data = []} = await client.images.generate({...ask, response_format: 'url'});
		const response = await fetch(data[0]?.url ?? '');
		const bytes = Buffer.from(await response.arrayBuffer());
		const stream = await client.images.generate({...ask, stream: true, partial_images: 2});
		const events = [];
		for await (const event of stream) events.push(event);
		expect(events.map(({type}) => type)).toEqual([
			'image_generation.partial_image',
			'image_generation.partial_image',
			'image_generation.completed',
		]);
		expect(events.at(-1)?.b64_json).toBe(bytes.toString('base64'));
		expect(decodePng(Buffer.from(events[0]?.b64_json ?? '', 'base64')).pixels.width).toBeGreaterThan(8);
	});

	test('a pipeline draws what comes in', async () => {
		const {out, code, err} = await user.run(['pipe', `image:${noise}?seed=7`, '-o', user.file('piped.png')], {
			stdin: 'a red circle',
		});
		expect({out, code, err}).toEqual({out: '', code: 0, err: ''});
		const direct = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '7']);
		expect(readFileSync(user.file('piped.png')).equals(direct)).toBe(true);
	});

	test.skipIf(!existsSync(seeing))('a pipeline hands pictures on to who sees, from a file or a model', async () => {
		const see = `see:${seeing}?maxTokens=4&temperature=0`;
		const drawn = await user.run(['pipe', `image:${noise}?seed=7`, see, '-t', 'a red circle']);
		expect(drawn).toMatchObject({code: 0, err: ''});
		const picture = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '7']);
		const shown = await user.run(['pipe', see], {stdin: picture});
		expect(shown).toEqual(drawn);
		const other = await bytesOf(user, ['imagine', 'a red circle', '-m', noise, '--seed', '9']);
		expect((await user.run(['pipe', see], {stdin: other})).code).toBe(0);
		const blind = await user.run(['pipe', 'llm:guide'], {stdin: picture});
		expect(blind).toMatchObject({code: 2, err: expect.stringContaining('takes, not image') as string});
	});

	test('a model that draws tells whoever wants to chat with it what it is for', async () => {
		const {code, err} = await user.run(['run', noise, 'a red circle']);
		expect(code).toBe(2);
		expect(err).toContain(`mofa imagine -m ${noise}`);
	});

	const frames = (): Promise<Buffer> =>
		sharp(Buffer.alloc(64 * 128 * 3, 9).fill(200, 64 * 64 * 3), {
			raw: {width: 64, height: 128, channels: 3, pageHeight: 64},
		})
			.gif()
			.toBuffer();
	const header = Buffer.alloc(13);
	header.writeUInt32BE(20_000, 0);
	header.writeUInt32BE(20_000, 4);
	header.set([8, 2, 0, 0, 0], 8);
	const bomb = Buffer.concat([pngSignature, pngChunk('IHDR', header), pngChunk('IDAT', new Uint8Array(9))]);
	test.each<[string, () => Promise<Buffer>, RegExp]>([
		['a damaged picture', async () => Buffer.concat([pngSignature, Buffer.alloc(90, 7)]), /image/],
		['20,000 × 20,000 pixels', async () => bomb, /image.*million pixels/],
		['a text', async () => Buffer.from('this is no picture, but a text'), /picture/],
		['a file without a byte', async () => Buffer.alloc(0), /picture/],
	])('%s is refused by name, and the daemon lives', async (name, make, message) => {
		const file = user.file(`${name.replaceAll(/\W+/g, '-')}.png`);
		writeFileSync(file, await make());
		const {code, out, err} = await user.run(['imagine', 'x', '-m', noise, '--init-image', file]);
		expect({code, out}).toEqual({code: 2, out: ''});
		expect(err).toMatch(message);
		const failure = client.images.edit({model: noise, prompt: 'x', image: await toFile(readFileSync(file), 'a.png')});
		await expect(failure).rejects.toMatchObject({status: 400, param: 'image'});
		expect(user.daemonPid()).toBe(daemon.pid);
	});

	test('of an animation the first frame is used, and said so; four colours of ink are understood', async () => {
		const file = user.file('moving.gif');
		writeFileSync(file, await frames());
		const moving = await user.run(['imagine', 'x', '-m', noise, '--init-image', file, '-o', user.file('m.png')]);
		expect(moving.code).toBe(0);
		expect(moving.err).toMatch(/warning: --init-image: the first of its 2 frames/);
		const ink = user.file('ink.jpg');
		await sharp({create: {width: 32, height: 32, channels: 3, background: '#c02040'}})
			.toColourspace('cmyk')
			.jpeg()
			.toFile(ink);
		const printed = await user.run(['imagine', 'x', '-m', noise, '--init-image', ink, '-o', user.file('i.png')]);
		expect(printed).toMatchObject({code: 0, err: ''});
	});

	test('what a model cannot draw names the field, and a prompt that is too long is cut with a warning', async () => {
		const odd = client.images.generate({model: noise, prompt: 'x', size: '33x32' as '1024x1024'});
		await expect(odd).rejects.toMatchObject({status: 400, param: 'size'});
		const typed = await user.run(['imagine', 'x', '-m', noise, '--size', '33x32']);
		expect(typed).toMatchObject({code: 2, err: expect.stringContaining('--size: expected a multiple') as string});
		const fewer = {steps: -3};
		const steps = client.images.generate({...fewer, model: noise, prompt: 'x'});
		await expect(steps).rejects.toMatchObject({status: 400, param: 'steps'});
		const long = await user.run(['imagine', '-', '-m', noise, '-o', user.file('long.png')], {
			stdin: 'a red circle '.repeat(3400),
		});
		expect(long.code).toBe(0);
		expect(long.err).toMatch(/warning: the prompt: .*left out/);
	});

	describe.skipIf(!scriptPresent)('on a terminal', () => {
		test('the picture is shown in halves of cells, and kept beside those of its name', async () => {
			const own = newUser();
			writeFileSync(path.join(own.home, 'a-circle.png'), 'mine');
			const argv = ['imagine', 'a circle', '-m', noise, '--seed', '7'];
			const terminal = startInTerminal(own, argv, {COLORTERM: 'truecolor'});
			expect(await terminal.ended).toBe(0);
			expect(plain(terminal.raw())).toMatch(/▀{32}\n[^]*a-circle-2\.png {2}32 × 32, seed 7\n$/);
			const {pixels} = decodePng(readFileSync(path.join(own.home, 'a-circle-2.png')));
			expect(terminal.raw()).toContain(`38;2;${[...pixels.data.subarray(0, 3)].join(';')};48;2;`);
			expect(readFileSync(path.join(own.home, 'a-circle.png'), 'utf8')).toBe('mine');
		});

		test('kitty gets the PNG itself', async () => {
			const own = newUser();
			const argv = ['imagine', 'a circle', '-m', noise, '--seed', '7'];
			const terminal = startInTerminal(own, argv, {TERM: 'xterm-kitty'});
			expect(await terminal.ended).toBe(0);
			const png = readFileSync(path.join(own.home, 'a-circle.png')).toString('base64');
			const parts = terminal.raw().split(`${escape}_G`).slice(1);
			const content = parts.map(part => (part.split(`${escape}\\`)[0] ?? '').split(';')[1] ?? '');
			expect(content.join('')).toBe(png);
		});

		test('Ctrl-C ends it between two steps, and the model is free again', async () => {
			const argv = ['imagine', 'a circle', '-m', noise, '--steps', '1000', '-n', '16'];
			const terminal = startInTerminal(user, argv, {COLORTERM: 'truecolor'});
			await terminal.shows(/step \d+ of 1000/);
			terminal.type('\u0003');
			expect(await terminal.ended).toBe(130);
			const after = await user.run(['imagine', 'x', '-m', noise, '--steps', '2', '-o', user.file('after.png')]);
			expect(after.code).toBe(0);
			const [resident] = await daemon.client.residents();
			expect(resident).toMatchObject({active: 0});
			expect(user.daemonPid()).toBe(daemon.pid);
		});
	});

	describe.skipIf(!brushPresent)('with the brush that is built in', () => {
		test.each([
			['a red circle', [200, 40, 40]],
			['a blue square', [40, 40, 200]],
		] as const)('%s is one', async (prompt, color) => {
			const file = user.file(`${prompt.replaceAll(' ', '-')}.png`);
			const {code, err} = await user.run(['imagine', prompt, '--seed', '1', '-o', file]);
			expect(code).toBe(0);
			expect(err).toMatch(/^warning: the built-in brush, a toy of [\d.]+ million parameters: .*mofa pull sd-turbo\n$/);
			expect(shareNear(decodePng(readFileSync(file)).pixels, color)).toBeGreaterThan(0.02);
		});

		test('a hosted name, or none, is the brush', async () => {
			const extensions = {seed: 1};
			const ask = {...extensions, prompt: 'a red circle'} as const;
			const hosted = await client.images.generate({...ask, model: 'dall-e-3'});
			const unnamed = await client.images.generate(ask);
			const brush = await client.images.generate({...ask, model: 'brush'});
			expect(hosted.data?.[0]?.b64_json).toBe(brush.data?.[0]?.b64_json);
			expect(unnamed.data?.[0]?.b64_json).toBe(brush.data?.[0]?.b64_json);
		});
	});
});

const escape = String.fromCharCode(27);

/** Standard output as bytes; anything on stderr is a failure. */
function bytesOf({env}: User, argv: readonly string[]): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const options = {env, encoding: 'buffer', maxBuffer: 2 ** 26} as const;
		const child = execFile(process.execPath, [binary, ...argv], options, (error, stdout, stderr) =>
			error === null && stderr.length === 0 ? resolve(stdout) : reject(error ?? new Error(stderr.toString())),
		);
		child.stdin?.end();
	});
}

/** How much of the picture is close to a colour. */
function shareNear({data, channels}: Pixels, color: readonly number[]): number {
	let near = 0;
	for (let at = 0; at < data.length; at += channels)
		if (color.every((value, channel) => Math.abs(value - (data[at + channel] ?? 0)) < 80)) near += 1;
	return near / (data.length / channels);
}
