import path from 'node:path';
import {expect, test} from 'vitest';
import {fitRegistered, type RegisteredAsk} from '../../../src/daemon/fit-registered.ts';
import type {RegistryEntry} from '../../../src/models/registry/entry.ts';
import {matchTag, Registry, type RegistryMatch} from '../../../src/models/registry/registry.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const files = (bytes: number | null): [{role: string; file: string; bytes: number | null}] => [
	{role: 'weights', file: 'w.gguf', bytes},
];
const entry: RegistryEntry = {
	schema: 1,
	name: 'writer',
	description: 'Writes.',
	family: 'llama',
	tasks: ['chat'],
	license: 'MIT',
	runs: true,
	verified: 'unverified',
	sources: [],
	default: 'big',
	sizes: {
		small: {parameters: 1, variants: [{tag: 'q4', format: 'gguf', repository: 'org/small', files: files(null)}]},
		big: {
			parameters: 8e9,
			contextLength: 4096,
			sibling: 'writer:small',
			variants: [
				{tag: 'f32', format: 'gguf', repository: 'org/big', files: files(32e9)},
				{tag: 'q4', format: 'gguf', repository: 'org/big', files: files(5e9)},
				{tag: 'q2', format: 'gguf', repository: 'org/big', files: files(null)},
			],
		},
	},
};
const matched = (tag: string | null): RegistryMatch => {
	const match = matchTag(entry, tag);
	if (match === undefined) throw new Error('it is not there');
	return match;
};
const asking = (ram: number, rest: Partial<RegisteredAsk> = {}): RegisteredAsk => ({
	room: {capacity: {ram}, free: {ram}, evictable: {}},
	contextLength: null,
	task: null,
	...rest,
});

test('weights that are too large do not fit, and of others nobody says so before their header is read', () => {
	const report = fitRegistered(matched(null), asking(16e9));
	expect(report).toMatchObject({
		model: 'writer:big',
		repository: 'org/big',
		commit: null,
		contextLength: 4096,
		variants: [
			{variant: 'f32', downloadBytes: 32e9, needs: {ram: 32e9}, verdict: 'does-not-fit', chosen: false},
			{variant: 'q4', downloadBytes: 5e9, needs: null, verdict: 'unknown', chosen: true},
		],
		sibling: null,
	});
	expect(report?.variants[1]?.because).toContain('its weights take 5.0 GB');
	expect(report?.reasons.at(-1)).toContain('the Hub could not be asked');
});

test('where nothing fits, the smaller one is named', () => {
	const report = fitRegistered(matched(null), asking(2e9));
	expect(report?.variants.map(({verdict}) => verdict)).toEqual(['does-not-fit', 'does-not-fit']);
	expect(report?.sibling).toBe('writer:small');
});

test('a build that was named is taken, and a task that it does not do keeps it from running', () => {
	expect(fitRegistered(matched('q4'), asking(64e9))?.variants.map(({chosen}) => chosen)).toEqual([false, true]);
	const speaking = fitRegistered(matched(null), asking(64e9, {task: 'speech'}));
	expect(speaking?.variants[0]).toMatchObject({verdict: 'cannot-run', because: 'it does not do speech'});
});

test('without a size there is nothing to say', () => {
	expect(fitRegistered(matched('small'), asking(64e9))).toBeNull();
});

test('every model that ships is judged without the Hub, or is said to need it', async () => {
	const registry = new Registry([path.join(repositoryRoot, 'registry/models')]);
	for (const name of await registry.names()) {
		const [line = '', tag = null] = name.split(':');
		const match = await registry.find(line, tag);
		if (match === undefined) throw new Error(`${name} is not there`);
		const report = fitRegistered(match, asking(16e9));
		if (report !== null) expect(report.variants.filter(({chosen}) => chosen).length).toBeLessThan(2);
	}
});
