import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {harmlessText} from '../../../src/tui/harmless-text.ts';
import {hardWrap, lineWidth, paint, plainText, span, wrapLine, type Line} from '../../../src/tui/styled-text.ts';
import {colorTheme, plainTheme} from '../../../src/tui/theme.ts';

const wrap = (line: Line | string, width: number): readonly string[] =>
	wrapLine(typeof line === 'string' ? [span(line)] : line, width).map(plainText);

test('lines break between words and lose the space there', () => {
	expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
});

test('a word in two styles stays whole', () => {
	expect(wrap([span('a very un'), span('break', 'bold'), span('able word')], 14)).toEqual([
		'a very',
		'unbreakable',
		'word',
	]);
});

test('a word wider than the row is cut', () => {
	expect(wrap('x abcdefghij y', 4)).toEqual(['x', 'abcd', 'efgh', 'ij y']);
});

test('wide characters break anywhere but before closing punctuation', () => {
	expect(wrap('日本語の文章です。', 8)).toEqual(['日本語の', '文章で', 'す。']);
});

test('indentation stays at the start', () => {
	expect(wrap('    indented words here', 16)).toEqual(['    indented', 'words here']);
});

test('no row is wider than asked, and no visible character is lost', () => {
	const piece = fc.constantFrom('a', 'bc', ' ', '  ', '日', '。', '👨‍👩‍👧', 'e\u0301', '-', 'longerword');
	fc.assert(
		fc.property(fc.array(piece, {maxLength: 60}), fc.integer({min: 4, max: 30}), (pieces, width) => {
			const text = pieces.join('');
			for (const rows of [wrapLine([span(text)], width), hardWrap([span(text)], width)]) {
				for (const row of rows) expect(lineWidth(row)).toBeLessThanOrEqual(width);
				expect(rows.map(plainText).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
			}
		}),
		{numRuns: 300},
	);
});

test('paint switches each style on and off', () => {
	expect(paint([span('a', 'bold'), span(' b '), span('c', 'failure')], colorTheme)).toBe(
		'\u001B[1ma\u001B[22m b \u001B[31mc\u001B[39m',
	);
});

test('without colour there is no colour code in any style', () => {
	for (const attributes of Object.values(plainTheme.styles))
		for (const [on] of attributes) expect(on < 30 || (on > 49 && on < 90)).toBe(true);
});

test.each([
	['\u001B]52;c;aGk=\u0007', '␛]52;c;aGk=␇'],
	['\u001B[2J', '␛[2J'],
	['\u009B31m', '\uFFFD31m'],
	['a\r\nb\rc', 'a\nbc'],
	['tab\tand\nnewline', 'tab\tand\nnewline'],
	['abc\u202Edef', 'abcdef'],
	['👨‍👩‍👧 日本 é', '👨‍👩‍👧 日本 é'],
])('%j becomes %j, which a terminal only shows', (text, harmless) => {
	expect(harmlessText(text)).toBe(harmless);
});

test('no text at all gets an escape sequence past paint', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({min: 0, max: 0x30_00}).map(code => String.fromCodePoint(code))), characters => {
			const text = characters.join('');
			const sgr = new RegExp(String.raw`\u001B\[[\d;]*m`, 'g');
			expect(paint([span(text, 'bold')], colorTheme).replaceAll(sgr, '')).toMatch(/^\P{Cc}*$/u);
		}),
	);
});
