import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {ClauseSplitter} from '../../../src/lib/clause-splitter.ts';

/** What can be said after each piece, and at the end. */
function split(pieces: readonly string[]): {readonly early: readonly string[]; readonly rest: readonly string[]} {
	const splitter = new ClauseSplitter();
	return {early: pieces.flatMap(piece => splitter.push(piece)), rest: splitter.rest()};
}

test('a sentence is said when the next has begun', () => {
	expect(split(['It works.'])).toEqual({early: [], rest: ['It works.']});
	expect(split(['It works.', ' And'])).toEqual({early: ['It works.'], rest: ['And']});
});

test.each([
	['what is said first may end at a comma', 'To see all of them, run this command now', ['To see all of them,']],
	[
		'or before a little word, when no mark comes',
		'The command shows how much disk space each model',
		['The command shows'],
	],
	['as soon as that word is there', 'You can see which models', ['You can see']],
	['but not between words that belong together', 'A model is in the memory of it', []],
	[
		'or before what is said in one breath, when nothing better comes',
		'A GGUF file holds the weights',
		['A GGUF file holds'],
	],
	[
		'what follows is longer, and what follows that longer still',
		'You can see which models are loaded with the command mofa ps, as well as others, and more, and how much',
		['You can see', 'which models are loaded with the command mofa ps,'],
	],
	['later clauses are longer', 'It works. To see all of them, run this', ['It works.']],
	['Chinese ends without spaces', '你好。今天天气很好，我们去散步吧！好', ['你好。', '今天天气很好，我们去散步吧！']],
	['a title ends no sentence', 'Ask Dr. Smith. Then go', ['Ask Dr. Smith.']],
	['nor does a number', 'It is 3.14 exactly. Then go', ['It is 3.14 exactly.']],
	['nor does the number of a point', '1. Open it. Then go', ['1. Open it.']],
	['an empty line ends one', 'A heading\n\nThe text', ['A heading']],
	['quotes belong to the sentence', '“It works.” Then go', ['“It works.”']],
	['marks alone are nothing to say', '... !!! ', []],
])('%s', (_title, text, early) => {
	expect(split([...text]).early).toEqual(early);
	expect(split([text]).early).toEqual(early);
});

test('for a slow voice clauses grow by steps', () => {
	const text = 'You can see which models are loaded with the command mofa ps in any terminal, and how much memory';
	expect(new ClauseSplitter().push(text, true)).toEqual([
		'You can see',
		'which models are loaded',
		'with the command mofa ps in any terminal,',
	]);
});

test('nothing is lost and nothing is said twice, however it is cut', () => {
	const bare = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
	const texts = fc.array(
		fc.constantFrom('Hello', ' ', '. ', ', ', 'world', '\n\n', '你好', '。', ' and ', 'Dr. ', '3.5', '!'),
		{maxLength: 60},
	);
	fc.assert(
		fc.property(texts, pieces => {
			const {early, rest} = split(pieces);
			expect(bare([...early, ...rest].join(''))).toBe(bare(pieces.join('')));
			expect([...early, ...rest].every(clause => clause === clause.trim() && clause.length <= 200)).toBe(true);
		}),
	);
});

test('a text without any mark is cut between words', () => {
	const {early} = split(['word '.repeat(200)]);
	expect(early.length).toBeGreaterThan(1);
	expect(early.every(clause => /^(word ?)+$/.test(clause))).toBe(true);
});
