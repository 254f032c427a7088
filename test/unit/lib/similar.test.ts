import {expect, test} from 'vitest';
import {editDistance, similar} from '../../../src/lib/similar.ts';

test('two neighbours that changed places are one slip', () => {
	expect(editDistance('giude', 'guide')).toBe(1);
	expect(editDistance('ab', 'ba')).toBe(1);
	expect(editDistance('guide', 'guide')).toBe(0);
	expect(editDistance('', 'guide')).toBe(5);
	expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('a slip of the hand finds the word that was meant, the nearest first', () => {
	expect(similar('giude', ['org/other', 'guide'])).toEqual(['guide']);
	expect(similar('qwen', ['org/qwen3', 'guide'])).toEqual(['org/qwen3']);
	expect(similar('entirely-else', ['guide'])).toEqual([]);
});
