import {expect, test} from 'vitest';
import {layoutDraft} from '../../../src/tui/input/draft-layout.ts';
import {draftOf} from '../../../src/tui/input/line-editor.ts';

const texts = (text: string, width: number, most = 10, cursor = text.length) => {
	const {rows, cursor: position} = layoutDraft({...draftOf(text), cursor}, width, most);
	return {rows: rows.map(row => row.text), cursor: position};
};

test('a long line folds at the width, and the cursor is where the text ends', () => {
	expect(texts('abcdefgh', 5)).toEqual({rows: ['abcde', 'fgh'], cursor: {x: 3, y: 1}});
	expect(texts('abcdefgh', 5, 10, 5)).toEqual({rows: ['abcde', 'fgh'], cursor: {x: 0, y: 1}});
});

test('a wide character never straddles the edge', () => {
	expect(texts('日本語', 5)).toEqual({rows: ['日本', '語'], cursor: {x: 2, y: 1}});
	expect(texts('a日本', 4, 10, 1)).toEqual({rows: ['a日', '本'], cursor: {x: 1, y: 0}});
});

test('a family is one character two cells wide', () => {
	expect(texts('x👨‍👩‍👧‍👦', 10).cursor).toEqual({x: 3, y: 0});
});

test('tabs take cells', () => {
	expect(texts('\tx', 10)).toEqual({rows: ['    x'], cursor: {x: 5, y: 0}});
});

test('lines know whether they begin the draft, a line or go on', () => {
	const {rows} = layoutDraft(draftOf('abcdef\n\nx'), 4, 10);
	expect(rows.map(({begins}) => begins)).toEqual(['first', 'wrapped', 'line', 'line']);
});

test('of a draft higher than the screen the rows around the cursor are shown', () => {
	const text = Array.from({length: 50}, (_, index) => `line ${index}`).join('\n');
	for (const cursor of [0, 5, 60, 200, text.length]) {
		const {rows, cursor: position} = layoutDraft({...draftOf(text), cursor}, 20, 5);
		expect(rows.length).toBeLessThanOrEqual(5);
		const line = text.slice(0, cursor).split('\n').length - 1;
		expect(rows[position.y]?.text).toBe(`line ${line}`);
	}
});
