import type {Tokens} from 'marked';
import {emptyLine, lineWidth, span, splitLines, wrapLine, type Line} from '../styled-text.ts';
import type {Theme} from '../theme.ts';
import {textWidth} from '../graphemes.ts';
import {inlineSpans} from './inline.ts';

const narrowest = 4;

/** Columns as wide as they need; where the screen is too narrow the widest wrap, and at last rows become lists. */
export function tableLines(
	table: Tokens.Table,
	layout: {readonly width: number; readonly glyphs: Theme['glyphs']},
): readonly Line[] {
	const header = table.header.map(cell => inlineSpans(cell.tokens, ['bold']));
	const rows = table.rows.map(row => row.map(cell => inlineSpans(cell.tokens)));
	const gap = textWidth(layout.glyphs.column);
	const widths = columnWidths([header, ...rows], layout.width - gap * (header.length - 1));
	if (widths === undefined) return listed(header, rows, layout.width);
	const bar = span(layout.glyphs.column, 'dim');
	const align = table.align;
	return [
		...rowLines(header, widths, align, bar.text),
		[span(widths.map(width => layout.glyphs.rule.repeat(width)).join(layout.glyphs.crossing), 'dim')],
		...rows.flatMap(row => rowLines(row, widths, align, bar.text)),
	];
}

/** Undefined when the columns do not fit however they wrap. */
function columnWidths(rows: ReadonlyArray<readonly Line[]>, available: number): readonly number[] | undefined {
	const wanted = (rows[0] ?? []).map((_, column) =>
		Math.max(1, ...rows.map(row => Math.max(...splitLines(row[column] ?? []).map(lineWidth)))),
	);
	const total = (): number => wanted.reduce((sum, width) => sum + width, 0);
	if (wanted.length * narrowest > available && total() > available) return undefined;
	while (total() > available) {
		const widest = wanted.indexOf(Math.max(...wanted));
		wanted[widest] = (wanted[widest] ?? 1) - 1;
	}
	return wanted;
}

function rowLines(
	cells: readonly Line[],
	widths: readonly number[],
	align: Tokens.Table['align'],
	bar: string,
): readonly Line[] {
	const wrapped = widths.map((width, column) => splitLines(cells[column] ?? []).flatMap(line => wrapLine(line, width)));
	const height = Math.max(1, ...wrapped.map(lines => lines.length));
	return Array.from({length: height}, (_, row) =>
		widths.flatMap((width, column) => {
			const cell = padded(wrapped[column]?.[row] ?? emptyLine, width, align[column] ?? null);
			return column === 0 ? cell : [span(bar, 'dim'), ...cell];
		}),
	);
}

function padded(cell: Line, width: number, align: 'left' | 'center' | 'right' | null): Line {
	const room = Math.max(0, width - lineWidth(cell));
	const before = align === 'right' ? room : align === 'center' ? Math.floor(room / 2) : 0;
	return [span(' '.repeat(before)), ...cell, span(' '.repeat(room - before))];
}

function listed(header: readonly Line[], rows: ReadonlyArray<readonly Line[]>, width: number): readonly Line[] {
	return rows.flatMap((row, index) => [
		...(index === 0 ? [] : [emptyLine]),
		...row.flatMap((cell, column) =>
			splitLines([...(header[column] ?? []), span(': ', 'bold'), ...cell]).flatMap(line => wrapLine(line, width)),
		),
	]);
}
