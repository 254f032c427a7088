import type {Token} from 'node-llama-cpp';
import {expect, test} from 'vitest';
import {LoadedModel} from '../../../../src/backends/llama/loaded-model.ts';
import {resolveSampling} from '../../../../src/backends/llama/sampling.ts';
import {FakeMachine, fakeLlamaSession} from '../../../helpers/fake-llama.ts';

const {signal} = new AbortController();

async function loadOn(machine: FakeMachine, cores: number): Promise<LoadedModel> {
	machine.takeClocks();
	return LoadedModel.load(fakeLlamaSession(machine, cores), {
		name: 'model',
		path: '/model.gguf',
		mapped: false,
		shape: {contextLength: 1000, slots: 2, batchSize: 8},
		threads: cores,
		cores,
		pool: 'ram',
		signal,
		progress: () => undefined,
	});
}

/** Threads of each step of an answer. */
async function answer(model: LoadedModel, machine: FakeMachine, tokens: number): Promise<readonly number[]> {
	machine.steps = [];
	await model.answer(
		{
			tokens: [1, 2, 3] as Token[],
			maxTokens: tokens,
			sampling: resolveSampling({temperature: 0}),
			kept: new Set(),
			take: () => 'more',
		},
		signal,
	);
	return machine.steps;
}

test('a model that was loaded while another program computed takes all threads once that has ended', async () => {
	const machine = new FakeMachine(threads => (threads > 1 ? 400 : 20));
	await using model = await loadOn(machine, 2);
	model.setThreads(model.usefulThreads);
	expect(new Set(await answer(model, machine, 20))).toEqual(new Set([1]));
	machine.stepMs = threads => 20 / threads;
	machine.now += 60_000;
	model.setThreads(model.usefulThreads);
	await answer(model, machine, 40);
	model.setThreads(model.usefulThreads);
	expect(new Set(await answer(model, machine, 20))).toEqual(new Set([2]));
});

test('a load under load takes no very slow step', async () => {
	const machine = new FakeMachine(threads => (threads > 1 ? 6000 : 60));
	machine.share = 0.4;
	await using model = await loadOn(machine, 2);
	expect(machine.steps).toEqual([1, 1]);
	expect(model.usefulThreads).toBe(1);
});

test('a context that is made again may use as many threads as the first', async () => {
	const machine = new FakeMachine(threads => 60 / threads);
	await using model = await loadOn(machine, 4);
	model.setThreads(1);
	await answer(model, machine, 3);
	await model.shrink();
	await answer(model, machine, 3);
	model.setThreads(4);
	expect(new Set(await answer(model, machine, 3))).toEqual(new Set([4]));
});
