import {expect, test} from 'vitest';
import {generationSettings} from '../../../../src/cli/run/settings.ts';
import {modelOptions} from '../../../../src/client/model-options.ts';
import {completion} from '../../../../src/tasks/completion.ts';
import {failureOf} from '../../../helpers/failure.ts';

test('sampling names go to sampling, as numbers', () => {
	expect(generationSettings(['temperature=0.2', 'top_k=40', 'repeat_last_n=-1']).sampling).toEqual({
		temperature: 0.2,
		top_k: 40,
		repeat_last_n: -1,
	});
});

test('names that shape the load go to the load', () => {
	expect(generationSettings(['num_ctx=8192', 'num_parallel=2']).load).toEqual({contextLength: 8192, slots: 2});
});

test('num_predict limits the answer, and below zero takes the limit away', () => {
	expect(generationSettings(['num_predict=5']).maxTokens).toBe(5);
	expect(generationSettings(['num_predict=5', 'num_predict=-1'])).not.toHaveProperty('maxTokens');
});

test.each([
	['User:', ['User:']],
	['User:,Assistant:', ['User:', 'Assistant:']],
	['["\\n\\n", "a, b"]', ['\n\n', 'a, b']],
	[',', [',']],
])('stop=%s stops at %j', (value, stop) => {
	expect(generationSettings([`stop=${value}`]).stop).toEqual(stop);
});

test('stop may be given more than once', () => {
	expect(generationSettings(['stop=a', 'stop=b']).stop).toEqual(['a', 'b']);
});

test('--seed is the seed', () => {
	expect(generationSettings([], '7').sampling).toEqual({seed: 7});
	expect(() => generationSettings([], 'x')).toThrow('"--seed"');
});

test('an unknown name reaches the model with the type it looks like', () => {
	expect(
		generationSettings(['mirostat=2', 'penalize_newline=false', 'grammar=root', 'tags=a,1']).sampling.unknown,
	).toEqual({
		mirostat: 2,
		penalize_newline: false,
		grammar: 'root',
		tags: ['a', 1],
	});
});

test.each([
	[['temperature=hot'], 'temperature'],
	[['temperature='], 'temperature'],
	[['num_ctx=0'], 'num_ctx'],
	[['temperature'], '--option'],
	[['=1'], '--option'],
])('%j is refused and names what is wrong', (assignments, path) => {
	expect(() => generationSettings(assignments)).toThrow(
		expect.objectContaining({data: expect.objectContaining({path})}),
	);
});

test('a value may hold the equals sign', () => {
	expect(generationSettings(['stop=a=b']).stop).toEqual(['a=b']);
});

test.each([
	['temperature=-3', 'a number from 0 to 10, not "-3"'],
	['top_p=7', 'a number from 0 to 1, not "7"'],
	['top_k=0.5', 'a whole number from 0 on, not "0.5"'],
	['repeat_last_n=-2', 'a whole number from -1 on, not "-2"'],
	['presence_penalty=-2.1', 'a number from -2 to 2, not "-2.1"'],
	['logprobs=21', 'a whole number from 0 to 20, not "21"'],
	['seed=1e300', 'a whole number, not "1e300"'],
])('%s is refused with what it may be', (assignment, expected) => {
	expect(failureOf(() => generationSettings([assignment]))).toMatchObject({
		code: 'invalid-request',
		data: {path: assignment.split('=')[0], expected},
	});
});

test('what is typed is refused where the task refuses it, and nowhere else', () => {
	const around = [-2.1, -2, -1.5, -1, 0, 0.5, 1, 1.1, 2, 2.1, 10, 11, 20, 21];
	const isTaken = (call: () => unknown): boolean => failureOf(call) === undefined;
	for (const [name, {place, key}] of Object.entries(modelOptions))
		for (const value of place === 'sampling' || place === 'logprobs' ? around : []) {
			const field = place === 'sampling' ? {sampling: {[key]: value}} : {[key]: value};
			const taken = isTaken(() => completion.parse({prompt: 'Once', ...field}));
			expect([name, value, isTaken(() => generationSettings([`${name}=${value}`]))]).toEqual([name, value, taken]);
		}
});
