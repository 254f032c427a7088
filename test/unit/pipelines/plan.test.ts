import {expect, test} from 'vitest';
import type {MofaError} from '../../../src/contract/error.ts';
import type {PipelineSpec} from '../../../src/contract/pipeline.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {echoes, fakeHost, hears, speaks} from '../../helpers/fake-pipeline.ts';

const models = {asr: hears, llm: echoes, qwen3: echoes, tts: speaks, kokoro: speaks};
const host = fakeHost(models);
const plan = (stages: unknown): ReturnType<ReturnType<typeof createPipelines>['plan']> =>
	createPipelines(host).plan((Array.isArray(stages) ? {stages} : stages) as PipelineSpec);

test('each stage gets the default model of its task, with the reason', async () => {
	const {stages, accepts, emits, together} = await plan(['asr', 'llm', 'tts']);
	expect(stages.map(({id, task, model, because, from, output}) => ({id, task, model, because, from, output}))).toEqual([
		{
			id: 'asr',
			task: 'transcription',
			model: 'asr',
			because: 'the only transcription model',
			from: ['input'],
			output: false,
		},
		{id: 'llm', task: 'chat', model: 'llm', because: 'the only chat model', from: ['asr'], output: false},
		{id: 'tts', task: 'speech', model: 'tts', because: 'the only speech model', from: ['llm'], output: true},
	]);
	expect({accepts, emits, together}).toEqual({accepts: ['audio'], emits: ['audio'], together: true});
});

test('a word names a model, a voice and settings', async () => {
	const {stages} = await plan(['asr', 'llm:qwen3?system=Be brief&temperature=0', 'tts:kokoro@af_heart']);
	expect(stages.map(({model}) => model)).toEqual(['asr', 'qwen3', 'kokoro']);
});

test('the commands that do a task are stages too', async () => {
	const {stages} = await plan(['transcribe', 'chat', 'speak']);
	expect(stages.map(({task}) => task)).toEqual(['transcription', 'chat', 'speech']);
});

test("a task's own name is a stage, whatever the task is", async () => {
	const {stages} = await plan(['transcription', 'chat', 'speech@slt']);
	expect(stages.map(({id}) => id)).toEqual(['transcription', 'chat', 'speech']);
});

test('who sees is a model that takes pictures, and who chats is the default one', async () => {
	const host = fakeHost({llm: echoes, eyes: {...echoes, accepts: ['image']}, tts: speaks});
	const {stages, accepts} = await createPipelines(host).plan({stages: ['see', 'llm', 'tts']});
	expect(stages.map(({model}) => model)).toEqual(['eyes', 'llm', 'tts']);
	expect(accepts).toEqual(['text', 'image']);
	const blind = createPipelines(fakeHost({llm: echoes})).plan({stages: ['see']});
	await expect(blind).rejects.toMatchObject({code: 'task-unsupported'});
});

test('a plan loads nothing and says when the models do not fit at once', async () => {
	const small = fakeHost({llm: {...echoes, needs: 800}, tts: {...speaks, needs: 300}}, 1000);
	const made = await createPipelines(small).plan({stages: ['llm', 'tts']});
	expect(made).toMatchObject({together: false, needs: {ram: 1100}, has: {ram: 1000}});
	expect(made.stages.map(({holds}) => holds)).toEqual(['turn', 'turn']);
	expect(small.log).toEqual([]);
});

test('a plan names who does not fit even alone', async () => {
	const small = fakeHost({llm: {...echoes, needs: 1200}, tts: {...speaks, needs: 300}}, 1000);
	const {because} = await createPipelines(small).plan({stages: ['llm', 'tts']});
	expect(because).toBe('llm does not fit into memory, not even alone');
	const tiny = fakeHost({llm: {...echoes, needs: 1200}, tts: {...speaks, needs: 300}}, 100);
	const all = await createPipelines(tiny).plan({stages: ['llm', 'tee', 'tts']});
	expect(all.because).toBe('llm and tts do not fit into memory, not even alone');
});

test.each([
	[['llm', 'asr'], 'llm → asr', 'llm gives text, and asr takes audio'],
	[['tts', 'llm'], 'tts → llm', 'tts gives audio, and llm takes text'],
	[['asr', 'tts', 'map'], 'tts → map', 'tts gives audio, and map takes text'],
	[['asr', 'lmm'], 'stage lmm', 'llm'],
	[['tts?speed=9'], 'tts.speed', '0.25 to 4'],
	[['tts?loudness=9'], 'tts', 'loudness'],
	[['llm?temperature=warm'], 'llm.temperature', 'a number'],
	[['map?regex=a'], 'map', 'nothing called regex'],
	[['filter?contains=a&contains=b'], 'filter.contains', 'a text'],
	[['map?replace=a'], 'map.replace', 'as in hot:cold'],
	[['llm@slt'], 'llm', 'nothing behind an @: chat has no variants'],
	[[{stage: 'llm', variant: 'slt'}], 'llm', 'nothing behind an @: chat has no variants'],
	[['llm?onFailure=hope'], 'llm.onFailure', 'fail, retry, skip or fallback'],
	[[], 'pipeline', ''],
	[[{stage: 'llm', from: 'later'}, 'tts'], 'llm.from', 'an earlier stage'],
	[[{stage: 'llm', modle: 'x'}], 'stage 1', 'modle'],
	[
		[
			{stage: 'llm', id: 'a'},
			{stage: 'tts', id: 'a'},
		],
		'a',
		'no other stage',
	],
	[['map:qwen3'], 'map', 'without'],
	[[7], 'stage 1', ''],
	['llm tts', 'pipeline', ''],
])('%j is refused at %s before anything loads', async (stages, path, words) => {
	const refusal = await plan(stages).then(
		() => null,
		(error: unknown) => error as {code: string; data: {path: string; expected: string}},
	);
	expect(refusal?.code).toBe('invalid-request');
	expect(refusal?.data.path).toContain(path);
	expect(refusal?.data.expected).toContain(words);
	expect(host.log).toEqual([]);
});

test.each([
	['tts?vioce=slt', 'tts', 'vioce', 'voice'],
	['gate?treshold=1', 'gate', 'treshold', 'threshold'],
	['asr?langauge=de', 'asr', 'langauge', 'language'],
])('a setting that %s does not have is told with the stage, and with those it has', async (word, path, name, known) => {
	const failure = await plan([word]).catch((error: unknown) => error);
	expect(failure).toMatchObject({code: 'invalid-request', data: {path, unknown: {names: [name]}}});
	const {data} = failure as MofaError<'invalid-request'>;
	expect(data.unknown?.known).toContain(known);
	for (const medium of ['text', 'audio']) expect(data.unknown?.known).not.toContain(medium);
});

test('a model that does something else is refused before anything loads', async () => {
	await expect(plan(['llm:kokoro'])).rejects.toMatchObject({
		code: 'task-unsupported',
		data: {model: 'kokoro', task: 'chat'},
	});
	await expect(plan(['llm:nobody'])).rejects.toMatchObject({code: 'model-not-found'});
	expect(host.log).toEqual([]);
});

test('a conversation by voice gets somebody who says when a turn is over', async () => {
	const {stages} = await plan({stages: ['asr', 'llm', 'tts'], loop: true});
	expect(stages.map(({id}) => id)).toEqual(['vad', 'asr', 'llm', 'tts']);
	expect(stages[0]).toMatchObject({model: null, because: 'built in: no model here does voice-activity'});
});
