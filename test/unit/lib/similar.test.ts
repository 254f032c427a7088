import {expect, test} from 'vitest';
import {editDistance, similar} from '../../../src/lib/similar.ts';

test.each([
	['', 'abc', 3],
	['kitten', 'sitting', 3],
	['hlep', 'help', 1],
	['stpo', 'stop', 1],
	['same', 'same', 0],
	['ab', 'ba', 1],
])('%j and %j are %i apart', (a, b, distance) => {
	expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
});

test('a misspelt word finds the nearest known ones, and nonsense finds none', () => {
	expect(similar('lsit', ['list', 'show', 'stop'])).toEqual(['list']);
	expect(similar('qwen', ['org/qwen3:Q8_0', 'guide'])).toEqual(['org/qwen3:Q8_0']);
	expect(similar('zzzzzz', ['list', 'show'])).toEqual([]);
});
