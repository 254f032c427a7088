import {expect, test} from 'vitest';
import {defineAdapter} from '../../../src/contract/adapter.ts';
import {definePlugin, type Plugin} from '../../../src/contract/plugin.ts';
import {builtIn} from '../../../src/backends/built-in/built-in.ts';
import {checkPlugin} from '../../../src/plugins/check-plugin.ts';
import {chat} from '../../../src/tasks/chat.ts';

const task = {
	name: 'naming',
	accepts: ['image'],
	emits: ['text'],
	parse: () => 1,
	collect: async () => 1,
	visible: () => true,
};
const adapter = defineAdapter({
	apiVersion: 1,
	name: 'namer',
	backend: builtIn,
	tasks: ['chat'],
	serves: () => false,
	parseOptions: () => ({}),
	estimate: () => ({ram: 1}),
	load: async () => Promise.reject(new Error('never')),
});

test('a plugin with a task, an adapter and models is one', () => {
	const plugin: Plugin = definePlugin({
		apiVersion: 1,
		name: 'names',
		tasks: [{...chat, name: 'naming'}],
		adapters: [adapter],
	});
	expect(checkPlugin(plugin)).toBe(plugin);
	expect(checkPlugin({...plugin, models: new URL('file:///models/')})).toMatchObject({name: 'names'});
});

const base = {apiVersion: 1, name: 'names', tasks: [task], adapters: [adapter]};
test.each<[string, unknown, string]>([
	['nothing', undefined, 'exports no plugin'],
	['a list', [], 'exports no plugin'],
	['another version', {...base, apiVersion: 2}, 'version 2 of what plugins are, and this mofa has 1'],
	['no version', {name: 'names'}, 'version undefined'],
	['a name for a folder above', {...base, name: '../up'}, 'its name is not made of'],
	['a name that is very long', {...base, name: 'x'.repeat(65)}, 'its name is not made of'],
	['tasks that are no list', {...base, tasks: task}, 'its tasks are no list'],
	[
		'a task without a function',
		{...base, tasks: [{...task, collect: null}]},
		'its task naming has no function collect',
	],
	['a task without media', {...base, tasks: [{...task, emits: 'text'}]}, 'does not say what it emits'],
	['a task whose name is no word', {...base, tasks: [{...task, name: 'a/b'}]}, 'the name of a task'],
	[
		'a stage that takes something else',
		{...base, tasks: [{...task, stage: {takes: 'all', open() {}}}]},
		'a stage that takes neither',
	],
	['two tasks of one name', {...base, tasks: [task, task]}, 'two of its tasks are called naming'],
	['an adapter made by hand', {...base, adapters: [{...adapter, backend: builtIn}]}, 'was not made by defineAdapter'],
	['an adapter without a function', {...base, adapters: [{...adapter, estimate: 1}]}, 'has no function estimate'],
	['an adapter without tasks', {...base, adapters: [{...adapter, tasks: []}]}, 'names no tasks'],
	['models that are no folder', {...base, models: 7}, 'its models are no folder'],
])('%s is told apart from a plugin', (_what, value, words) => {
	expect(() => checkPlugin(value)).toThrow(words);
});
