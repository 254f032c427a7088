import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {adapters} from '../../../src/adapters/index.ts';
import type {Device} from '../../../src/contract/backend.ts';
import type {ModelManifest, Variant} from '../../../src/contract/manifest.ts';
import {readPackage} from '../../../src/plugins/package-file.ts';
import {findPlugins} from '../../../src/plugins/places.ts';
import {PluginRegistry} from '../../../src/plugins/registry.ts';
import {builtInTasks} from '../../../src/tasks/index.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const task = (name: string): string =>
	`{name: '${name}', accepts: ['text'], emits: ['text'], parse: x => x, collect: async () => 1, visible() { throw new Error('blind'); }}`;
const adapter = (name: string, does: string, serves = 'false'): string =>
	`{name: '${name}', backend: 'none', tasks: ['${does}'], serves() { ${serves} }, probe: async () => { throw new Error('gone'); },
	probedFrom: async () => null, estimate: () => ({ram: 1}), load: async () => { throw new Error('no'); }}`;

function place(root: string, name: string, fields: string, files: Readonly<Record<string, string>> = {}): string {
	const folder = path.join(root, name);
	mkdirSync(folder, {recursive: true});
	const content = {
		'package.json': JSON.stringify({name, version: '1.2.3', type: 'module', exports: {'.': {import: './main.js'}}}),
		'main.js': `export default {apiVersion: 1, ${fields}};`,
		...files,
	};
	for (const [file, text] of Object.entries(content)) writeFileSync(path.join(folder, file), text);
	return folder;
}

function registryOf(folders: () => readonly string[]): {registry: PluginRegistry; complaints: string[]} {
	const complaints: string[] = [];
	const registry = new PluginRegistry({
		tasks: builtInTasks,
		adapters,
		places: () => findPlugins({root: '/nothing/is/here', listed: folders()}),
		complain: (about, problem) => complaints.push(`${about}: ${problem}`),
	});
	return {registry, complaints};
}

test('what plugins add is there after a load, and gone after the next where they are', async () => {
	const root = temporaryFolder();
	const folder = place(
		root,
		'naming',
		`name: 'naming', tasks: [${task('naming')}], adapters: [${adapter('namer', 'naming')}]`,
	);
	let folders = [folder];
	const {registry} = registryOf(() => folders);
	const {tasks, adapters: all} = registry;
	await registry.load();
	expect(Object.keys(registry.tasks)).toEqual([...Object.keys(builtInTasks), 'naming']);
	expect(registry.pluginOfTask('naming')).toBe('naming');
	expect(registry.pluginOfTask('chat')).toBeNull();
	expect(registry.adapters.at(-1)).toMatchObject({name: 'namer', plugin: path.join(folder, 'main.js')});
	// Whoever holds the tables has what is in them now.
	expect(tasks).toBe(registry.tasks);
	expect(all).toBe(registry.adapters);
	folders = [];
	await registry.load();
	expect(Object.keys(tasks)).toEqual(Object.keys(builtInTasks));
	expect(all).toEqual(adapters);
});

test('names that are taken, and tasks that nobody defines, leave a plugin out', async () => {
	const root = temporaryFolder();
	const folders = [
		place(root, 'one', `name: 'one', tasks: [${task('naming')}], adapters: [${adapter('namer', 'naming')}]`),
		place(root, 'same', `name: 'one'`),
		place(root, 'task', `name: 'task', tasks: [${task('naming')}]`),
		place(root, 'chat', `name: 'chat', tasks: [${task('chat')}]`),
		place(root, 'adapter', `name: 'adapter', adapters: [${adapter('whisper', 'chat')}]`),
		place(root, 'other', `name: 'other', adapters: [${adapter('namer', 'chat')}]`),
		place(root, 'lost', `name: 'lost', adapters: [${adapter('loser', 'losing')}]`),
	];
	const {registry, complaints} = registryOf(() => folders);
	await registry.load();
	expect(registry.reports(new Map()).map(({problem}) => problem)).toEqual([
		null,
		'another plugin is called one',
		'there is a task naming already',
		'there is a task chat already',
		'there is an adapter whisper already',
		'there is an adapter namer already',
		'its adapter loser does losing, which no task is called',
	]);
	expect(complaints).toHaveLength(6);
	expect(registry.adapters).toHaveLength(adapters.length + 1);
});

test('what a plugin throws when it is asked about a model concerns that model alone, and is said once', async () => {
	const fields = `name: 'rude', tasks: [${task('naming')}], adapters: [${adapter('rude', 'chat', 'throw new Error("ask me not")')}]`;
	const folder = place(temporaryFolder(), 'rude', fields);
	const {registry, complaints} = registryOf(() => [folder]);
	await registry.load();
	const rude = registry.adapters.at(-1);
	for (let times = 0; times < 3; times += 1) expect(rude?.serves({} as ModelManifest, {} as Variant)).toBe(false);
	expect(await rude?.probe({} as Device)).toEqual({ok: false, reason: 'crashed', hint: 'gone'});
	expect(registry.tasks['naming']?.visible({type: 'any'})).toBe(true);
	expect(complaints).toEqual(['rude: ask me not', 'naming: blind']);
});

test('the newest whole installation counts, and what is being installed does not', async () => {
	const root = temporaryFolder();
	for (const stamp of ['20260101-1.0.0', '20260202-2.0.0', '20260303-3.0.0']) {
		mkdirSync(path.join(root, 'one', stamp, 'node_modules/pack'), {recursive: true});
		if (!stamp.startsWith('20260303'))
			writeFileSync(path.join(root, 'one', stamp, 'package.json'), JSON.stringify({dependencies: {pack: 'file:x'}}));
	}
	mkdirSync(path.join(root, '.staging-x'));
	expect(await findPlugins({root, listed: ['/work']})).toEqual([
		{source: 'setting', name: 'work', folder: '/work'},
		{source: 'installed', name: 'one', folder: path.join(root, 'one', '20260202-2.0.0', 'node_modules', 'pack')},
	]);
});

test('an entry that lies outside of its package is none', async () => {
	const root = temporaryFolder();
	writeFileSync(path.join(root, 'outside.js'), 'export default {};');
	const up = place(root, 'up', '', {'package.json': '{"name": "up", "main": "../outside.js"}'});
	const linked = place(root, 'linked', '', {'package.json': '{"name": "linked", "main": "link.js"}'});
	symlinkSync(path.join(root, 'outside.js'), path.join(linked, 'link.js'));
	await expect(readPackage(up)).rejects.toThrow('is not in it');
	await expect(readPackage(linked)).rejects.toThrow('is not in it');
	await expect(readPackage(place(root, 'gone', '', {'package.json': '{"name": "gone"}'}))).rejects.toThrow(
		'is not there',
	);
	await expect(readPackage(place(root, 'bad', '', {'package.json': '[1'}))).rejects.toThrow('not a JSON object');
	await expect(readPackage(path.join(root, 'absent'))).rejects.toThrow('no package.json');
});
