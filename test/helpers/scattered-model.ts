import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {createHub} from '../../src/models/hub/create-hub.ts';
import type {Hub} from '../../src/models/hub/hub.ts';
import {hubSettings} from '../../src/models/hub/hub-settings.ts';
import {Registry} from '../../src/models/registry/registry.ts';
import type {HubRepository} from '../fixtures/hub/repository.ts';
import {startHub, type HubServer} from '../fixtures/hub/start-hub.ts';
import {diffusionFolder} from './diffusion.ts';
import {temporaryFolder} from './temporary-folder.ts';

// A model whose files lie in two repositories: sd-turbo, as the registry has it.

export const shipped: string = path.resolve(import.meta.dirname, '../../registry/models');

/** The line as it ships, with the builds alone that run. */
export function turboAlone(): Registry {
	const entry = JSON.parse(readFileSync(path.join(shipped, 'sd-turbo.json'), 'utf8')) as {
		sizes: Record<string, {variants: Array<{runs?: boolean}>}>;
	};
	for (const size of Object.values(entry.sizes)) size.variants = size.variants.filter(({runs}) => runs !== false);
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'sd-turbo.json'), JSON.stringify(entry));
	return new Registry([folder]);
}

const parts = (folder: string, ...files: readonly string[]): Record<string, Buffer> =>
	Object.fromEntries(files.map(file => [file, readFileSync(path.join(diffusionFolder(folder), file))]));

const graphs = ['text_encoder/model.onnx', 'unet/model.onnx', 'vae_decoder/model.onnx'];
const vocabulary = ['tokenizer/vocab.json', 'tokenizer/merges.txt'];
/** Somebody converted the graphs, and left the vocabulary where it was. */
export const converted: HubRepository = {
	name: 'microsoft/sd-turbo-webnn',
	files: parts('sd-fp16', ...graphs),
	pipelineTag: 'text-to-image',
};
export const original: HubRepository = {
	name: 'stabilityai/sd-turbo',
	files: parts('sd', ...vocabulary, 'model_index.json'),
};

export async function hubOf(
	...repositories: readonly HubRepository[]
): Promise<{readonly hub: Hub; readonly server: HubServer}> {
	const server = await startHub({repositories});
	const hub = createHub({settings: hubSettings({HF_ENDPOINT: server.endpoint}, '/nowhere')});
	onTestFinished(async () => {
		await hub.close();
		await server.close();
	});
	return {hub, server};
}
