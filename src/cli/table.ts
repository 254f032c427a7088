import {harmlessText} from '../tui/harmless-text.ts';

const gap = '    ';

/** Colours a cell; `row` counts from 0 below the header. */
export type Paint = (cell: string, column: number, row: number) => string;

/** Left aligned columns four spaces apart, no borders, nothing wrapped or cut: made for eyes, `awk` and `grep` alike. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>, paint?: Paint): string {
	const lines = [header, ...rows.map(row => row.map(inOneLine))];
	const widths = header.map((_, column) => Math.max(...lines.map(line => (line[column] ?? '').length)));
	return lines.map((line, index) => `${pad(line, widths, paint, index - 1)}\n`).join('');
}

/** `  Title` with rows of two columns under it, as `show` and `info` print them. */
export function section(title: string, rows: ReadonlyArray<readonly [string, string]>): string {
	const width = Math.max(0, ...rows.map(([label]) => label.length));
	return `  ${title}\n${rows.map(([label, value]) => `    ${label.padEnd(width)}${gap}${inOneLine(value)}`.trimEnd()).join('\n')}\n\n`;
}

function pad(line: readonly string[], widths: readonly number[], paint: Paint | undefined, row: number): string {
	const last = line.findLastIndex(cell => cell !== '');
	return line
		.slice(0, last + 1)
		.map((cell, column) => {
			const painted = paint === undefined || row < 0 ? cell : paint(cell, column, row);
			return column === last ? painted : painted + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cell.length));
		})
		.join(gap);
}

/** Names and notes come from files of strangers: no control characters, no line breaks. */
export function inOneLine(cell: string): string {
	return harmlessText(cell).replaceAll(/\s*\n\s*/g, ' ');
}
