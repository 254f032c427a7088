import {graphemes, textWidth} from '../graphemes.ts';
import {visible} from '../styled-text.ts';
import type {Draft} from './line-editor.ts';

export interface DraftLayout {
	readonly rows: readonly DraftRow[];
	/** Cells from the left edge of the text, and rows from the first one shown. */
	readonly cursor: {readonly x: number; readonly y: number};
}

export interface DraftRow {
	readonly text: string;
	/** `first` of the whole draft, first of a later `line`, or the rest of a `wrapped` one. */
	readonly begins: 'first' | 'line' | 'wrapped';
}

/** Wraps the draft at so many cells and keeps the rows around the cursor when they are too many. */
export function layoutDraft({text, cursor}: Draft, width: number, most: number): DraftLayout {
	const before = text.slice(0, cursor);
	const cursorLine = before.split('\n').length - 1;
	const cursorOffset = before.length - (before.lastIndexOf('\n') + 1);
	// Lines farther away than the screen is high are not seen, so they need no layout.
	const from = Math.max(0, cursorLine - most);
	const lines = text.split('\n').slice(from, cursorLine + most + 1);
	const rows: DraftRow[] = [];
	let position = {x: 0, y: 0};
	for (const [index, line] of lines.entries()) {
		const isCursorLine = from + index === cursorLine;
		const wrapped = wrapCells(line, width, isCursorLine ? cursorOffset : -1);
		if (isCursorLine) position = {x: wrapped.cursor.x, y: rows.length + wrapped.cursor.y};
		for (const [row, content] of wrapped.rows.entries())
			rows.push({text: content, begins: row > 0 ? 'wrapped' : from + index === 0 ? 'first' : 'line'});
	}
	const top = Math.max(0, Math.min(position.y - most + 1 + Math.floor(most / 3), rows.length - most));
	const start = Math.min(top, position.y);
	return {rows: rows.slice(start, start + most), cursor: {x: position.x, y: position.y - start}};
}

function wrapCells(
	line: string,
	width: number,
	cursorOffset: number,
): {readonly rows: readonly string[]; readonly cursor: {readonly x: number; readonly y: number}} {
	const rows = [''];
	let used = 0;
	let offset = 0;
	let cursor = {x: 0, y: 0};
	for (const grapheme of graphemes(line)) {
		const shown = visible(grapheme);
		const cells = textWidth(shown);
		if (used + cells > width) {
			rows.push('');
			used = 0;
		}
		if (offset === cursorOffset) cursor = {x: used, y: rows.length - 1};
		rows[rows.length - 1] += shown;
		used += cells;
		offset += grapheme.length;
	}
	return {rows, cursor: offset <= cursorOffset ? {x: used, y: rows.length - 1} : cursor};
}
