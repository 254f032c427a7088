import {expect, test} from 'vitest';
import {generationSettings} from '../../../../src/cli/run/settings.ts';

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
