import {randomBytes} from 'node:crypto';
import {truncateSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it, onTestFinished} from 'vitest';
import {diffusion} from '../../../src/adapters/diffusion.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {decodePng, encodePng} from '../../../src/media/picture/png.ts';
import type {ImageEvent} from '../../../src/tasks/image.ts';
import {
	changedFolder,
	diffusionFolder,
	draw,
	drawn,
	openPainter,
	parityMask,
	parityPicture,
	type Changes,
} from '../../helpers/diffusion.ts';
import {modelAt} from '../../helpers/real-sound.ts';
import {testDevice} from '../../helpers/stories.ts';

async function opened(name = 'sd', changes?: Changes): Promise<AnyEngine> {
	const engine = await openPainter(changes === undefined ? diffusionFolder(name) : changedFolder(name, changes));
	onTestFinished(() => engine[Symbol.asyncDispose]());
	return engine;
}

async function eventsOf(events: AsyncIterable<ImageEvent>): Promise<readonly ImageEvent[]> {
	const all: ImageEvent[] = [];
	for await (const event of events) all.push(event);
	return all;
}

const prompt = 'a red circle';

describe('a drawing', () => {
	it('tells each step, gives the picture, and ends with what it took', async () => {
		const events = await eventsOf(draw(await opened(), {prompt, steps: 3, seed: 5, count: 2}));
		expect(
			events.map(event => (event.type === 'step-end' ? `${event.index}: ${event.step}/${event.steps}` : event.type)),
		).toEqual('0: 1/3, 0: 2/3, 0: 3/3, image, 1: 1/3, 1: 2/3, 1: 3/3, image, image-end'.split(', '));
		expect(events[3]).toMatchObject({
			type: 'image',
			index: 0,
			width: 32,
			height: 32,
			seed: 5,
			image: {mediaType: 'image/png'},
		});
		expect(events[7]).toMatchObject({type: 'image', index: 1, seed: 6});
		expect(events.at(-1)).toMatchObject({usage: {steps: 6, tokens: 3}});
	});

	it('is the same byte by byte for the same seed, and the second of two is that of the next seed', async () => {
		const engine = await opened();
		const request = {prompt, negativePrompt: 'blue', steps: 2, scheduler: 'euler-ancestral'};
		const two = (await drawn(engine, {...request, seed: 8, count: 2})).images.map(({image}) =>
			Buffer.from(image.bytes),
		);
		const again = (await drawn(await opened(), {...request, seed: 8})).images.map(({image}) =>
			Buffer.from(image.bytes),
		);
		const next = (await drawn(engine, {...request, seed: 9})).images.map(({image}) => Buffer.from(image.bytes));
		expect(again[0]?.equals(two[0] ?? Buffer.of())).toBe(true);
		expect(next[0]?.equals(two[1] ?? Buffer.of())).toBe(true);
		expect(two[0]?.equals(two[1] ?? Buffer.of())).toBe(false);
	});

	it('does not depend on the cores that it is drawn with', async () => {
		const bytes = async (threads: number): Promise<Uint8Array | undefined> => {
			const engine = await diffusion.load(await modelAt(diffusionFolder('sdxl')), {
				signal: new AbortController().signal,
				progress() {},
				device: testDevice,
				threads,
				settings: {},
			});
			onTestFinished(() => engine[Symbol.asyncDispose]());
			return (await drawn(engine, {prompt, steps: 3, seed: 2, width: 128, height: 96})).images[0]?.image.bytes;
		};
		expect(await bytes(2)).toEqual(await bytes(1));
	});

	it('draws a seed and tells it where none is asked for', async () => {
		const engine = await opened();
		const [first] = (await drawn(engine, {prompt, steps: 1})).images;
		const [second] = (await drawn(engine, {prompt, steps: 1, seed: first?.seed})).images;
		expect(second?.image.bytes).toEqual(first?.image.bytes);
	});

	it('has what it was made from in its text', async () => {
		const [picture] = (await drawn(await opened(), {prompt: 'ein Kreis, 円', steps: 2, guidance: 3, seed: 4})).images;
		const {text, pixels} = decodePng(picture?.image.bytes ?? new Uint8Array());
		expect(text['parameters']).toMatch(
			/^ein Kreis, 円\nSteps: 2, Sampler: Euler, CFG scale: 3, Seed: 4, Size: 32x32, Model: sd, /,
		);
		expect(JSON.parse(text['mofa'] ?? '')).toMatchObject({
			prompt: 'ein Kreis, 円',
			steps: 2,
			guidance: 3,
			seed: 4,
			scheduler: 'euler',
		});
		expect(pixels).toMatchObject({width: 32, height: 32, channels: 3});
	});

	it('comes in every size that divides', async () => {
		const [picture] = (await drawn(await opened(), {prompt, steps: 1, width: 64, height: 24})).images;
		expect(decodePng(picture?.image.bytes ?? new Uint8Array()).pixels).toMatchObject({width: 64, height: 24});
	});

	it('shows small pictures on the way where they are asked for', async () => {
		const events = await eventsOf(
			draw(await opened(), {prompt, steps: 5, seed: 1, previewEvery: 2, width: 256, height: 128}),
		);
		const previews = events.map(event => (event.type === 'step-end' ? event.preview : undefined));
		expect(previews.map(one => one !== undefined)).toEqual([false, true, false, true, false, false, false]);
		expect(decodePng(previews[1]?.bytes ?? new Uint8Array()).pixels).toMatchObject({width: 128, height: 64});
		const without = await drawn(await opened(), {prompt, steps: 5, seed: 1, width: 256, height: 128});
		const last = events.at(-2);
		expect(last?.type === 'image' && last.image.bytes).toEqual(without.images[0]?.image.bytes);
	});

	it('stops between two steps when it is cancelled, and draws again after', async () => {
		const engine = await opened();
		const controller = new AbortController();
		const seen: string[] = [];
		const drawing = async (): Promise<void> => {
			for await (const event of draw(engine, {prompt, steps: 50}, {signal: controller.signal})) {
				seen.push(event.type);
				if (seen.length === 3) controller.abort();
			}
		};
		await expect(drawing()).rejects.toThrow();
		expect(seen).toEqual(['step-end', 'step-end', 'step-end']);
		expect((await drawn(engine, {prompt, steps: 1})).images).toHaveLength(1);
	});
});

describe('a drawing from a picture', () => {
	const begun = {prompt, image: parityPicture(), steps: 4, seed: 3};
	const pixelsOf = async (request: object): Promise<Uint8Array> =>
		decodePng((await drawn(await opened(), request)).images[0]?.image.bytes ?? new Uint8Array()).pixels.data;

	it('takes the share of the steps that its strength says, and none at all for nothing', async () => {
		const engine = await opened();
		const steps = async (strength: number): Promise<number> => (await drawn(engine, {...begun, strength})).usage.steps;
		expect([await steps(0), await steps(0.1), await steps(0.5), await steps(1)]).toEqual([0, 1, 2, 4]);
	});

	it('leaves what the mask keeps as it was, to the last bit', async () => {
		const drawnAnew = await pixelsOf({...begun, mask: parityMask(), strength: 1});
		const old = decodePng(begun.image.bytes).pixels.data;
		const kept = (at: number): boolean => Math.floor(at / 3) % 32 >= 16;
		expect(drawnAnew.filter((_, at) => kept(at))).toEqual(old.filter((_, at) => kept(at)));
		expect(drawnAnew.filter((_, at) => !kept(at))).not.toEqual(old.filter((_, at) => !kept(at)));
	});

	it('says that a mask of another shape is pulled', async () => {
		const engine = await opened();
		const warningsOf = async (width: number, height: number): Promise<readonly Warning[]> => {
			const warnings: Warning[] = [];
			const bytes = encodePng({data: new Uint8Array(width * height * 3).fill(255), width, height, channels: 3});
			const mask = {bytes, mediaType: 'image/png'};
			await drawn(engine, {...begun, steps: 1, strength: 1, mask}, {warn: warning => warnings.push(warning)});
			return warnings;
		};
		expect(await warningsOf(64, 64)).toEqual([]);
		expect(await warningsOf(32, 16)).toEqual([
			{setting: 'mask', message: 'it is pulled to the shape of the picture: 32 × 16, not 32 × 32'},
		]);
	});

	it('is refused by name for what is no picture', async () => {
		const engine = await opened();
		const noise = {bytes: new Uint8Array(randomBytes(64)), mediaType: 'image/png'};
		await expect(drawn(engine, {...begun, image: noise})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'image'},
		});
		await expect(drawn(engine, {...begun, mask: noise})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'mask'},
		});
	});

	it('needs a mask where the model only fills in', async () => {
		const engine = await opened('sd-fill');
		await expect(drawn(engine, {prompt})).rejects.toMatchObject({data: {path: 'image'}});
		await expect(drawn(engine, {prompt, image: parityPicture()})).rejects.toMatchObject({data: {path: 'mask'}});
	});

	it('is refused by a model that has nothing to read pictures with', async () => {
		const engine = await opened('sd', {remove: ['vae_encoder']});
		await expect(drawn(engine, begun)).rejects.toMatchObject({
			code: 'model-invalid',
			data: {problem: expect.stringMatching(/vae_encoder/)},
		});
		expect((await drawn(engine, {prompt, steps: 1})).images).toHaveLength(1);
	});
});

describe('a prompt', () => {
	it('that is longer than the model reads is cut, and how much is told', async () => {
		const warnings: Warning[] = [];
		const long = 'circle '.repeat(10_000);
		const {usage} = await drawn(
			await opened(),
			{prompt: long, negativePrompt: 'blue '.repeat(30), steps: 1},
			{warn: warning => warnings.push(warning)},
		);
		expect(usage.tokens).toBe(18);
		expect(warnings).toEqual([
			{setting: 'prompt', message: 'the model reads 18 tokens of it; the 9982 after them are left out'},
			{setting: 'negativePrompt', message: 'the model reads 18 tokens of it; the 12 after them are left out'},
		]);
	});

	it('may be empty, and may be of one word without an end', async () => {
		const engine = await opened();
		expect((await drawn(engine, {prompt: '', steps: 1})).usage.tokens).toBe(0);
		expect((await drawn(engine, {prompt: 'a'.repeat(100_000), steps: 1})).usage.tokens).toBe(18);
	});
});

describe('a model', () => {
	it('says its size and steps, and what it holds', async () => {
		const engine = await opened('sd');
		expect(engine.facts).toEqual({width: 32, height: 32, steps: 25});
		expect(engine.slots).toBe(1);
		expect(engine.footprint['ram']).toBeGreaterThan(100_000);
	});

	it('is used as its manifest says', async () => {
		const engine = await openPainter(diffusionFolder('sd'), {steps: 2, guidance: 0, width: 64, height: 32});
		onTestFinished(() => engine[Symbol.asyncDispose]());
		const {images, usage} = await drawn(engine, {prompt});
		expect([images[0]?.width, images[0]?.height, usage.steps]).toEqual([64, 32, 2]);
		await expect(openPainter(diffusionFolder('sd'), {steps: -1})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'steps'},
		});
	});

	it('draws without any configuration beside its graphs and its vocabulary', async () => {
		const files = [
			'model_index.json',
			'scheduler',
			'unet/config.json',
			'vae_decoder/config.json',
			'vae_encoder/config.json',
			'text_encoder/config.json',
		];
		const engine = await opened('sd', {remove: files});
		expect(engine.facts).toMatchObject({width: 256, height: 256});
		const [picture] = (await drawn(engine, {prompt, steps: 1, width: 64, height: 32})).images;
		expect(picture).toMatchObject({width: 64, height: 32});
	});

	it('is refused with the part that is wrong', async () => {
		const problem = async (name: string, changes: Changes): Promise<unknown> =>
			openPainter(changedFolder(name, changes)).then(
				() => 'it opened',
				(error: unknown) => error,
			);
		const invalid = (pattern: RegExp): object => ({
			code: 'model-invalid',
			data: {problem: expect.stringMatching(pattern)},
		});
		expect(await problem('sd', {write: {'unet/model.onnx': randomBytes(500)}})).toMatchObject({code: 'model-invalid'});
		expect(await problem('sd', {write: {'vae_decoder/model.onnx': '<html>'}})).toMatchObject(invalid(/web page/));
		expect(
			await problem('sd', {write: {'scheduler/scheduler_config.json': '{"num_train_timesteps": -4}'}}),
		).toMatchObject(invalid(/scheduler_config/));
		expect(
			await problem('sd', {
				write: {
					'model_index.json': '{"_class_name": "StableDiffusionPipeline"',
					'scheduler/scheduler_config.json': '{',
				},
			}),
		).toMatchObject(invalid(/model_index/));
		expect(await problem('sd', {remove: ['tokenizer/merges.txt']})).toMatchObject(
			invalid(/tokenizer\.json nor .*merges\.txt/),
		);
		expect(await problem('sdxl', {write: {'tokenizer_2/tokenizer.json': '{"model": {}}'}})).toMatchObject(
			invalid(/tokenizer_2/),
		);
		expect(await problem('flux', {remove: ['tokenizer_2']})).toMatchObject(invalid(/tokenizer_2/));
		const cut = changedFolder('sd', {});
		truncateSync(path.join(cut, 'text_encoder/model.onnx'), 5000);
		await expect(openPainter(cut)).rejects.toMatchObject({code: 'model-invalid'});
	});

	it('is refused for graphs that lie in the wrong places', async () => {
		const {readFileSync} = await import('node:fs');
		const graph = (name: string): Uint8Array => readFileSync(path.join(diffusionFolder('sd'), name, 'model.onnx'));
		await expect(
			openPainter(changedFolder('sd', {write: {'unet/model.onnx': graph('vae_decoder')}})),
		).rejects.toMatchObject({
			code: 'model-invalid',
			data: {problem: expect.stringMatching(/unet graph lacks sample.*wants latent_sample/)},
		});
		await expect(
			openPainter(changedFolder('sd', {write: {'text_encoder/model.onnx': graph('unet')}})),
		).rejects.toMatchObject({code: 'model-invalid'});
		await expect(
			openPainter(changedFolder('sd', {write: {'vae_decoder/model.onnx': graph('unet')}})),
		).rejects.toMatchObject({code: 'model-invalid'});
	});

	it.each(['sdxl', 'lcm', 'sd3', 'flux'])('of the layout of %s draws with what its configuration says', async name => {
		const [picture] = (await drawn(await opened(name), {prompt, steps: 2, seed: 1, width: 32, height: 32})).images;
		expect(decodePng(picture?.image.bytes ?? new Uint8Array()).pixels).toMatchObject({width: 32, height: 32});
	});
});
