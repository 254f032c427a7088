import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {splitSentences} from '../../../src/lib/split-sentences.ts';

const split = (text: string, longest = 300): readonly string[] => [...splitSentences(text, longest)];

test('sentences come one by one, trimmed', () => {
	expect(split('  One. Two!  Is this three? ')).toEqual(['One.', 'Two!', 'Is this three?']);
});

test('titles, initials and numbers end no sentence', () => {
	const one = 'Dr. Smith met J. R. Jones vs. Mr. Brown at 3.14, e.g. here.';
	expect(split(`${one} Then he left.`)).toEqual([one, 'Then he left.']);
});

test('a line that merely wraps is no end, and an empty line or a point of a list is', () => {
	expect(split('A title\n\nA line that\nwraps. A list:\n- one\n2. two')).toEqual([
		'A title',
		'A line that wraps.',
		'A list:',
		'- one',
		'2. two',
	]);
});

test('a sentence that is too long is cut behind a comma, else between words, else anywhere', () => {
	expect(split('aaaa bbbb cccc, dddd eeee', 20)).toEqual(['aaaa bbbb cccc,', 'dddd eeee']);
	expect(split('aaaa bbbb cccc dddd', 12)).toEqual(['aaaa bbbb', 'cccc dddd']);
	expect(split('a'.repeat(25), 10)).toEqual(['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)]);
});

test('nothing is lost, empty or longer than allowed, whatever the text', () => {
	const text = fc.string({
		unit: fc.constantFrom('a', 'B', '.', '!', ',', ' ', '\n', '-', '1', 'Mr.', '“', 'é'),
		maxLength: 200,
	});
	fc.assert(
		fc.property(text, fc.integer({min: 2, max: 40}), (content, longest) => {
			const pieces = split(content, longest);
			expect(pieces.join('').replaceAll(/\s/g, '')).toBe(content.replaceAll(/\s/g, ''));
			for (const piece of pieces) {
				expect(piece).toBe(piece.trim());
				expect(piece.length).toBeGreaterThan(0);
				expect(piece.length).toBeLessThanOrEqual(longest);
			}
		}),
	);
});

test('the first sentence of a long text comes without a look at the last', () => {
	const text = `First. ${'Another one follows here. '.repeat(40_000)}`;
	expect(splitSentences(text, 300).next().value).toBe('First.');
});
