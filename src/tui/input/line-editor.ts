import {nextBoundary, previousBoundary, textWidth} from '../graphemes.ts';

/** What is being typed. The cursor is an offset into the text, always between two graphemes. */
export interface Draft {
	readonly text: string;
	readonly cursor: number;
	/** What the last kill took away, for yanking back. */
	readonly killed: string;
}

export type Edit = (draft: Draft) => Draft;

/** A paste of a whole book would make every key press slow. */
export const longestDraft = 200_000;

export const emptyDraft: Draft = {text: '', cursor: 0, killed: ''};

/** The cursor stands after the text. */
export function draftOf(text: string, killed = ''): Draft {
	return {text, cursor: text.length, killed};
}

/** Inserts at the cursor, as much as there is room for. */
export function insertText(draft: Draft, text: string): Draft {
	const room = longestDraft - draft.text.length;
	const inserted = text.length > room ? text.slice(0, previousBoundary(text, room + 1)) : text;
	return {
		...draft,
		text: draft.text.slice(0, draft.cursor) + inserted + draft.text.slice(draft.cursor),
		cursor: draft.cursor + inserted.length,
	};
}

/** Replaces everything, keeping what was killed. */
export function replaceText(draft: Draft, text: string): Draft {
	return {...draftOf(text), killed: draft.killed};
}

/** Emacs' moves and kills, each by its name in the key table. Kills and moves to the edge work within one line of the text. */
export const edits: {
	readonly [
		Name in
			| 'move-left'
			| 'move-right'
			| 'move-word-left'
			| 'move-word-right'
			| 'move-line-start'
			| 'move-line-end'
			| 'delete-left'
			| 'delete-right'
			| 'kill-line-start'
			| 'kill-line-end'
			| 'kill-word-left'
			| 'kill-space-word-left'
			| 'kill-word-right'
			| 'yank'
			| 'swap-graphemes'
			| 'insert-newline'
	]: Edit;
} = {
	'move-left': draft => moveTo(draft, previousBoundary(draft.text, draft.cursor)),
	'move-right': draft => moveTo(draft, nextBoundary(draft.text, draft.cursor)),
	'move-word-left': draft => moveTo(draft, wordLeft(draft)),
	'move-word-right': draft => moveTo(draft, wordRight(draft)),
	'move-line-start': draft => moveTo(draft, lineStart(draft)),
	'move-line-end': draft => moveTo(draft, lineEnd(draft)),
	'delete-left': draft => remove(draft, previousBoundary(draft.text, draft.cursor), draft.cursor),
	'delete-right': draft => remove(draft, draft.cursor, nextBoundary(draft.text, draft.cursor)),
	'kill-line-start': draft => kill(draft, orOneLess(lineStart(draft), draft.cursor), draft.cursor),
	'kill-line-end': draft => kill(draft, draft.cursor, orOneMore(lineEnd(draft), draft)),
	'kill-word-left': draft => kill(draft, wordLeft(draft), draft.cursor),
	'kill-space-word-left': draft => kill(draft, spaceWordLeft(draft), draft.cursor),
	'kill-word-right': draft => kill(draft, draft.cursor, wordRight(draft)),
	yank: draft => insertText(draft, draft.killed),
	'swap-graphemes': swapGraphemes,
	'insert-newline': draft => insertText(draft, '\n'),
};

export type EditName = keyof typeof edits;

/** One line up or down in the text, at about the same cell; undefined at the edge, where history takes over. */
export function moveVertically(draft: Draft, direction: -1 | 1): Draft | undefined {
	const start = lineStart(draft);
	const column = textWidth(draft.text.slice(start, draft.cursor));
	if (direction === -1) {
		if (start === 0) return undefined;
		return moveTo(draft, atColumn(draft.text, lineStart({...draft, cursor: start - 1}), start - 1, column));
	}
	const end = lineEnd(draft);
	if (end === draft.text.length) return undefined;
	return moveTo(draft, atColumn(draft.text, end + 1, lineEnd({...draft, cursor: end + 1}), column));
}

function moveTo(draft: Draft, cursor: number): Draft {
	return {...draft, cursor};
}

function remove(draft: Draft, from: number, to: number): Draft {
	return {...draft, text: draft.text.slice(0, from) + draft.text.slice(to), cursor: from};
}

function kill(draft: Draft, from: number, to: number): Draft {
	return from === to ? draft : {...remove(draft, from, to), killed: draft.text.slice(from, to)};
}

function lineStart({text, cursor}: Draft): number {
	return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd({text, cursor}: Draft): number {
	const found = text.indexOf('\n', cursor);
	return found === -1 ? text.length : found;
}

/** At the start of a line, killing joins it to the line before; at its end, to the one after. */
function orOneLess(start: number, cursor: number): number {
	return start === cursor ? Math.max(0, start - 1) : start;
}

function orOneMore(end: number, draft: Draft): number {
	return end === draft.cursor ? Math.min(draft.text.length, end + 1) : end;
}

/** Words as people have them, so that a word of a language without spaces is one too. */
const words = new Intl.Segmenter(undefined, {granularity: 'word'});
const farthestWord = 2000;

function wordLeft({text, cursor}: Draft): number {
	const from = Math.max(0, cursor - farthestWord);
	const before = Array.from(words.segment(text.slice(from, cursor)));
	const found = before.findLast(({isWordLike}) => isWordLike === true);
	return found === undefined ? from : from + found.index;
}

function wordRight({text, cursor}: Draft): number {
	const after = text.slice(cursor, cursor + farthestWord);
	const found = Array.from(words.segment(after)).find(({isWordLike}) => isWordLike === true);
	return found === undefined ? cursor + after.length : cursor + found.index + found.segment.length;
}

function spaceWordLeft({text, cursor}: Draft): number {
	return cursor - (/\S*\s*$/.exec(text.slice(0, cursor))?.[0].length ?? 0);
}

function swapGraphemes(draft: Draft): Draft {
	const end = nextBoundary(draft.text, draft.cursor);
	const middle = end === draft.cursor ? previousBoundary(draft.text, end) : draft.cursor;
	const start = previousBoundary(draft.text, middle);
	if (start === middle) return draft;
	const swapped = draft.text.slice(middle, end) + draft.text.slice(start, middle);
	return {...draft, text: draft.text.slice(0, start) + swapped + draft.text.slice(end), cursor: end};
}

function atColumn(text: string, from: number, to: number, column: number): number {
	let offset = from;
	while (offset < to) {
		const next = nextBoundary(text, offset);
		if (textWidth(text.slice(from, next)) > column) break;
		offset = next;
	}
	return offset;
}
