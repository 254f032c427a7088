import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {nextBoundary, previousBoundary} from '../../../src/tui/graphemes.ts';
import {
	draftOf,
	edits,
	insertText,
	longestDraft,
	moveVertically,
	type Draft,
	type EditName,
} from '../../../src/tui/input/line-editor.ts';

const at = (text: string): Draft => ({text: text.replace('|', ''), cursor: text.indexOf('|'), killed: ''});
const show = ({text, cursor}: Draft): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

test.each<readonly [EditName, string, string]>([
	['move-left', 'ab|c', 'a|bc'],
	['move-left', '日本|語', '日|本語'],
	['move-left', 'x👨‍👩‍👧‍👦|', 'x|👨‍👩‍👧‍👦'],
	['move-right', 'e|e\u0301x', 'ee\u0301|x'],
	['move-left', '|abc', '|abc'],
	['move-line-start', 'one\ntwo th|ree', 'one\n|two three'],
	['move-line-end', 'o|ne\ntwo', 'one|\ntwo'],
	['move-word-left', 'one two|', 'one |two'],
	['move-word-left', 'one, two,  |', 'one, |two,  '],
	['move-word-right', '|one two', 'one| two'],
	['move-word-right', 'one|, two', 'one, two|'],
	['delete-left', 'a👍🏽|b', 'a|b'],
	['delete-left', 'cafe\u0301|', 'caf|'],
	['delete-right', 'a|👍🏽b', 'a|b'],
	['delete-left', 'one\n|two', 'one|two'],
	['kill-line-end', 'on|e\ntwo', 'on|\ntwo'],
	['kill-line-end', 'one|\ntwo', 'one|two'],
	['kill-line-start', 'one\ntw|o', 'one\n|o'],
	['kill-line-start', 'one\n|two', 'one|two'],
	['kill-space-word-left', 'rm /a/b/c |', 'rm |'],
	['kill-word-left', '/a/b/c|', '/a/b/|'],
	['kill-word-right', 'one |two three', 'one | three'],
	['swap-graphemes', 'ab|', 'ba|'],
	['swap-graphemes', 'a|b', 'ba|'],
	['swap-graphemes', '|ab', '|ab'],
	['insert-newline', 'a|b', 'a\n|b'],
])('%s turns %j into %j', (edit, before, after) => {
	expect(show(edits[edit](at(before)))).toBe(after);
});

test('what was killed comes back with yank', () => {
	const killed = edits['kill-space-word-left'](at('one two|'));
	expect(show(edits.yank(edits['move-line-start'](killed)))).toBe('two|one ');
});

test('deleting takes nothing from what a kill kept', () => {
	const killed = edits['kill-line-end'](at('one |two'));
	expect(edits['delete-left'](killed).killed).toBe('two');
});

test('up and down keep the cell, in wide characters too, and stop at the edges', () => {
	expect(show(moveVertically(at('日本語\nabcdef|'), -1)!)).toBe('日本語|\nabcdef');
	expect(show(moveVertically(at('ab|cdef\n日本語'), 1)!)).toBe('abcdef\n日|本語');
	expect(show(moveVertically(at('long line\n\nx|'), -1)!)).toBe('long line\n|\nx');
	expect(moveVertically(at('o|ne\ntwo'), -1)).toBeUndefined();
	expect(moveVertically(at('one\nt|wo'), 1)).toBeUndefined();
});

test('a draft takes no more than it has room for, and never half of a character', () => {
	const full = insertText(draftOf('x'.repeat(longestDraft - 1)), '👍');
	expect(full.text.length).toBeLessThanOrEqual(longestDraft);
	expect(full.text).not.toMatch(/[\uD800-\uDBFF]$/);
});

test('no sequence of edits leaves the cursor inside a grapheme or outside the text', () => {
	const names = Object.keys(edits) as EditName[];
	const piece = fc.constantFrom('a', ' ', '日', 'e\u0301', '👨‍👩‍👧', '\n', '/', '🇩🇪');
	const step = fc.oneof(
		fc.constantFrom(...names),
		fc.array(piece).map(pieces => ({text: pieces.join('')})),
	);
	fc.assert(
		fc.property(fc.array(step, {maxLength: 40}), steps => {
			let draft = draftOf('');
			for (const next of steps) {
				draft = typeof next === 'string' ? edits[next](draft) : insertText(draft, next.text);
				expect(draft.cursor).toBeGreaterThanOrEqual(0);
				expect(draft.cursor).toBeLessThanOrEqual(draft.text.length);
			}
			if (draft.cursor > 0)
				expect(nextBoundary(draft.text, previousBoundary(draft.text, draft.cursor))).toBe(draft.cursor);
		}),
		{numRuns: 200},
	);
});
