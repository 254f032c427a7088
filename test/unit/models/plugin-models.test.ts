import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Library} from '../../../src/models/library.ts';
import {parseManifest} from '../../../src/models/parse-manifest.ts';
import {removeModel} from '../../../src/models/remove.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const file = {role: 'weights', url: './graph.onnx'};
const manifest = {
	schema: 1,
	name: 'namer',
	family: 'namer',
	tasks: ['naming'],
	license: 'MIT',
	variants: [{tag: 'f16', format: 'onnx', files: [file], options: {side: 32}}],
};

function write(root: string, name: string, content: unknown): void {
	mkdirSync(path.join(root, name), {recursive: true});
	writeFileSync(path.join(root, name, 'manifest.json'), JSON.stringify(content));
	writeFileSync(path.join(root, name, 'graph.onnx'), 'twelve bytes');
}

test('models of plugins are listed and found while the plugin is there; broken ones are left out', async () => {
	const root = temporaryFolder();
	write(root, 'namer', manifest);
	write(root, 'broken', {...manifest, name: 'broken', variants: []});
	write(root, 'gone', {
		...manifest,
		name: 'gone',
		variants: [{...manifest.variants[0], files: [{...file, url: './no.onnx'}]}],
	});
	let plugins = [{plugin: 'names', folder: root}];
	const library = new Library({starters: '/nothing/is/here', hubCache: '/nothing/is/here', plugins: () => plugins});
	expect(await library.list()).toMatchObject([
		{name: 'namer', source: 'plugin', origin: 'names', tasks: ['naming'], bytes: 12, state: 'present'},
	]);
	const model = await library.find('Namer');
	expect(model.installed.paths).toEqual({weights: path.join(root, 'namer', 'graph.onnx')});
	expect(model.installed.variant.options).toEqual({side: 32});
	await expect(removeModel(model, {hubCache: root})).rejects.toMatchObject({
		data: {expected: 'a model that was downloaded; this one goes with its plugin'},
	});
	plugins = [];
	await expect(library.find('namer')).rejects.toMatchObject({code: 'model-not-found'});
});

test('a model whose files do not say what it does can do what its adapters do', async () => {
	const root = temporaryFolder();
	writeFileSync(path.join(root, 'graph.onnx'), 'twelve bytes');
	const tasksOf = (): readonly string[] => ['naming'];
	const place = {starters: '', hubCache: ''};
	const found = await new Library({...place, tasksOf}).find(root);
	expect(found.installed.manifest.tasks).toEqual(['naming']);
	expect((await new Library({...place, tasksOf: () => []}).find(root)).installed.manifest.tasks).toEqual([]);
	write(root, 'namer', manifest);
	const named = new Library({...place, tasksOf: () => ['other'], plugins: () => [{plugin: 'names', folder: root}]});
	expect((await named.find('namer')).installed.manifest.tasks).toEqual(['naming']);
});

test.each<[string, object, string]>([
	['schema', {schema: 2}, 'schema: is not 1'],
	['name', {name: '../namer'}, 'name: '],
	['tasks', {tasks: 'naming'}, 'tasks: is no list'],
	['a task', {tasks: ['a b']}, 'tasks.0: '],
	['a licence', {license: 7}, 'license: '],
	['variants', {variants: []}, 'variants: is empty'],
	[
		'a file above',
		{variants: [{tag: 'a', format: 'onnx', files: [{...file, url: './../x'}]}]},
		'variants.0.files.0.url: ',
	],
	['a whole path', {variants: [{tag: 'a', format: 'onnx', files: [{...file, url: '/etc/passwd'}]}]}, 'files.0.url: '],
	['an address', {variants: [{tag: 'a', format: 'onnx', files: [{...file, url: 'https://x'}]}]}, 'files.0.url: '],
	['options', {variants: [{tag: 'a', format: 'onnx', files: [], options: 1}]}, 'variants.0.options: is no object'],
])('a manifest is checked: %s', (_what, change, words) => {
	expect(() => parseManifest({...manifest, ...change})).toThrow(words);
	expect(parseManifest(manifest)).toBe(manifest);
});
