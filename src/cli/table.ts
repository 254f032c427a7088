import {harmlessText} from '../tui/harmless-text.ts';
import type {Output} from './terminal.ts';
import {wrapWords} from './wrap-words.ts';

const gap = '    ';
const narrowGap = '  ';

/** Colours a cell; `row` counts from 0 below the header. */
export type Paint = (cell: string, column: number, row: number) => string;

/** Where it is shown; absent: somewhere without a width. */
type Place = Pick<Output, 'isTerminal' | 'columns'>;

/**
 * Left aligned columns, no borders: made for eyes, `awk` and `grep` alike, so four spaces apart and nothing wrapped or cut.
 * Only a terminal that is narrower gets narrower gaps, then cells of several lines, and then the last cell below its row.
 */
export function table(
	header: readonly string[],
	rows: ReadonlyArray<readonly string[]>,
	paint?: Paint,
	place?: Place,
): string {
	const lines = [header, ...rows.map(row => row.map(inOneLine))];
	const natural = header.map((_, column) => Math.max(...lines.map(line => (line[column] ?? '').length)));
	const layout = layoutOf(lines, natural, place);
	return lines.flatMap((line, index) => linesOf(line, layout, paint, index - 1).map(text => `${text}\n`)).join('');
}

/** `  Title` with rows of two columns under it, as `show` and `info` print them. */
export function section(title: string, rows: ReadonlyArray<readonly [string, string]>, place?: Place): string {
	const width = Math.max(0, ...rows.map(([label]) => label.length));
	const indent = ' '.repeat(4 + width + gap.length);
	const room = place?.isTerminal === true ? Math.max(leastRoom, place.columns - indent.length) : Infinity;
	const text = (value: string): string => wrapWords(inOneLine(value), room).join(`\n${indent}`);
	return `  ${title}\n${rows.map(([label, value]) => `    ${label.padEnd(width)}${gap}${text(value)}`.trimEnd()).join('\n')}\n\n`;
}

/** Characters; a column that is narrower is no better to read than one that the terminal breaks. */
const leastRoom = 8;
/** What is longer reads as a sentence, and wants some room. */
const proseRoom = 30;

interface Layout {
	readonly widths: readonly number[];
	readonly between: string;
	/** The room for the last cell of each row below it, where there is none beside the others. */
	readonly below: number | null;
}

/**
 * 1. As it is, 2. with narrower gaps, 3. with sentences in the last column wrapped, 4. with the widest columns wrapped between
 * their words, 5. with the last cell below its row, where there is no room or it takes fewer lines.
 */
function layoutOf(lines: ReadonlyArray<readonly string[]>, natural: readonly number[], place?: Place): Layout {
	const beside = {widths: natural, between: narrowGap, below: null};
	const gaps = natural.length - 1;
	// 1.
	if (place?.isTerminal !== true || sum(natural) + gaps * gap.length <= place.columns) return {...beside, between: gap};
	// 2.
	const room = place.columns - gaps * narrowGap.length;
	if (sum(natural) <= room) return beside;
	// 3.
	const others = natural.slice(0, -1);
	const isProse = (natural.at(-1) ?? 0) >= proseRoom;
	const left = room - sum(others);
	if (isProse && left >= proseRoom) return {...beside, widths: [...others, left]};
	// 4.
	const shrunk = {...beside, widths: isProse ? natural : shrink(lines, natural, room)};
	const below = {...beside, below: Math.max(leastRoom, place.columns - gap.length)};
	const isShorter = countLines(lines, shrunk) <= countLines(lines, below);
	if (sum(shrunk.widths) <= room && isShorter) return shrunk;
	// 5.
	return below;
}

const countLines = (lines: ReadonlyArray<readonly string[]>, layout: Layout): number =>
	lines.reduce((count, line, index) => count + linesOf(line, layout, undefined, index - 1).length, 0);

const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);

function shrink(lines: ReadonlyArray<readonly string[]>, natural: readonly number[], room: number): readonly number[] {
	const least = natural.map((width, column) =>
		Math.min(width, Math.max(leastRoom, ...lines.map(line => longestWord(line[column] ?? '')))),
	);
	const widths = [...natural];
	while (sum(widths) > room) {
		const widest = Math.max(...widths.filter((width, column) => width > (least[column] ?? 0)));
		const column = widths.findLastIndex((width, index) => width === widest && width > (least[index] ?? 0));
		if (column < 0) break;
		widths[column] = widest - 1;
	}
	return widths;
}

const longestWord = (cell: string): number => Math.max(...cell.split(' ').map(word => word.length));

function linesOf(line: readonly string[], layout: Layout, paint: Paint | undefined, row: number): readonly string[] {
	const {widths, below} = layout;
	const beside = below === null ? line : line.slice(0, -1);
	const cells = beside.map((cell, column) => wrapWords(cell, widths[column] ?? Infinity));
	const height = Math.max(1, ...cells.map(cell => cell.length));
	const lines = Array.from({length: height}, (_, index) =>
		pad(
			cells.map(cell => cell[index] ?? ''),
			layout,
			paint,
			row,
		),
	);
	const last = line.at(-1) ?? '';
	if (below === null || row < 0 || last === '') return lines;
	const painted = (text: string): string => (paint === undefined ? text : paint(text, line.length - 1, row));
	return [...lines, ...wrapWords(last, below).map(text => `${gap}${painted(text)}`)];
}

function pad(line: readonly string[], {widths, between}: Layout, paint: Paint | undefined, row: number): string {
	const last = line.findLastIndex(cell => cell !== '');
	return line
		.slice(0, last + 1)
		.map((cell, column) => {
			const painted = paint === undefined || row < 0 ? cell : paint(cell, column, row);
			return column === last ? painted : painted + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cell.length));
		})
		.join(between);
}

/** Names and notes come from files of strangers: no control characters, no line breaks. */
export function inOneLine(cell: string): string {
	return harmlessText(cell).replaceAll(/\s*\n\s*/g, ' ');
}
