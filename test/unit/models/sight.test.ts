import {copyFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {gguf} from '../../../src/adapters/gguf.ts';
import {ggufVision} from '../../../src/adapters/gguf-vision.ts';
import {EngineLoader} from '../../../src/daemon/loader.ts';
import {Measurements} from '../../../src/daemon/measurements.ts';
import {Probes} from '../../../src/daemon/probes.ts';
import type {AnyAdapter} from '../../../src/contract/adapter.ts';
import type {Availability} from '../../../src/contract/backend.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import {Descriptions} from '../../../src/models/cache/descriptions.ts';
import type {Library} from '../../../src/models/library.ts';
import {pathModel} from '../../../src/models/path-model.ts';
import {projectorBeside} from '../../../src/models/resolve/group-gguf.ts';
import {alteredLlama, writeGguf} from '../../helpers/gguf.ts';
import {projectorPath} from '../../helpers/llama-server.ts';
import {testDevice} from '../../helpers/stories.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const chats = alteredLlama({'tokenizer.chat_template': {type: 'string', value: '{{ messages }}'}});
const hears = writeGguf({
	metadata: {
		'general.architecture': {type: 'string', value: 'clip'},
		'clip.has_audio_encoder': {type: 'bool', value: true},
	},
	tensors: [{name: 'a.conv1d.weight', shape: [8]}],
});

function folderWith(files: Readonly<Record<string, Buffer | string>>): string {
	const folder = temporaryFolder();
	for (const [name, content] of Object.entries(files)) {
		if (typeof content === 'string') copyFileSync(content, path.join(folder, name));
		else writeFileSync(path.join(folder, name), content);
	}
	return folder;
}

const at = async (file: string, known = new Descriptions()): Promise<InstalledModel> =>
	(await pathModel(file, known)).installed;

test('a chat model sees with a projector beside it, by its folder and by its file', async () => {
	const folder = folderWith({'llava-Q8_0.gguf': chats, 'mmproj-llava-f16.gguf': projectorPath});
	for (const name of [folder, path.join(folder, 'llava-Q8_0.gguf')]) {
		const {manifest, paths} = await at(name);
		expect(manifest).toMatchObject({tasks: ['chat', 'completion'], accepts: ['image']});
		expect(path.basename(paths['projector'] ?? '')).toBe('mmproj-llava-f16.gguf');
	}
});

test('a projector that comes or changes later is seen', async () => {
	const known = new Descriptions();
	const folder = folderWith({'model.gguf': chats});
	expect((await at(folder, known)).manifest.accepts).toBeUndefined();
	writeFileSync(path.join(folder, 'mmproj.gguf'), hears);
	expect((await at(folder, known)).manifest.accepts).toBeUndefined();
	copyFileSync(projectorPath, path.join(folder, 'mmproj.gguf'));
	expect((await at(folder, known)).manifest.accepts).toEqual(['image']);
});

test('neither a projector for sound alone nor a model that does not chat makes one that sees', async () => {
	const deaf = await at(folderWith({'model.gguf': chats, 'mmproj.gguf': hears}));
	expect(deaf.manifest.accepts).toBeUndefined();
	const mute = await at(folderWith({'model.gguf': alteredLlama({}), 'mmproj.gguf': projectorPath}));
	expect(mute.manifest.accepts).toBeUndefined();
});

test('in a folder of several models a projector belongs to the one it is named after', () => {
	const beside = ['llava-7b-Q4_K_M.gguf', 'llava-7b-Q8_0.gguf', 'mmproj-llava-7b-f16.gguf'];
	const files = (names: readonly string[]): ReadonlyArray<{readonly file: string; readonly bytes: number}> =>
		names.map(file => ({file, bytes: 1}));
	expect(projectorBeside('llava-7b-Q8_0.gguf', files(beside))?.file).toBe('mmproj-llava-7b-f16.gguf');
	const more = files([...beside, 'qwen3-4b-Q8_0.gguf']);
	expect(projectorBeside('llava-7b-Q4_K_M.gguf', more)?.file).toBe('mmproj-llava-7b-f16.gguf');
	expect(projectorBeside('qwen3-4b-Q8_0.gguf', more)).toBeUndefined();
	expect(projectorBeside('mmproj-llava-7b-f16.gguf', more)).toBeUndefined();
});

/** Adapters whose backends are there, or not. */
function loaderOf(installed: InstalledModel, usable: Readonly<Record<string, boolean>>): EngineLoader {
	const folder = temporaryFolder();
	const probe = async (backend: string): Promise<Availability> =>
		usable[backend] === true
			? {ok: true, version: '1', accelerator: 'cpu'}
			: {ok: false, reason: 'not-installed', hint: `get ${backend}`};
	const adapters = [gguf, ggufVision].map((adapter): AnyAdapter =>
		Object.assign(Object.create(adapter) as AnyAdapter, {
			probe: () => probe(adapter.backend),
			probedFrom: async () => null,
		}),
	);
	return new EngineLoader({
		library: {lookUp: async () => ({installed})} as unknown as Library,
		adapters,
		device: testDevice,
		measurements: new Measurements(path.join(folder, 'measurements.json')),
		probes: new Probes(path.join(folder, 'probes.json')),
		defaults: {},
		packFor: async backend => ({name: backend, bytes: null}),
		start: async () => {
			throw new Error('nothing is loaded here');
		},
		standIn: async () => null,
	});
}

test('who sees serves what is asked of a chat, the library completions, and without the program it reads text', async () => {
	const installed = await at(folderWith({'model.gguf': chats, 'mmproj.gguf': projectorPath}));
	const ways = async (task: string, usable: Readonly<Record<string, boolean>>): Promise<readonly string[]> =>
		(await loaderOf(installed, usable).resolve({model: 'model', task, settings: {}})).map(({adapter}) => adapter);
	expect(await ways('chat', {llama: true, 'llama-server': true})).toEqual(['gguf-vision']);
	expect(await ways('completion', {llama: true, 'llama-server': true})).toEqual(['gguf']);
	expect(await ways('chat', {llama: true})).toEqual(['gguf']);
	// Without either, the one that is had sooner is offered.
	await expect(ways('chat', {})).rejects.toMatchObject({
		code: 'backend-unavailable',
		data: {backend: 'llama', pack: {name: 'llama'}},
	});
	await expect(ways('completion', {'llama-server': true})).rejects.toMatchObject({data: {backend: 'llama'}});
});
