import {expect, test} from 'vitest';
import {markdownLines} from '../../../src/tui/markdown/blocks.ts';
import {lineWidth, plainText} from '../../../src/tui/styled-text.ts';
import {glyphs} from '../../../src/tui/theme.ts';

const lines = (source: string, width = 40) => markdownLines(source, {width, glyphs});
const rows = (source: string, width?: number): readonly string[] =>
	lines(source, width).map(line => plainText(line).trimEnd());
const styled = (source: string) => lines(source)[0]?.map(({text, styles}) => [text].concat(styles));

test('inline marks become styles', () => {
	expect(styled('a **b _c_** `d` ~~e~~')).toEqual([
		['a '],
		['b ', 'bold'],
		['c', 'bold', 'italic'],
		[' '],
		['d', 'code'],
		[' '],
		['e', 'strike'],
	]);
});

test('an unfinished mark is shown as it is', () => {
	expect(rows('this is **not closed')).toEqual(['this is **not closed']);
});

test('a link shows where it leads', () => {
	expect(rows('[here](https://example.org/x) and <https://example.org>', 80)).toEqual([
		'here (https://example.org/x) and https://example.org',
	]);
});

test('line breaks inside a paragraph stay, since models mean them', () => {
	expect(rows('Roses are red,\nviolets are blue')).toEqual(['Roses are red,', 'violets are blue']);
});

test('entities are read, HTML is shown', () => {
	expect(rows('a &lt; b &amp; c <b>x</b>')).toEqual(['a < b & c <b>x</b>']);
});

test('code is neither wrapped nor indented', () => {
	const long = 'x'.repeat(100);
	expect(rows(`\`\`\`sh\n${long}\n\techo\n\`\`\``)).toEqual(['sh', long, '\techo']);
});

test('lists hang, nest and keep their numbers', () => {
	expect(rows('9. nine\n10. ten is long enough to need a second row\n    - inner\n- [x] done', 30)).toEqual([
		' 9. nine',
		'10. ten is long enough to need',
		'    a second row',
		'    ◦ inner',
		'',
		'• [x] done',
	]);
});

test('code in a list item moves with it', () => {
	expect(rows('- see:\n  ```\n  run\n  ```\n- next')).toEqual(['• see:', '  run', '• next']);
});

test('quotes have a bar on every row', () => {
	expect(rows('> one\n>\n> two')).toEqual(['│ one', '│', '│ two']);
});

test('tables align, also with wide characters', () => {
	expect(rows('| n | 大きさ |\n|---|---:|\n| a | 1 |\n| 日本 | 22 |')).toEqual([
		'n    │ 大きさ',
		'─────┼───────',
		'a    │      1',
		'日本 │     22',
	]);
});

test('a table too wide wraps its widest column, and at last becomes a list', () => {
	const table = '| name | what it is |\n|---|---|\n| one | a rather long explanation of it |';
	for (const row of lines(table, 24)) expect(lineWidth(row)).toBeLessThanOrEqual(24);
	expect(rows('|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|long1|long2|long3|long4|long5|long6|', 20)).toEqual([
		'a: long1',
		'b: long2',
		'c: long3',
		'd: long4',
		'e: long5',
		'f: long6',
	]);
});

test('blocks stand apart by one empty row', () => {
	expect(rows('# A\nb\n\n\n\nc\n***')).toEqual(['A', '', 'b', '', 'c', '', '─'.repeat(40)]);
});
