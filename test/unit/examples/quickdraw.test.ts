import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {AnyAdapter} from '../../../src/contract/adapter.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {decodePng} from '../../../src/media/picture/png.ts';
import {openPlugin} from '../../../src/plugins/open-plugin.ts';
import {image, type ImageRequest, type ImageResult} from '../../../src/tasks/image.ts';
import {openModel, testAdapter} from '../../../src/testing.ts';
import {sharedModels, sharedModelsPresent} from '../../helpers/onnx.ts';
import {quickdrawPlugin} from '../../helpers/shapes.ts';
import {testDevice} from '../../helpers/stories.ts';

const patience = {timeout: 120_000} as const;
/** As the network draws. */
const small = {width: 28, height: 28} as const;
const folder = path.join(sharedModels, 'quickdraw-cvae');

async function adapterOf(): Promise<AnyAdapter> {
	const [adapter] = (await openPlugin(quickdrawPlugin)).plugin.adapters ?? [];
	if (adapter === undefined) throw new Error('the plugin brings no adapter');
	return adapter;
}

describe.skipIf(!sharedModelsPresent)('the example of a plugin for a task that mofa has', () => {
	let engine: AnyEngine;
	beforeAll(async () => {
		const {signal} = new AbortController();
		const adapter = await adapterOf();
		const context = {signal, device: testDevice, settings: {}, threads: 1, progress: () => undefined};
		engine = await adapter.load(await openModel(folder), context);
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	const draw = (request: object, warnings: Warning[] = []): Promise<ImageResult> => {
		const handler = engine.tasks.image;
		if (handler === undefined) throw new Error('it does not draw');
		const signal = new AbortController().signal;
		return image.collect(handler(image.parse(request) as ImageRequest, {signal, warn: one => warnings.push(one)}));
	};

	test('keeps what mofa asks of adapters', patience, async () => {
		const model = await openModel(folder);
		const requests = {image: [{prompt: 'lion', seed: 3, count: 6}]};
		const adapter = await adapterOf();
		// Nothing in its files says what it does: whoever serves it knows.
		const tasked = {...model, manifest: {...model.manifest, tasks: adapter.tasks}};
		await expect(testAdapter({adapter, model: tasked, requests})).resolves.toBeDefined();
	});

	test(
		'draws every label it knows, each seed its own drawing, and the same again for the same seed',
		patience,
		async () => {
			const {labels} = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {labels: string[]};
			const seen = new Set<string>();
			for (const label of labels) {
				const {images} = await draw({...small, prompt: `a ${label.replaceAll('_', ' ')}`, seed: 1, count: 2});
				const again = await draw({...small, prompt: label, seed: 2});
				expect(images.map(({seed}) => seed)).toEqual([1, 2]);
				const [one, other] = images.map(({image: {bytes}}) => decodePng(bytes).pixels);
				expect({label, share: inkShare(one?.data) > 0.05 && inkShare(one?.data) < 0.5}).toEqual({label, share: true});
				expect(Buffer.compare(one?.data ?? new Uint8Array(), other?.data ?? new Uint8Array())).not.toBe(0);
				expect(decodePng(again.images[0]?.image.bytes ?? new Uint8Array()).pixels.data).toEqual(other?.data);
				seen.add(Buffer.from(one?.data ?? []).toString('base64'));
			}
			expect(seen.size).toBe(labels.length);
			const [first, second] = [await draw({prompt: 'key', seed: 9}), await draw({prompt: 'key', seed: 9})];
			expect(first.images[0]?.image.bytes).toEqual(second.images[0]?.image.bytes);
		},
	);

	test('refuses what it cannot draw, and lists what it can', async () => {
		await expect(draw({prompt: 'a submarine'})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'prompt', expected: expect.stringContaining('airplane, alarm_clock') as string},
		});
	});

	test('draws in the size it is asked for, and tells of what it has no use for', async () => {
		const warnings: Warning[] = [];
		const {images} = await draw({prompt: 'moon', seed: 1, width: 56, height: 84, steps: 20}, warnings);
		expect(images[0]).toMatchObject({width: 56, height: 84});
		expect(decodePng(images[0]?.image.bytes ?? new Uint8Array()).pixels).toMatchObject({width: 56, height: 84});
		expect(warnings.map(({setting}) => setting)).toEqual(['steps']);
	});
});

function inkShare(pixels: Uint8Array = new Uint8Array()): number {
	return pixels.reduce((sum, value) => sum + (255 - value), 0) / (pixels.length * 255);
}
