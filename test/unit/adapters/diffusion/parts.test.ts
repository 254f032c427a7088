import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {diffusion} from '../../../../src/adapters/diffusion.ts';
import {guidanceVector} from '../../../../src/adapters/diffusion/unet.ts';
import {callsOf} from '../../../../src/adapters/diffusion/network.ts';
import {isPipeline, partRoles} from '../../../../src/adapters/diffusion/parts.ts';
import {pictureText} from '../../../../src/adapters/diffusion/picture-text.ts';
import {shrunk} from '../../../../src/adapters/diffusion/preview.ts';
import {keptPixels, latentMask, maskOf, planesOf, resized} from '../../../../src/adapters/diffusion/start-picture.ts';
import {hiddenOutput} from '../../../../src/adapters/diffusion/text.ts';
import {packLatents, unpackLatents} from '../../../../src/adapters/diffusion/transformers.ts';
import type {Drawing} from '../../../../src/adapters/diffusion/plan-drawing.ts';
import type {ModelManifest, Variant} from '../../../../src/contract/manifest.ts';
import {filesOf} from '../../../../src/models/registry/entry.ts';
import {parseEntry} from '../../../../src/models/registry/parse-entry.ts';

const variant = (...roles: readonly string[]): Variant => ({
	tag: 'fp32',
	format: 'onnx',
	files: roles.map(role => ({role, url: 'file:///x', bytes: 1})),
});

describe('the parts of a pipeline', () => {
	it('are found by their folder, or by the name that other exports give them', () => {
		const roles = partRoles(variant('weights-unet_model', 'weights-unet_model-data', 'weights-text_encoder', 'config'));
		expect([...roles]).toEqual([
			['text_encoder', 'weights-text_encoder'],
			['unet', 'weights-unet_model'],
		]);
	});

	it('are enough where something reads, something draws and something shows', () => {
		expect(isPipeline(variant('weights-unet', 'weights-text_encoder', 'weights-vae_decoder'))).toBe(true);
		expect(isPipeline(variant('weights-transformer', 'weights-text_encoder_2', 'weights-vae_decoder'))).toBe(true);
		expect(isPipeline(variant('weights-unet', 'weights-text_encoder'))).toBe(false);
		expect(isPipeline(variant('weights-unet', 'weights-vae_decoder'))).toBe(false);
	});

	it('are served for the families that are known, and for no others', () => {
		const whole = variant('weights-unet', 'weights-text_encoder', 'weights-vae_decoder');
		const served = (family: string, tasks: readonly string[] = ['image']): boolean =>
			diffusion.serves({schema: 1, name: 'm', family, tasks, license: 'unknown', variants: [whole]}, whole);
		for (const family of [
			'stable-diffusion',
			'stable-diffusion-xl',
			'stable-diffusion-xlinpaint',
			'stable-diffusion3',
			'latent-consistency-model',
			'flux',
			'unknown',
		])
			expect([family, served(family)]).toEqual([family, true]);
		for (const family of ['stable-video-diffusion', 'stable-diffusion-control-net', 'zimage', 'flux2-klein'])
			expect([family, served(family)]).toEqual([family, false]);
		expect(served('stable-diffusion', ['chat'])).toBe(false);
	});

	it('are what the registry has of every model that it says is drawn with', () => {
		const folder = path.resolve(import.meta.dirname, '../../../../registry/models');
		const served = readdirSync(folder).flatMap(file => {
			const entry = parseEntry(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
			if (!entry.tasks.includes('image') || !entry.runs) return [];
			return Object.values(entry.sizes).flatMap(size =>
				size.variants
					.filter(({runs, format}) => runs !== false && format === 'onnx')
					.map(build => {
						const files = filesOf(entry, build).map(({role}) => ({role, url: '', bytes: 1}));
						const found: Variant = {tag: build.tag, format: build.format, files};
						const {name, family, tasks, license} = entry;
						const manifest: ModelManifest = {schema: 1, name, family, tasks, license, variants: [found]};
						return [
							entry.name,
							diffusion.serves(manifest, found),
							files.some(({role}) => role.startsWith('tokenizer/')),
						];
					}),
			);
		});
		expect(served).toEqual([
			['lcm', true, true],
			['sd-turbo', true, true],
			['sdxl-turbo', true, true],
		]);
	});
});

describe('what goes into a network', () => {
	it('is as many texts at once as its graph was made for', () => {
		expect(callsOf(['a', 'b'], null, true)).toEqual([['a', 'b']]);
		expect(callsOf(['a', 'b'], null, false)).toEqual([['a'], ['b']]);
		expect(callsOf(['a', 'b'], 1, true)).toEqual([['a'], ['b']]);
		expect(callsOf(['a'], 2, false)).toEqual([['a', 'a']]);
		expect(callsOf(['a', 'b'], 2, false)).toEqual([['a', 'b']]);
	});

	it('is packed by squares and unpacked again', () => {
		const shape = {channels: 2, width: 4, height: 2};
		const latents = Float32Array.from({length: 16}, (_, at) => at);
		expect([...packLatents(latents, shape)]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15]);
		expect(unpackLatents(packLatents(latents, shape), shape)).toEqual(latents);
	});

	it('tells the guidance as waves', () => {
		const vector = guidanceVector(0.5, 4);
		expect([...vector]).toEqual(
			[Math.sin(500), Math.sin(0.05), Math.cos(500), Math.cos(0.05)].map(value => expect.closeTo(value, 4)),
		);
		expect(guidanceVector(1, 5)[4]).toBe(0);
	});
});

describe('the layer of an encoder', () => {
	const outputs = (...names: readonly string[]) => ({
		outputs: names.map(name => ({
			name,
			type: 'float32',
			shape: name.startsWith('text') || name.startsWith('pool') ? ['b', 8] : ['b', 77, 8],
		})),
	});
	const layer = (names: readonly string[], layers: number | null, which: 'last' | 'last but one'): string | undefined =>
		hiddenOutput(outputs(...names), {layers}, which)?.name;

	it('is known by its name, or by what there is', () => {
		const all = ['last_hidden_state', 'pooler_output', ...[0, 1, 2, 3].map(at => `hidden_states.${at}`)];
		expect(layer(all, 3, 'last')).toBe('last_hidden_state');
		expect(layer(all, 3, 'last but one')).toBe('hidden_states.2');
		expect(layer(all, null, 'last but one')).toBe('hidden_states.2');
		expect(layer(['text_embeds', 'hidden_states.31'], null, 'last but one')).toBe('hidden_states.31');
		expect(layer(['text_embeds', 'hidden_states.31'], 32, 'last but one')).toBe('hidden_states.31');
		expect(layer(['text_embeddings', 'hidden_states'], 12, 'last but one')).toBe('hidden_states');
		expect(layer(['pooled', 'encoded'], null, 'last')).toBe('encoded');
		expect(layer(['last_hidden_state'], 12, 'last but one')).toBeUndefined();
	});
});

describe('pictures that are begun from', () => {
	const pixels = (width: number, height: number, valueAt: (at: number) => number) => ({
		data: Uint8Array.from({length: width * height * 3}, (_, at) => valueAt(at)),
		width,
		height,
		channels: 3 as const,
	});

	it('are read channel by channel, from -1 to 1', () => {
		expect([...planesOf(pixels(2, 1, at => [0, 255, 51, 255, 0, 102][at] ?? 0))]).toEqual(
			[-1, 1, 1, -1, -0.6, -0.2].map(value => expect.closeTo(value, 6)),
		);
	});

	it('are spread smoothly where they grow and averaged where they shrink', () => {
		const row = pixels(2, 1, at => (at < 3 ? 0 : 200));
		expect([...resized(row, 4, 1).data].filter((_, at) => at % 3 === 0)).toEqual([0, 50, 150, 200]);
		expect([...resized(row, 1, 1).data]).toEqual([100, 100, 100]);
		expect(resized(row, 1, 3)).toMatchObject({width: 1, height: 3});
	});

	it('stay to the last bit where the mask is black', () => {
		const mask = maskOf(pixels(2, 1, at => (at < 3 ? 0 : 255)));
		expect([...mask]).toEqual([0, 1]);
		const kept = keptPixels(
			pixels(2, 1, () => 9),
			pixels(2, 1, () => 4),
			mask,
		);
		expect([...kept.data]).toEqual([4, 4, 4, 9, 9, 9]);
	});

	it('have a mask for the latents too, of the corner of each square', () => {
		const mask = Float32Array.from({length: 16}, (_, at) => (at % 4 >= 2 ? 1 : 0));
		expect([...latentMask(mask, 4, 4, 2)]).toEqual([0, 1, 0, 1]);
	});
});

it('previews are means of the latents, a little over the edge too', () => {
	const latents = Float32Array.from({length: 18}, (_, at) => at);
	const small = shrunk(latents, {channels: 2, width: 3, height: 3}, 2);
	expect(small.shape).toEqual({channels: 2, width: 2, height: 2});
	expect([...small.latents]).toEqual([2, 3.5, 6.5, 8, 11, 12.5, 15.5, 17]);
	expect(shrunk(latents, {channels: 2, width: 3, height: 3}, 3).latents).toBe(latents);
});

it('a picture tells what it was made from, as other tools write it and as a request', () => {
	const drawing: Pick<Drawing, 'width' | 'height' | 'steps' | 'guidance' | 'scheduler' | 'strength' | 'karras'> = {
		width: 64,
		height: 32,
		steps: 4,
		guidance: 2.5,
		scheduler: 'dpm++-2m',
		strength: 0.6,
		karras: true,
	};
	const request = {prompt: 'a cat,\nred', negativePrompt: 'a dog'};
	const text = pictureText(request, drawing as Drawing, 7, '/home/me/models/tiny, model');
	expect(text.parameters).toBe(
		'a cat,\nred\nNegative prompt: a dog\nSteps: 4, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 2.5, Seed: 7, Size: 64x32, Model: tiny  model, Denoising strength: 0.6, Version: mofa 0.0.0-source',
	);
	expect(JSON.parse(text.mofa)).toMatchObject({
		prompt: 'a cat,\nred',
		negativePrompt: 'a dog',
		width: 64,
		height: 32,
		steps: 4,
		guidance: 2.5,
		seed: 7,
		scheduler: 'dpm++-2m',
		strength: 0.6,
	});
	expect(JSON.stringify(text)).not.toContain('/home/me');
});
