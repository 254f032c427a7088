import {expect, test} from 'vitest';
import {defaultModel, standIn, type DefaultCandidate} from '../../../src/daemon/default-model.ts';

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
	expect(await defaultModel('chat', 'mine', all, fits)).toEqual({
		model: 'mine',
		because: 'mine, your default model',
		toy: false,
	});
});

test('else the largest chat model that fits', async () => {
	expect((await defaultModel('chat', null, all, fits)).model).toBe('small');
});

test('else the guide, and it says that it is a toy', async () => {
	expect(await defaultModel('chat', null, [guide], fits)).toEqual({
		model: 'guide',
		because: 'the built-in guide, a toy of 6.5 million parameters: it knows mofa and little else',
		toy: true,
	});
});

test('each task has a default of its own, and what is built in is the last resort', async () => {
	const voice = {...model('voice', 'starter', 0, ['speech'])};
	const kokoro = model('kokoro', 'hub-cache', 82e6, ['speech']);
	expect((await defaultModel('speech', null, [...all, voice, kokoro], fits)).model).toBe('kokoro');
	expect((await defaultModel('speech', null, [...all, voice, kokoro], async () => false)).model).toBe('voice');
});

test('of two built-in voices, the one that needs no other program speaks', async () => {
	const voice = model('voice', 'starter', 20e6, ['speech']);
	const espeak = model('espeak', 'starter', 0, ['speech']);
	expect((await defaultModel('speech', null, [espeak, voice], fits)).model).toBe('voice');
	expect(await standIn('speech', null, [espeak, voice], fits)).toBe('voice');
});

test('what a plugin brings is better than nothing, even where it cannot run yet', async () => {
	const shapes = model('shapes', 'plugin', 8000, ['naming']);
	expect((await defaultModel('naming', null, [...all, shapes], fits)).model).toBe('shapes');
	expect(await defaultModel('naming', null, [...all, shapes], async () => false)).toEqual({
		model: 'shapes',
		because: 'shapes, which a plugin brings',
		toy: false,
	});
});

test('a task that nothing here does is refused with those that something does', async () => {
	await expect(defaultModel('image', null, all, fits)).rejects.toMatchObject({
		code: 'task-unsupported',
		data: {task: 'image', supported: ['chat', 'completion']},
	});
});

test("a hosted service's name means what the user set, for text", async () => {
	expect(await standIn('chat', 'mine', all, fits)).toBe('mine');
	expect(await standIn('completion', 'mine', all, fits)).toBe('mine');
});

test('else the largest that does the task, and else what ships with it', async () => {
	expect(await standIn('chat', null, all, fits)).toBe('small');
	expect(await standIn('completion', null, all, fits)).toBe('base');
	expect(await standIn('chat', null, [guide], fits)).toBe('guide');
	expect(await standIn('speech', 'mine', [...all, model('voice', 'starter', 1, ['speech'])], fits)).toBe('voice');
});

test('nothing stands in for a task that nothing here does', async () => {
	expect(await standIn('speech', 'mine', all, fits)).toBeNull();
});
