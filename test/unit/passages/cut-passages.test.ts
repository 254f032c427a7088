import {array, assert, constant, nat, oneof, property} from 'fast-check';
import {expect, test} from 'vitest';
import {cutPassages} from '../../../src/passages/cut-passages.ts';

const words = (count: number, word = 'word'): string => Array.from({length: count}, () => word).join(' ');

test('a passage stands under its headings and knows its lines', () => {
	const text = [
		'# Guide',
		'',
		'How to begin.',
		'',
		'## Install `it`',
		'',
		'Type this.',
		'And that.',
		'',
		'# Other',
		'End.',
	];
	expect(cutPassages(text.join('\n'))).toEqual([
		{headings: ['Guide'], firstLine: 3, lastLine: 3, text: 'How to begin.'},
		{headings: ['Guide', 'Install it'], firstLine: 7, lastLine: 8, text: 'Type this.\nAnd that.'},
		{headings: ['Other'], firstLine: 11, lastLine: 11, text: 'End.'},
	]);
});

test('a comment in a listing is no heading', () => {
	const [passage, ...others] = cutPassages('# A\n```sh\n# install\nnpm i\n```');
	expect(others).toEqual([]);
	expect(passage?.text).toContain('# install');
});

test('paragraphs stay together as long as they are short, and long ones are cut', () => {
	expect(cutPassages(`${words(10)}\n\n${words(10)}\n\n${words(30)}`)).toHaveLength(1);
	expect(cutPassages(`${words(100)}\n\n${words(100)}`)).toHaveLength(2);
	expect(cutPassages(words(1000)).length).toBeGreaterThan(4);
});

test('a text of nothing has no passage', () => {
	expect(cutPassages('')).toEqual([]);
	expect(cutPassages('\n\n# Only a heading\n\n')).toEqual([]);
});

test('no word is lost and no passage is long, whatever the text', () => {
	const line = oneof(
		constant(''),
		constant('## Heading'),
		nat({max: 400}).map(count => words(count, 'w')),
	);
	assert(
		property(array(line, {maxLength: 30}), lines => {
			const passages = cutPassages(lines.join('\n'));
			const count = (text: string): number => text.match(/\bw\b/g)?.length ?? 0;
			expect(passages.reduce((sum, {text}) => sum + count(text), 0)).toBe(count(lines.join('\n')));
			for (const {text} of passages) expect(count(text)).toBeLessThanOrEqual(720);
		}),
	);
});
