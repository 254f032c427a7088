import {graphemes, textWidth} from './graphemes.ts';
import {harmlessText} from './harmless-text.ts';
import type {Style, Theme} from './theme.ts';

/** A run of text that looks one way. */
export interface Span {
	readonly text: string;
	readonly styles: readonly Style[];
}

/** One row of text, or a paragraph that has yet to be wrapped. */
export type Line = readonly Span[];

export const emptyLine: Line = [];

export function span(text: string, ...styles: readonly Style[]): Span {
	return {text, styles};
}

/** The lines of a text, all in one style. */
export function textLines(text: string, ...styles: readonly Style[]): readonly Line[] {
	return text.split('\n').map(line => [span(line, ...styles)]);
}

export function plainText(line: Line): string {
	return line.map(({text}) => text).join('');
}

export function lineWidth(line: Line): number {
	return line.reduce((width, {text}) => width + textWidth(visible(text)), 0);
}

/** The escape sequences of one row. The only place where text turns into what a terminal obeys, so the last gate. */
export function paint(line: Line, theme: Theme): string {
	return line
		.map(({text, styles}) => {
			const attributes = styles.flatMap(style => theme.styles[style]);
			const shown = visible(text);
			if (shown === '' || attributes.length === 0) return shown;
			const codes = (which: 0 | 1): string => [...new Set(attributes.map(attribute => attribute[which]))].join(';');
			return `\u001B[${codes(0)}m${shown}\u001B[${codes(1)}m`;
		})
		.join('');
}

/** Tabs have no width of their own, and a row has no line breaks. */
export function visible(text: string): string {
	return harmlessText(text).replaceAll('\t', '    ').replaceAll('\n', ' ');
}

/** Splits where the text itself has line breaks. */
export function splitLines(spans: Line): readonly Line[] {
	const lines: Span[][] = [[]];
	for (const {text, styles} of spans) {
		for (const [index, part] of text.split('\n').entries()) {
			if (index > 0) lines.push([]);
			if (part !== '') lines.at(-1)?.push({text: part, styles});
		}
	}
	return lines;
}

/** One blank row between blocks, none at the edges; empty blocks do not count. */
export function joinBlocks(blocks: ReadonlyArray<readonly Line[]>): readonly Line[] {
	const lines: Line[] = [];
	for (const block of blocks) {
		if (block.length === 0) continue;
		if (lines.length > 0) lines.push(emptyLine);
		lines.push(...block);
	}
	return lines;
}

/** What stays together on one row: a word, a wide character, or the spaces between. */
interface Piece {
	readonly spans: Span[];
	width: number;
	readonly space: boolean;
}

/** Breaks between words, between wide characters, and inside a word only where it is wider than a whole row. */
export function wrapLine(line: Line, width: number): readonly Line[] {
	const limit = Math.max(2, width);
	if (lineWidth(line) <= limit) return [line];
	const rows: Span[][] = [[]];
	let used = 0;
	const put = (spans: readonly Span[], taken: number): void => {
		rows.at(-1)?.push(...spans);
		used += taken;
	};
	const breakRow = (): void => {
		trimEnd(rows.at(-1) ?? []);
		rows.push([]);
		used = 0;
	};
	for (const piece of piecesOf(line)) {
		if (used + piece.width <= limit) {
			if (!(piece.space && used === 0 && rows.length > 1)) put(piece.spans, piece.width);
		} else if (piece.space) breakRow();
		else {
			if (used > 0) breakRow();
			if (piece.width <= limit) put(piece.spans, piece.width);
			else
				for (const grapheme of graphemesOf(piece.spans)) {
					const taken = textWidth(grapheme.text);
					if (used + taken > limit) breakRow();
					put([grapheme], taken);
				}
		}
	}
	return rows.map(joinSpans);
}

/** Cuts at the edge of the screen wherever that falls, as a terminal does by itself. */
export function hardWrap(line: Line, width: number): readonly Line[] {
	const limit = Math.max(2, width);
	if (lineWidth(line) <= limit) return [line];
	const rows: Span[][] = [[]];
	let used = 0;
	for (const grapheme of graphemesOf(line)) {
		const taken = textWidth(grapheme.text);
		if (used + taken > limit) {
			rows.push([]);
			used = 0;
		}
		rows.at(-1)?.push(grapheme);
		used += taken;
	}
	return rows.map(joinSpans);
}

function piecesOf(line: Line): readonly Piece[] {
	const pieces: Piece[] = [];
	for (const {text, styles} of line) {
		for (const [part] of visible(text).matchAll(/ +|[^ ]+/g)) {
			if (part.startsWith(' ')) pieces.push({spans: [{text: part, styles}], width: part.length, space: true});
			else for (const unit of unbreakable(part)) append(pieces, unit, styles);
		}
	}
	return pieces;
}

/** A word goes on from one span into the next: `un**break**able`. */
function append(
	pieces: Piece[],
	unit: {readonly text: string; readonly alone: boolean},
	styles: readonly Style[],
): void {
	const last = pieces.at(-1);
	const width = textWidth(unit.text);
	if (last === undefined || last.space || unit.alone || isWide(last.spans.at(-1)?.text ?? '')) {
		if (last !== undefined && !last.space && closing.test(unit.text)) {
			last.spans.push({text: unit.text, styles});
			last.width += width;
		} else pieces.push({spans: [{text: unit.text, styles}], width, space: false});
		return;
	}
	last.spans.push({text: unit.text, styles});
	last.width += width;
}

/** Wide characters may stand at the end of a row each by itself; this punctuation may not begin one. */
const closing = /^[、。，．・：；？！）」』】》〉”’,.!?:;)\]}]/u;

function unbreakable(word: string): ReadonlyArray<{readonly text: string; readonly alone: boolean}> {
	if (/^[\u0020-\u024F]*$/.test(word)) return [{text: word, alone: false}];
	const units: Array<{text: string; alone: boolean}> = [];
	for (const grapheme of graphemes(word)) {
		const last = units.at(-1);
		const wide = textWidth(grapheme) > 1;
		if (wide || last === undefined || last.alone) units.push({text: grapheme, alone: wide});
		else last.text += grapheme;
	}
	return units;
}

function isWide(text: string): boolean {
	const final = graphemes(text).at(-1) ?? '';
	return textWidth(final) > 1;
}

function graphemesOf(spans: Line): readonly Span[] {
	return spans.flatMap(({text, styles}) => graphemes(visible(text)).map(grapheme => ({text: grapheme, styles})));
}

function trimEnd(row: Span[]): void {
	while (row.at(-1)?.text.trimEnd() === '') row.pop();
	const last = row.pop();
	if (last !== undefined) row.push({...last, text: last.text.trimEnd()});
}

function joinSpans(row: Line): Line {
	const joined: Span[] = [];
	for (const next of row) {
		const last = joined.at(-1);
		if (last !== undefined && last.styles === next.styles)
			joined[joined.length - 1] = {...last, text: last.text + next.text};
		else joined.push(next);
	}
	return joined;
}
