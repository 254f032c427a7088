import type {LlamaModel, Token} from 'node-llama-cpp';
import {expect, test} from 'vitest';
import {Answer, type AnswerPlan, type Outcome} from '../../../../src/backends/llama/answer.ts';
import {resolveSampling} from '../../../../src/backends/llama/sampling.ts';
import type {Slot} from '../../../../src/backends/llama/slots.ts';
import {fakeVocabulary, FakeMachine, fakeSequence} from '../../../helpers/fake-llama.ts';

interface Written {
	readonly outcome: Outcome;
	readonly texts: readonly string[];
	/** Steps that were begun. */
	readonly steps: number;
	/** Steps that had been begun when each text came. */
	readonly stepsBefore: readonly number[];
}

/** Writes tokens 10, 11, … as text, step by step as the batch loop does, until it is over. */
async function write(plan: Partial<AnswerPlan>, isEnough: (text: string) => boolean): Promise<Written> {
	const machine = new FakeMachine(() => 1);
	const sequence = fakeSequence(() => machine.step(1));
	const slot = {sequence, promptLength: 1, lastUsed: 0} as unknown as Slot;
	const texts: string[] = [];
	const stepsBefore: number[] = [];
	const answer = new Answer(fakeVocabulary as unknown as LlamaModel, slot, {
		tokens: [1 as Token],
		maxTokens: 50,
		sampling: resolveSampling({temperature: 0}),
		kept: new Set(),
		take(text) {
			texts.push(text);
			stepsBefore.push(machine.steps.length);
			return isEnough(text) ? 'enough' : 'more';
		},
		...plan,
	});
	while (!answer.over) await answer.advance(1);
	await answer.close();
	answer.settle();
	return {outcome: await answer.outcome, texts, steps: machine.steps.length, stepsBefore};
}

test('an answer that its text may end begins no token after the one that ends it', async () => {
	const {outcome, texts, steps} = await write({endsByText: true}, text => text === '12 ');
	expect(texts).toEqual(['10 ', '11 ', '12 ']);
	expect(outcome).toMatchObject({reason: 'stop', completionTokens: 3});
	expect(steps).toBe(3);
});

test('an answer that no text ends is told while its next token is computed', async () => {
	const {outcome, texts, stepsBefore} = await write({maxTokens: 4}, () => false);
	expect(texts).toEqual(['10 ', '11 ', '12 ', '13 ']);
	// The last is told at once: nothing is computed after it.
	expect(stepsBefore).toEqual([2, 3, 4, 4]);
	expect(outcome).toMatchObject({reason: 'length', completionTokens: 4});
});

test('what says enough though nobody expected it gets no more text, at the price of a step', async () => {
	const {outcome, texts, steps} = await write({}, text => text === '12 ');
	expect(texts).toEqual(['10 ', '11 ', '12 ']);
	expect(outcome).toMatchObject({reason: 'stop', completionTokens: 3});
	expect(steps).toBe(4);
});
