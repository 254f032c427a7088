import {expect, test} from 'vitest';
import {fewestTokens, longestToken} from '../../../../src/backends/llama/fewest-tokens.ts';

test('a text makes at least its bytes by those of the longest token', () => {
	const longest = longestToken(['a', 'abcd', '▁é'], true);
	expect(longest).toBe(5);
	expect(fewestTokens('abcdefghijk', longest)).toBe(3);
	expect(fewestTokens('ééé', 1)).toBe(6);
	expect(fewestTokens('日本', 1)).toBe(6);
	expect(fewestTokens('🙂', 1)).toBe(4);
});

test('white space counts for nothing, since some vocabularies drop or join it', () => {
	expect(fewestTokens(' \n\t　 '.repeat(1000), 1)).toBe(0);
	expect(fewestTokens('a b', 1)).toBe(2);
});

test('a vocabulary that cannot spell every byte gives no bound', () => {
	const longest = longestToken(['a', 'b'], false);
	expect(fewestTokens('c'.repeat(1_000_000), longest)).toBe(0);
});

test('a vocabulary of bytes gives one', () => {
	const symbols = Array.from({length: 0x144}, (_, code) => String.fromCharCode(code));
	expect(longestToken([...symbols, 'Ġonce'], false)).toBe(6);
});
