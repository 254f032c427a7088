import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {AdoptReport} from '../../../../src/contract/store.ts';
import {adopt} from '../../../../src/models/adopt/adopt.ts';
import {Library} from '../../../../src/models/library.ts';
import {removeModel} from '../../../../src/models/remove.ts';
import {tinyLlama, writeGguf} from '../../../helpers/gguf.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const model = writeGguf(tinyLlama);
const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

interface Place {
	readonly home: string;
	readonly adopted: string;
	readonly models: Library;
	run(tool: string | null, folder?: string | null, env?: Record<string, string>): Promise<readonly AdoptReport[]>;
}

function place(): Place {
	const home = temporaryFolder();
	const adopted = path.join(home, 'mofa', 'adopted');
	return {
		home,
		adopted,
		models: new Library({starters: path.join(home, 'none'), hubCache: path.join(home, 'hub'), adopted}),
		run: (tool, folder = null, env = {}) =>
			adopt({tool, folder, adopted, sources: {env: {...env, XDG_CACHE_HOME: ''}, platform: 'linux', home}}),
	};
}

function write(file: string, content: Buffer | string): void {
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, content);
}

type Layer = readonly [kind: string, content: Buffer | string];

/** As ollama lays a model out: a manifest, and a blob for each layer. */
function ollamaModel(root: string, name: string, layers: readonly Layer[]): void {
	for (const [, content] of layers) write(path.join(root, 'blobs', `sha256-${sha256(content)}`), content);
	write(
		path.join(root, 'manifests', ...name.split('/')),
		JSON.stringify({
			schemaVersion: 2,
			mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
			layers: layers.map(([kind, content]) => ({
				mediaType: `application/vnd.ollama.image.${kind}`,
				digest: `sha256:${sha256(content)}`,
				size: content.length,
			})),
		}),
	);
}

test('the models of ollama are linked, listed and found, and no byte is copied', async () => {
	const {home, adopted, models, run} = place();
	const root = path.join(home, '.ollama', 'models');
	ollamaModel(root, 'registry.ollama.ai/library/tiny/3b', [
		['model', model],
		['projector', writeGguf({...tinyLlama, version: 2})],
		['template', '{{ .Prompt }}'],
	]);
	ollamaModel(root, 'hf.co/org/repo/Q8_0', [['model', model]]);
	expect((await run('ollama'))[0]).toMatchObject({
		tool: 'ollama',
		folder: root,
		models: [
			{name: 'ollama/org-repo:Q8_0', state: 'linked', because: null},
			{name: 'ollama/tiny:3b', state: 'linked', because: null},
		],
	});
	const entries = await models.list();
	expect(entries).toMatchObject([
		{name: 'ollama/org-repo:Q8_0', source: 'adopted', origin: 'ollama', state: 'present', family: 'llama'},
		{name: 'ollama/tiny:3b', source: 'adopted', origin: 'ollama', state: 'present'},
	]);
	const found = await models.find('Ollama/Tiny');
	expect(found.installed.id).toBe('ollama/tiny:3b');
	expect(found.files.map(({role, hash}) => [role, hash])).toEqual([
		['weights', sha256(model)],
		['projector', expect.stringMatching(/^[0-9a-f]{64}$/)],
	]);
	const weights = found.installed.paths['weights'] ?? '';
	expect(weights).toMatch(/weights\.gguf$/);
	expect(statSync(weights).ino).toBe(statSync(path.join(root, 'blobs', `sha256-${sha256(model)}`)).ino);
	expect(readdirSync(adopted).toSorted()).toEqual(['ollama', 'ollama.json']);
});

test('adopting again links what is new, and knows the rest', async () => {
	const {home, run} = place();
	const root = path.join(home, '.ollama', 'models');
	ollamaModel(root, 'registry.ollama.ai/library/a/latest', [['model', model]]);
	await run(null);
	ollamaModel(root, 'registry.ollama.ai/library/b/latest', [['model', model]]);
	expect((await run(null))[0]?.models.map(({name, state}) => [name, state])).toEqual([
		['ollama/a:latest', 'known'],
		['ollama/b:latest', 'linked'],
	]);
});

test('what cannot be used is refused with the reason', async () => {
	const {home, run, models} = place();
	const root = path.join(home, '.ollama', 'models');
	const at = (name: string): string => `registry.ollama.ai/library/${name}/latest`;
	ollamaModel(root, at('adapter'), [
		['model', model],
		['adapter', 'lora'],
	]);
	ollamaModel(root, at('broken'), [['model', 'GGUF, but not really']]);
	ollamaModel(root, at('cloud'), [['template', '{{ .Prompt }}']]);
	ollamaModel(root, at('missing'), [['model', 'to be deleted']]);
	rmSync(path.join(root, 'blobs', `sha256-${sha256('to be deleted')}`));
	const outside = JSON.stringify({
		layers: [{mediaType: 'application/vnd.ollama.image.model', digest: 'sha256:../../../secret', size: 6}],
	});
	write(path.join(root, 'manifests', at('traversal')), outside);
	write(path.join(root, 'secret'), model);
	write(path.join(root, 'manifests', at('garbage')), '{"layers"');
	const [report] = await run('ollama');
	expect(report?.models.map(({name, state, because}) => [name, state, because])).toEqual([
		['ollama/adapter:latest', 'refused', expect.stringContaining('LoRA')],
		['ollama/broken:latest', 'refused', expect.stringContaining('GGUF version')],
		['ollama/cloud:latest', 'refused', expect.stringContaining('no weights')],
		['ollama/missing:latest', 'refused', expect.stringContaining('missing')],
		['ollama/traversal:latest', 'refused', expect.stringContaining('no weights')],
	]);
	expect(await models.list()).toEqual([]);
});

test('a model that its own tool deletes later is shown as gone, and running it says so', async () => {
	const {home, run, models} = place();
	const root = path.join(home, '.ollama', 'models');
	ollamaModel(root, 'registry.ollama.ai/library/a/latest', [['model', model]]);
	await run('ollama');
	rmSync(path.join(root, 'blobs'), {recursive: true});
	expect(await models.list()).toMatchObject([{name: 'ollama/a:latest', state: 'gone', presentBytes: 0}]);
	await expect(models.find('ollama/a')).rejects.toMatchObject({
		code: 'file-error',
		data: {problem: expect.stringContaining('ollama has deleted')},
	});
});

test('removing an adopted model takes the link away and leaves the file to its tool', async () => {
	const {home, adopted, run, models} = place();
	const root = path.join(home, '.ollama', 'models');
	ollamaModel(root, 'registry.ollama.ai/library/a/latest', [['model', model]]);
	await run('ollama');
	const found = await models.find('ollama/a');
	expect(await removeModel(found, {hubCache: path.join(home, 'hub'), adopted})).toEqual({freedBytes: 0});
	expect(await models.list()).toEqual([]);
	expect(existsSync(found.installed.paths['weights'] ?? '')).toBe(false);
	expect(readFileSync(path.join(root, 'blobs', `sha256-${sha256(model)}`))).toEqual(model);
});

test('the models of LM Studio are found by publisher and repository, with their parts and projectors', async () => {
	const {home, run, models} = place();
	const root = path.join(home, '.lmstudio', 'models');
	write(path.join(root, 'someone', 'Tiny-GGUF', 'Tiny-Q8_0-00001-of-00002.gguf'), model);
	write(path.join(root, 'someone', 'Tiny-GGUF', 'Tiny-Q8_0-00002-of-00002.gguf'), 'rest');
	write(path.join(root, 'someone', 'Tiny-GGUF', 'mmproj-F16.gguf'), model);
	write(path.join(root, 'another', 'Tiny-GGUF', 'Tiny-Q8_0.gguf'), model);
	write(path.join(root, 'mlx', 'Tiny-4bit', 'model.safetensors'), 'weights');
	const [report] = await run('lmstudio');
	expect(report?.models.map(({name, state}) => [name, state])).toEqual([
		['lmstudio/Tiny-GGUF:Q8_0', 'linked'],
		['lmstudio/Tiny-4bit:safetensors', 'refused'],
		['lmstudio/someone-Tiny-GGUF:Q8_0', 'linked'],
	]);
	const found = await models.find('lmstudio/someone-Tiny-GGUF');
	expect(found.files.map(({role, path: file}) => [role, path.basename(file)])).toEqual([
		['weights', 'Tiny-Q8_0-00001-of-00002.gguf'],
		['weights-2', 'Tiny-Q8_0-00002-of-00002.gguf'],
		['projector', 'mmproj-F16.gguf'],
	]);
});

test('LM Studio may have moved its home', async () => {
	const {home, run} = place();
	const moved = path.join(home, 'elsewhere');
	write(path.join(home, '.lmstudio-home-pointer'), `${moved}\n`);
	write(path.join(moved, 'models', 'someone', 'Tiny-GGUF', 'Tiny-Q8_0.gguf'), model);
	expect((await run('lmstudio'))[0]?.models).toMatchObject([{name: 'lmstudio/Tiny-GGUF:Q8_0', state: 'linked'}]);
});

test('the models of llama.cpp are named by their manifests, or by their files where they have none', async () => {
	const {home, run, models} = place();
	const root = path.join(home, '.cache', 'llama.cpp');
	write(path.join(root, 'org_tiny-GGUF_tiny-Q8_0.gguf'), model);
	write(
		path.join(root, 'manifest=org=tiny-GGUF=latest.json'),
		JSON.stringify({ggufFile: {rfilename: 'tiny-Q8_0.gguf', size: model.length, lfs: {sha256: sha256(model)}}}),
	);
	write(path.join(root, 'by-hand.gguf'), model);
	const [report] = await run('llama.cpp');
	expect(report?.models.map(({name, state}) => [name, state])).toEqual([
		['llama.cpp/by-hand', 'linked'],
		['llama.cpp/tiny-GGUF:Q8_0', 'linked'],
	]);
	expect((await models.find('llama.cpp/tiny-gguf')).files[0]?.hash).toBe(sha256(model));
	expect((await models.find('llama.cpp/by-hand')).files[0]?.hash).toBeNull();
	const elsewhere = path.join(home, 'own');
	write(path.join(elsewhere, 'mine.gguf'), model);
	expect((await run('llama.cpp', null, {LLAMA_CACHE: elsewhere}))[0]?.folder).toBe(elsewhere);
});

test('a tool that is not there is passed over, and an error when it was named', async () => {
	const {run} = place();
	expect(await run(null)).toEqual([]);
	await expect(run('ollama', '/nowhere/at/all')).rejects.toMatchObject({code: 'file-error'});
	await expect(run('winamp')).rejects.toMatchObject({code: 'invalid-request'});
	await expect(run(null, '/tmp')).rejects.toMatchObject({code: 'invalid-request'});
});

test('a record that was tampered with leads no deletion out of the folder', async () => {
	const {home, adopted, run, models} = place();
	const root = path.join(home, '.ollama', 'models');
	ollamaModel(root, 'registry.ollama.ai/library/a/latest', [['model', model]]);
	await run('ollama');
	const record = path.join(adopted, 'ollama.json');
	writeFileSync(record, readFileSync(record, 'utf8').replace(/"link": "[^"]*"/, '"link": "../../precious"'));
	write(path.join(home, 'precious'), 'x');
	expect(await models.list()).toEqual([]);
	expect(existsSync(path.join(home, 'precious'))).toBe(true);
});
