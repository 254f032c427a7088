import path from 'node:path';
import {describe, expect, onTestFinished, test} from 'vitest';
import type {Hub} from '../../../../src/models/hub/hub.ts';
import {parseName} from '../../../../src/models/name.ts';
import {pullVariant} from '../../../../src/models/pull/pull-variant.ts';
import {Registry} from '../../../../src/models/registry/registry.ts';
import type {RemoteModel} from '../../../../src/models/remote-model.ts';
import {resolveModel} from '../../../../src/models/resolve/resolve-model.ts';
import {drawn, openPainter} from '../../../helpers/diffusion.ts';
import {converted, hubOf, original, shipped, turboAlone} from '../../../helpers/scattered-model.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const {signal} = new AbortController();

const resolved = async (hub: Hub, name: string, registry: Registry = turboAlone()): Promise<RemoteModel> =>
	(await resolveModel(parseName(name), {hub, registry, signal})).model;

describe('a registered model whose files lie in two repositories', () => {
	test('has all of them, each with the place that it comes from', async () => {
		const {hub, server} = await hubOf(converted, original);
		const [variant] = (await resolved(hub, 'sd-turbo')).variants;
		expect(variant).toMatchObject({repository: converted.name, runs: true, because: null});
		expect(variant.files.map(({role, source}) => [role, source?.repository ?? null])).toEqual([
			['weights-text_encoder', null],
			['weights-unet', null],
			['weights-vae_decoder', null],
			['tokenizer/vocab.json', original.name],
			['tokenizer/merges.txt', original.name],
		]);
		const commit = server.commitOf(original.name);
		expect(variant.variant.files.map(({url}) => url)).toContain(`hf://${original.name}@${commit}/tokenizer/vocab.json`);
	});

	test('is fetched into one folder, and draws', async () => {
		const {hub} = await hubOf(converted, original);
		const model = await resolved(hub, 'sd-turbo');
		const cache = path.join(temporaryFolder(), 'hub');
		const state = path.join(temporaryFolder(), 'state');
		const [variant] = model.variants;
		for await (const _ of pullVariant({hub, cache, state, model, variant, fit: null, signal}));
		const folder = path.join(cache, 'models--microsoft--sd-turbo-webnn', 'snapshots', variant.commit);
		const engine = await openPainter(folder);
		onTestFinished(() => engine[Symbol.asyncDispose]());
		const {images, usage} = await drawn(engine, {prompt: 'a red circle', width: 32, height: 32});
		expect(images).toHaveLength(1);
		expect(usage).toMatchObject({steps: 1, tokens: 3});
	});

	test('is not there where one of them is gone', async () => {
		const {hub} = await hubOf(converted, {...original, files: {'model_index.json': Buffer.from('{}')}});
		await expect(resolved(hub, 'sd-turbo')).rejects.toMatchObject({code: 'model-not-found'});
	});
});

test('further repositories are not asked for builds that do not run', async () => {
	const {hub, server} = await hubOf(
		...['leejet/FLUX.2-klein-4B-GGUF', 'leejet/FLUX.2-klein-9B-GGUF'].map(name => ({
			name,
			files: {'flux-2-klein-4b-Q4_0.gguf': Buffer.from('GGUF'), 'flux-2-klein-4b-Q8_0.gguf': Buffer.from('GGUF')},
		})),
	);
	// The header of such a file is none; what matters is who was asked.
	await resolved(hub, 'flux2-klein', new Registry([shipped])).catch(() => undefined);
	expect(server.requests.some(({path: asked}) => asked.includes('Comfy-Org'))).toBe(false);
});
