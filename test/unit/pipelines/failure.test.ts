import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {PipelineEvent} from '../../../src/contract/pipeline.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {
	echoes,
	fakeHost,
	hears,
	runPackets,
	shorten,
	signal,
	sound,
	speaks,
	stream,
	text,
	type FakeModel,
} from '../../helpers/fake-pipeline.ts';

const death = new MofaError('runner-failed', {model: 'x', reason: 'killed', detail: 'SIGKILL'});

/** Fails so many times, and then does as the model does. */
function fails(model: FakeModel, times: number, said: readonly unknown[] = []): FakeModel {
	let left = times;
	return {
		...model,
		async *act(request, context) {
			left -= 1;
			if (left < 0) return yield* model.act(request, context);
			yield* said;
			throw death;
		},
	};
}

/** What left, and how it ended. */
async function outcome(
	host: ReturnType<typeof fakeHost>,
	stages: readonly string[],
	input: readonly AnyPacket[],
): Promise<{readonly heard: readonly string[]; readonly warnings: number; readonly error: unknown}> {
	const events: PipelineEvent[] = [];
	let error: unknown = null;
	try {
		const signal = new AbortController().signal;
		for await (const event of createPipelines(host).run({pipeline: {stages}, input: stream(input), signal}))
			events.push(event);
	} catch (caught) {
		error = caught;
	}
	expect(host.held()).toBe(0);
	return {heard: shorten(events), warnings: events.filter(event => event.type === 'stage-warning').length, error};
}

test('a failure names the stage and its model, and keeps the reason', async () => {
	const host = fakeHost({asr: hears, llm: fails(echoes, 1), tts: speaks});
	const {error} = await outcome(host, ['asr', 'llm', 'tts'], [sound(1)]);
	expect(error).toMatchObject({
		code: 'stage-failed',
		data: {stage: 'llm', model: 'llm', failure: {code: 'runner-failed', data: {reason: 'killed'}}},
	});
});

test('what a stage had given before it failed still goes all the way', async () => {
	const host = fakeHost({llm: fails(echoes, 1, [{type: 'text-delta', text: 'Half an answer'}]), tts: speaks});
	const {heard, error} = await outcome(host, ['llm', 'tts'], [text('a')]);
	expect(heard).toEqual(['audio 14', '[end]']);
	expect(error).toMatchObject({data: {stage: 'llm'}});
});

test.each(['asr', 'llm', 'tts'])('a model of %s that cannot be had ends it before anything comes in', async broken => {
	const models: Record<string, FakeModel> = {asr: hears, llm: echoes, tts: speaks};
	const model = models[broken];
	if (model === undefined) throw new Error('no such model');
	models[broken] = {
		...model,
		admit: () => {
			throw death;
		},
	};
	const host = fakeHost(models);
	const never = (async function* (): AsyncGenerator<AnyPacket> {
		await new Promise(() => undefined);
		yield sound(1);
	})();
	await expect(runPackets(host, ['asr', 'llm', 'tts'], never)).rejects.toMatchObject({
		code: 'stage-failed',
		data: {stage: broken},
	});
	expect(host.held()).toBe(0);
});

test('retry asks again while nothing was seen, and says so', async () => {
	const host = fakeHost({llm: fails(echoes, 2)});
	expect(await outcome(host, ['llm?onFailure=retry'], [text('a')])).toEqual({
		heard: ['a! ', '[end]'],
		warnings: 2,
		error: null,
	});
	const hopeless = fakeHost({llm: fails(echoes, 3)});
	expect((await outcome(hopeless, ['llm?onFailure=retry'], [text('a')])).error).toMatchObject({data: {stage: 'llm'}});
});

test('retry never says anything twice', async () => {
	const host = fakeHost({llm: fails(echoes, 1, [{type: 'text-delta', text: 'Half'}])});
	const {heard, error} = await outcome(host, ['llm?onFailure=retry'], [text('a')]);
	expect(heard).toEqual(['Half', '[end]']);
	expect(error).toMatchObject({code: 'stage-failed'});
});

test('a request with live sound is made again with all that came so far', async () => {
	let tries = 0;
	const host = fakeHost({
		asr: {
			...hears,
			async *act(request: {readonly audio: AsyncIterable<unknown>}, context) {
				tries += 1;
				if (tries > 1) return yield* hears.act(request as never, context);
				for await (const _ of request.audio) break;
				throw death;
			},
		},
	});
	const {heard} = await outcome(host, ['asr?onFailure=retry'], [sound(1), sound(2), sound(3)]);
	expect(heard.join('')).toBe('word1. word2. word3.[end]');
});

test('fallback goes on with the other model', async () => {
	const host = fakeHost({llm: fails(echoes, 9), other: echoes});
	const result = await outcome(host, ['llm:llm?onFailure=fallback:other'], [text('a'), signal('flush'), text('b')]);
	expect(result).toEqual({heard: ['a! ', '[flush]', 'b! ', '[end]'], warnings: 1, error: null});
	expect(host.log.filter(line => line.startsWith('run'))).toEqual(['run llm', 'run other', 'run other']);
});

test('a model that is not here is replaced by its fallback when it is planned, and both the plan and a warning say so', async () => {
	const host = fakeHost({other: echoes, tts: speaks});
	const pipeline = {stages: ['llm:nobody?onFailure=fallback:other', 'tts']};
	const plan = await createPipelines(host).plan(pipeline);
	expect(plan.stages[0]).toMatchObject({
		model: 'other',
		because: 'other, the fallback: nobody is not on this machine',
		needs: {ram: 10},
		onFailure: 'fail',
	});
	expect(plan.needs).toEqual({ram: 20});
	const events = await runPackets(host, pipeline, [text('a')]);
	expect(events.slice(0, 2)).toMatchObject([
		{type: 'plan-made'},
		{
			type: 'stage-warning',
			stage: 'llm',
			warning: {setting: 'onFailure', message: 'nobody is not on this machine: other takes over'},
		},
	]);
	expect(host.log.filter(line => line.startsWith('lease'))).toEqual(['lease other', 'lease tts']);
	expect(events.filter(({type}) => type === 'stage-warning')).toHaveLength(1);
});

test('a fallback that fails after it took over at once fails the stage: nobody is left', async () => {
	const host = fakeHost({other: fails(echoes, 1)});
	const {error, warnings} = await outcome(host, ['llm:nobody?onFailure=fallback:other'], [text('a')]);
	expect(error).toMatchObject({code: 'stage-failed', data: {stage: 'llm', model: 'other'}});
	expect(warnings).toBe(1);
	expect(host.log.filter(line => line.startsWith('run'))).toEqual(['run other']);
});

test.each([
	['does something else', 'llm:tts', 'tts does not do chat'],
	['cannot be read', 'llm:torn', 'torn cannot be read: cut short'],
	['is nobody, for no model here does the task', 'asr', 'no model here does transcription'],
])('the fallback also stands in for a model that %s', async (_what, word, why) => {
	const task = word === 'asr' ? hears : echoes;
	const host = fakeHost({tts: speaks, other: task});
	const {model, defaultModel} = host;
	host.model = async name => {
		if (name === 'torn') throw new MofaError('model-invalid', {model: 'torn', problem: 'cut short'});
		return model(name);
	};
	host.defaultModel = async (name, accepts) => {
		if (name === 'transcription') throw new MofaError('task-unsupported', {model: '', task: name, supported: []});
		return defaultModel(name, accepts);
	};
	const plan = await createPipelines(host).plan({stages: [`${word}?onFailure=fallback:other`]});
	expect(plan.stages[0]).toMatchObject({model: 'other', because: `other, the fallback: ${why}`});
});

test('a model and a fallback that are both not here are refused together, before anything loads', async () => {
	const host = fakeHost({llm: echoes});
	const {error} = await outcome(host, ['llm:nobody?onFailure=fallback:nowhere'], [text('a')]);
	expect(error).toMatchObject({
		code: 'invalid-request',
		data: {
			path: 'llm',
			expected: 'a model that is here: nobody is not on this machine, and its fallback nowhere is not on this machine',
		},
	});
	expect(host.log).toEqual([]);
});

test('what went wrong with the machine and not with the model is no reason for another model', async () => {
	const host = fakeHost({other: echoes});
	host.model = async () => {
		throw new MofaError('file-error', {path: '/models', problem: 'EIO'});
	};
	const {error} = await outcome(host, ['llm:nobody?onFailure=fallback:other'], [text('a')]);
	expect(error).toMatchObject({code: 'file-error'});
});

test('a fallback that another stage holds takes turns with it, so that neither waits for ever', async () => {
	const host = fakeHost({first: echoes, other: echoes});
	const plan = await createPipelines(host).plan({stages: ['llm:first?onFailure=fallback:other', 'llm:other']});
	expect(plan.stages.map(({holds}) => holds)).toEqual(['turn', 'turn']);
});

test('a fallback that is not there is refused before anything loads', async () => {
	const host = fakeHost({llm: echoes});
	const {error} = await outcome(host, ['llm?onFailure=fallback:nobody'], [text('a')]);
	expect(error).toMatchObject({code: 'model-not-found', data: {model: 'nobody'}});
	expect(host.log).toEqual([]);
});

test('skip goes on without the turn that failed', async () => {
	const host = fakeHost({llm: fails(echoes, 1)});
	const result = await outcome(host, ['llm?onFailure=skip'], [text('a'), signal('flush'), text('b')]);
	expect(result).toEqual({heard: ['[flush]', 'b! ', '[end]'], warnings: 1, error: null});
});

test('in a graph the other branch ends too, and nothing waits for ever', async () => {
	const host = fakeHost({llm: fails(echoes, 1), tts: speaks});
	const stages = [
		{stage: 'tts', id: 'voice', from: 'input'},
		{stage: 'llm', from: 'input'},
		{stage: 'map', from: ['llm']},
	];
	const never = (async function* (): AsyncGenerator<AnyPacket> {
		yield text('a');
		yield signal('flush');
		await new Promise(() => undefined);
	})();
	await expect(runPackets(host, {stages}, never)).rejects.toMatchObject({data: {stage: 'llm'}});
	expect(host.held()).toBe(0);
});

test('an input that fails ends the pipeline with its own failure', async () => {
	const host = fakeHost({llm: echoes});
	const broken = (async function* (): AsyncGenerator<AnyPacket> {
		yield text('a');
		throw new MofaError('invalid-request', {path: 'standard input', expected: 'a WAV file'});
	})();
	await expect(runPackets(host, ['llm'], broken)).rejects.toMatchObject({code: 'invalid-request'});
	expect(host.held()).toBe(0);
});
