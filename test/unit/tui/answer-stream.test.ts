import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {
	advanceStream,
	finishStream,
	liveLines,
	startStream,
	type StreamLayout,
} from '../../../src/tui/answer-stream.ts';
import {markdownLines} from '../../../src/tui/markdown/blocks.ts';
import {plainText, type Line} from '../../../src/tui/styled-text.ts';
import {glyphs} from '../../../src/tui/theme.ts';

const layout: StreamLayout = {width: 40, liveRows: 6, glyphs};
const texts = (lines: readonly Line[]): readonly string[] => lines.map(line => plainText(line).trimEnd());

/** All rows that left, and the look of the live part after each piece. */
function play(pieces: readonly string[], kind: 'markdown' | 'plain' = 'markdown', within = layout) {
	let stream = startStream(kind);
	const left: Line[] = [];
	const live: Array<readonly string[]> = [];
	for (const piece of pieces) {
		const step = advanceStream(stream, piece, within);
		stream = step.stream;
		left.push(...step.lines);
		live.push(texts(liveLines(stream, within)));
	}
	return {left: texts(left), live, all: texts([...left, ...finishStream(stream, within)])};
}

const sample = `# Title

A paragraph with **bold**, *slanted* and \`code\` words that goes on for a while.

- one
- two
  1. deep
  2. deeper

\`\`\`js
const one = 1;

const two = 2;
\`\`\`

> quoted

| a | b |
|---|---|
| 1 | 2 |

The end.`;

test('however an answer is cut into pieces, the same rows come out in the end', () => {
	const whole = texts(markdownLines(sample, {...layout}));
	expect(play(sample.match(/[\s\S]{1,3}/g) ?? []).all).toEqual(whole);
	fc.assert(
		fc.property(fc.array(fc.integer({min: 1, max: 40}), {minLength: 1}), sizes => {
			const pieces: string[] = [];
			for (let at = 0, turn = 0; at < sample.length; turn += 1) {
				const size = sizes[turn % sizes.length] ?? 1;
				pieces.push(sample.slice(at, at + size));
				at += size;
			}
			expect(play(pieces).all).toEqual(whole);
		}),
		{numRuns: 60},
	);
});

test('a block leaves when the next one begins, not before', () => {
	expect(play(['First.\n\n']).left).toEqual([]);
	expect(play(['First.\n\n', 'Second']).left).toEqual(['First.']);
});

test('each complete line of code leaves at once, and an empty line is kept', () => {
	const {left, live} = play(['```js\n', 'one\n', '\n', 'tw', 'o\n', '```\n']);
	expect(left).toEqual(['js', 'one', '', 'two']);
	expect(live[3]).toEqual(['tw']);
});

test('a line that may yet become a heading or a list does not change the look of the one before', () => {
	const {live} = play(['Some words\n', '-', '- ', '--', '-']);
	expect(live[1]).toEqual(['Some words']);
});

test('a paragraph higher than the live part leaves row by row and is never repeated', () => {
	const words = Array.from({length: 200}, (_, index) => `word${index} `);
	const {all, left, live} = play(words);
	expect(left.length).toBeGreaterThan(20);
	for (const rows of live) expect(rows.length).toBeLessThanOrEqual(layout.liveRows);
	expect(all.join(' ').replaceAll(/\s+/g, ' ')).toBe(words.join('').trim());
});

test('a new width in the middle of a paragraph neither repeats nor loses words', () => {
	const words = Array.from({length: 120}, (_, index) => `word${index} `);
	let stream = startStream('markdown');
	const left: Line[] = [];
	for (const [index, word] of words.entries()) {
		const step = advanceStream(stream, word, {...layout, width: index < 60 ? 40 : 27});
		stream = step.stream;
		left.push(...step.lines);
	}
	left.push(...finishStream(stream, {...layout, width: 61}));
	expect(texts(left).join(' ').replaceAll(/\s+/g, ' ')).toBe(words.join('').trim());
});

test('a block without an end is cut, so that each step stays cheap', () => {
	const {all} = play(
		Array.from({length: 400}, () => 'x'.repeat(49) + ' '),
		'markdown',
		{...layout, width: Infinity},
	);
	expect(all.join('').replaceAll(' ', '')).toBe('x'.repeat(400 * 49));
	const {all: code} = play(['```\n', ...Array.from({length: 400}, () => 'y'.repeat(50)), '\n```\n']);
	expect(code.join('')).toBe('y'.repeat(400 * 50));
});

test('plain text keeps its line breaks, its indentation and its asterisks', () => {
	expect(play(['{\n', '  "a": "**', 'b**"\n\n', '}'], 'plain').all).toEqual(['{', '  "a": "**b**"', '', '}']);
});

test('escape sequences come out harmless, even when they are cut in two', () => {
	const {all} = play(['before \u001B', ']52;c;aGk=', '\u0007 after']);
	expect(all).toEqual(['before ␛]52;c;aGk=␇ after']);
});

test.each([
	['quotes', '> '],
	['lists', '- '],
])('%s nested without end are shown as they are', (_name, mark) => {
	expect(play([mark.repeat(3900), 'deep']).all.join('')).toContain('deep');
});

test('no Markdown makes a stream fail, and its visible letters survive', () => {
	const piece = fc.constantFrom(
		'a',
		' ',
		'\n',
		'\n\n',
		'- ',
		'1. ',
		'# ',
		'```',
		'`',
		'**',
		'*',
		'> ',
		'---',
		'[x](y)',
		'<b>',
		'~~~',
		'日',
		'\t',
	);
	fc.assert(
		fc.property(fc.array(piece, {maxLength: 80}), pieces => {
			const {all} = play(pieces);
			expect(all.join('').replaceAll(/[^日]/g, '')).toBe(pieces.join('').replaceAll(/[^日]/g, ''));
		}),
		{numRuns: 300},
	);
});
