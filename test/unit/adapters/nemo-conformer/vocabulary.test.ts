import {expect, test} from 'vitest';
import {parseVocabulary} from '../../../../src/adapters/nemo-conformer/vocabulary.ts';

test('each line is a piece and its number, in any order', () => {
	expect(parseVocabulary('\u2581he 1\r\n<unk> 0\nllo 2\n<blk> 3\n')).toEqual({
		size: 4,
		blank: 3,
		pieces: ['', ' he', 'llo', ''],
	});
});

test('a piece may be any sign but a space', () => {
	expect(parseVocabulary('\u00a0\u3000 0\n< 1\n<blk> 2')).toMatchObject({pieces: ['\u00a0\u3000', '<', '']});
});

test.each([
	['', 'it has no <blk>'],
	['a 0\nb 1\n', 'it has no <blk>'],
	['a 0\n<blk> 2\n', 'it has no piece 1'],
	['a 0\n<blk> 0\n', 'two pieces have the number 0'],
	['a b 0\n', "'a b 0' is not a piece and its number"],
	['a -1\n', "'a -1' is not a piece and its number"],
	['a 9999999\n', "'a 9999999' is not a piece and its number"],
])('%j is refused', (text, problem) => {
	expect(parseVocabulary(text)).toBe(problem);
});
