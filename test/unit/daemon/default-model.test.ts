import {expect, test} from 'vitest';
import {defaultModel} from '../../../src/daemon/default-model.ts';
import type {LibraryModel} from '../../../src/models/library.ts';

function model(
	name: string,
	source: LibraryModel['source'],
	parameters: number,
	tasks: readonly string[] = ['chat'],
): LibraryModel {
	const variant = {tag: 'default', format: 'gguf', files: []};
	const manifest = {schema: 1, name, family: 'llama', tasks, license: 'mit', parameters, variants: [variant]} as const;
	return {installed: {id: name, manifest, variant, paths: {}}, source, bytes: parameters, modifiedAt: null};
}

const guide = model('guide', 'starter', 6_500_000);
const all = [
	guide,
	model('small', 'hub-cache', 1e9),
	model('huge', 'hub-cache', 70e9),
	model('base', 'hub-cache', 9e9, ['completion']),
];
const fits = async ({installed}: LibraryModel): Promise<boolean> => installed.manifest.name !== 'huge';

test('what the user set comes first, looked at or not', async () => {
	expect(await defaultModel('mine', all, fits)).toEqual({model: 'mine', because: 'mine, your default model'});
});

test('else the largest chat model that fits', async () => {
	expect((await defaultModel(null, all, fits)).model).toBe('small');
});

test('else the guide, and it says that it is a toy', async () => {
	expect(await defaultModel(null, [guide], fits)).toEqual({
		model: 'guide',
		because: 'the built-in guide, a toy of 6.5 million parameters: it knows mofa and little else',
	});
});
