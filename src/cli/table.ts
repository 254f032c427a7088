import {harmlessText} from '../tui/harmless-text.ts';

const gap = '    ';

/** Left aligned columns four spaces apart, no borders, nothing wrapped or cut: made for eyes, `awk` and `grep` alike. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	const lines = [header, ...rows.map(row => row.map(inOneLine))];
	const widths = header.map((_, column) => Math.max(...lines.map(line => (line[column] ?? '').length)));
	return lines.map(line => `${pad(line, widths)}\n`).join('');
}

/** `  Title` with rows of two columns under it, as `show` and `info` print them. */
export function section(title: string, rows: ReadonlyArray<readonly [string, string]>): string {
	const width = Math.max(0, ...rows.map(([label]) => label.length));
	return `  ${title}\n${rows.map(([label, value]) => `    ${label.padEnd(width)}${gap}${inOneLine(value)}`.trimEnd()).join('\n')}\n\n`;
}

function pad(line: readonly string[], widths: readonly number[]): string {
	return line
		.map((cell, column) => cell.padEnd(widths[column] ?? 0))
		.join(gap)
		.trimEnd();
}

/** Names and notes come from files of strangers: no control characters, no line breaks. */
function inOneLine(cell: string): string {
	return harmlessText(cell).replaceAll(/\s*\n\s*/g, ' ');
}
