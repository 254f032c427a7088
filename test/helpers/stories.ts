import {existsSync, statSync} from 'node:fs';
import path from 'node:path';
import {gguf} from '../../src/adapters/gguf.ts';
import type {LoadSettings} from '../../src/contract/adapter.ts';
import type {Device} from '../../src/contract/backend.ts';
import type {AnyEngine} from '../../src/contract/engine.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';

/** A real model of 260 thousand parameters, beside the checkout. */
export const storiesPath: string = path.resolve(
	import.meta.dirname,
	'../../../shared/models/stories260K/stories260K-f32.gguf',
);
export const storiesPresent: boolean = existsSync(storiesPath);
if (!storiesPresent) console.warn(`SKIPPED: tests of a real model need ${storiesPath}`);

export const testDevice: Device = {
	platform: 'linux',
	arch: 'x64',
	pools: {ram: 8e9},
	cores: 2,
	accelerators: [],
};

export function storiesModel(options: Readonly<Record<string, unknown>> = {}): InstalledModel {
	const bytes = storiesPresent ? statSync(storiesPath).size : 0;
	const variant = {
		tag: 'f32',
		format: 'gguf',
		files: [{role: 'weights', url: `file://${storiesPath}`, bytes}],
		options: {gguf: storiesHeader, ...options},
	};
	return {
		id: 'stories260K',
		manifest: {
			schema: 1,
			name: 'stories260K',
			family: 'llama',
			tasks: ['completion'],
			license: 'MIT',
			contextLength: 512,
			variants: [variant],
		},
		variant,
		paths: {weights: storiesPath},
	};
}

const storiesHeader = {
	'general.architecture': 'llama',
	'llama.block_count': 5,
	'llama.context_length': 512,
	'llama.embedding_length': 64,
	'llama.feed_forward_length': 172,
	'llama.attention.head_count': 8,
	'llama.attention.head_count_kv': 4,
	'llama.vocab_size': 512,
};

export function loadStories(
	settings: LoadSettings = {},
	options: Readonly<Record<string, unknown>> = {},
): Promise<AnyEngine> {
	return gguf.load(storiesModel(options), {
		signal: new AbortController().signal,
		progress: () => undefined,
		device: testDevice,
		threads: 1,
		settings,
	});
}
