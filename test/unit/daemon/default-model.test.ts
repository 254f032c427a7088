import {expect, test} from 'vitest';
import {defaultModel, type DefaultCandidate} from '../../../src/daemon/default-model.ts';

function model(
	name: string,
	source: DefaultCandidate['source'],
	parameters: number,
	tasks: readonly string[] = ['chat'],
): DefaultCandidate {
	return {name, source, state: 'present', tasks, parameters, bytes: parameters};
}

const guide = model('guide', 'starter', 6_500_000);
const all = [
	guide,
	model('small', 'hub-cache', 1e9),
	model('huge', 'hub-cache', 70e9),
	model('base', 'hub-cache', 9e9, ['completion']),
	{...model('unfinished', 'hub-cache', 9e9), state: 'partial'} as const,
];
const fits = async (name: string): Promise<boolean> => name !== 'huge';

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
