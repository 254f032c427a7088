import {readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, test} from 'vitest';
import type {AnyTask, RequestOf, Warning} from '../../../src/contract/task.ts';
import {PipelineLeases} from '../../../src/daemon/pipeline-leases.ts';
import {SavedPipelines} from '../../../src/daemon/saved-pipelines.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {chat} from '../../../src/tasks/chat.ts';
import {builtInTasks} from '../../../src/tasks/index.ts';
import {speech} from '../../../src/tasks/speech.ts';
import {fakeLeases, tinyDetails, type Script} from '../../helpers/fake-services.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** A model that says a text backwards, and one that speaks each letter as a sample. */
const script: Script = async function* (ask, request) {
	if (ask.task === 'chat') {
		const {content} = (request as RequestOf<'chat'>).messages.at(-1) ?? {content: ''};
		yield {type: 'text-delta', text: [...String(content)].toReversed().join('')};
		const usage = {promptTokens: 1, cachedTokens: 0, completionTokens: 4, promptMs: 1, completionMs: 1};
		yield {type: 'chat-end', reason: 'stop', usage};
	} else {
		const {text} = request as RequestOf<'speech'>;
		yield {type: 'audio-start', sampleRate: 8000, channels: 1};
		yield {type: 'audio-delta', samples: Float32Array.from(text, letter => (letter.codePointAt(0) ?? 0) / 1000)};
		yield {type: 'speech-end', usage: {characters: text.length, audioSeconds: 1, computeMs: 1}};
	}
} as Script;

describe('a saved pipeline', () => {
	let folder: string;
	let saved: SavedPipelines;
	let leases: PipelineLeases;
	beforeEach(() => {
		folder = temporaryFolder();
		const models = fakeLeases({script});
		const pipelines = createPipelines({
			leases: models,
			tasks: builtInTasks,
			defaultModel: async task => ({model: `best-${task}`, because: 'it is the only one', toy: false}),
			model: async name => ({...tinyDetails, name, tasks: ['chat', 'speech', 'transcription']}),
			accepts: async () => [],
			capacity: () => ({ram: 1e9}),
		});
		const tasks: Readonly<Record<string, AnyTask>> = builtInTasks;
		const taken = async (name: string): Promise<boolean> => name === 'guide';
		saved = new SavedPipelines({folder: path.join(folder, 'pipelines'), tasks, pipelines, taken});
		leases = new PipelineLeases({leases: models, pipelines, tasks, find: name => saved.find(name)});
	});

	test('is found by its name in any case, and can be asked for what its media allow', async () => {
		await saved.save({name: 'Butler', pipeline: {stages: ['llm', 'tts']}});
		expect(await saved.find('BUTLER')).toMatchObject({name: 'butler', emits: ['audio'], tasks: ['speech']});
		await saved.save({name: 'writer', pipeline: {stages: ['llm']}});
		expect((await saved.list()).map(({name, tasks}) => [name, tasks])).toEqual([
			['butler', ['speech']],
			['writer', ['chat']],
		]);
	});

	test('answers a chat with what its last stage writes, and says what it left out', async () => {
		await saved.save({name: 'writer', pipeline: {stages: ['llm']}});
		const warnings: Warning[] = [];
		await using lease = await leases.lease({model: 'writer', task: 'chat'});
		const request: RequestOf<'chat'> = {
			messages: [
				{role: 'user', content: 'one'},
				{role: 'assistant', content: 'eno'},
				{role: 'user', content: 'two'},
			],
			maxTokens: 5,
		};
		const result = await chat.collect(lease.run(request, {warn: warning => warnings.push(warning)}));
		expect(result).toMatchObject({text: 'owt', reason: 'stop', usage: {completionTokens: 4}});
		expect(warnings.map(({setting}) => setting)).toEqual(['maxTokens', 'messages']);
	});

	test('speaks what its stages make of a text', async () => {
		await saved.save({name: 'butler', pipeline: {stages: ['llm', 'tts']}});
		await using lease = await leases.lease({model: 'butler', task: 'speech'});
		const {samples, sampleRate} = await speech.collect(lease.run({text: 'abc'}));
		expect(sampleRate).toBe(8000);
		expect([...samples].map(sample => String.fromCodePoint(Math.round(sample * 1000))).join('')).toBe('cba');
	});

	test('refuses what its first stage does not take, and tasks of other media', async () => {
		await saved.save({name: 'butler', pipeline: {stages: ['llm', 'tts']}});
		await expect(leases.lease({model: 'butler', task: 'chat'})).rejects.toMatchObject({code: 'task-unsupported'});
		await saved.save({name: 'ear', pipeline: {stages: ['asr', 'llm']}});
		await using lease = await leases.lease({model: 'ear', task: 'chat'});
		const asked = chat.collect(lease.run({messages: [{role: 'user', content: 'hello'}]}));
		await expect(asked).rejects.toMatchObject({
			code: 'invalid-request',
			data: {expected: expect.stringContaining('audio')},
		});
	});

	test('ends its run when the lease is given back', async () => {
		await saved.save({name: 'writer', pipeline: {stages: ['llm']}});
		const lease = await leases.lease({model: 'writer', task: 'chat'});
		const events = lease.run({messages: [{role: 'user', content: 'x'}]});
		await lease[Symbol.asyncDispose]();
		await expect(chat.collect(events)).rejects.toThrow();
	});

	test('takes no name that means something, and none that is no name', async () => {
		const pipeline = {stages: ['llm']};
		for (const name of ['guide', 'chat', '../x', '', '.hidden', 'a/b', 'x'.repeat(65)])
			await expect(saved.save({name, pipeline}), name).rejects.toMatchObject({code: 'invalid-request'});
		await saved.save({name: 'writer', pipeline});
		await expect(saved.save({name: 'Writer', pipeline})).rejects.toMatchObject({code: 'invalid-request'});
		await saved.save({name: 'Writer', pipeline: {stages: ['llm', 'tts']}, force: true});
		expect((await saved.find('writer'))?.emits).toEqual(['audio']);
		expect(await readdir(path.join(folder, 'pipelines'))).toEqual(['writer.json']);
	});

	test('is planned before it is kept, so stages that do not meet are not', async () => {
		const pipeline = {stages: ['tts', 'llm']};
		await expect(saved.save({name: 'broken', pipeline})).rejects.toMatchObject({code: 'invalid-request'});
		expect(await saved.list()).toEqual([]);
	});

	test('that is damaged is none, and takes nothing else with it', async () => {
		await saved.save({name: 'writer', pipeline: {stages: ['llm']}});
		await writeFile(path.join(folder, 'pipelines', 'damaged.json'), '{"schema": 1');
		expect((await saved.list()).map(({name}) => name)).toEqual(['writer']);
		expect(await saved.find('damaged')).toBeNull();
		expect(await saved.remove('writer')).toBe(true);
		expect(await saved.remove('writer')).toBe(false);
	});
});
