import {stripVTControlCharacters} from 'node:util';
import {textWidth} from '../../tui/graphemes.ts';
import type {Output} from '../terminal.ts';

/**
 * Lines at the end of the screen that change in place. A frame is one write without erasing first, so nothing
 * flickers; between frames the cursor rests on the row below, where what the terminal echoes is overwritten next.
 */
export class LiveLines {
	readonly #output: Output;
	#drawn: readonly string[] = [];
	#writing = false;

	constructor(output: Output) {
		this.#output = output;
	}

	/** Puts these lines in the place of the last ones; left out while a frame is on its way, since the next one is near. */
	draw(lines: readonly string[]): void {
		if (!this.#writing && !same(lines, this.#drawn)) void this.write([], lines);
	}

	/** Puts `above` over the lines, to stay. Settles when it is on the screen. */
	async write(above: readonly string[], lines: readonly string[] = this.#drawn): Promise<void> {
		const frame = frameOf(this.#drawn, above, lines, this.#output.columns);
		this.#drawn = lines;
		this.#writing = true;
		await this.#output.write(frame);
		this.#writing = false;
	}

	/** Leaves only what was written to stay. */
	async clear(): Promise<void> {
		if (this.#drawn.length > 0) await this.write([], []);
	}
}

/** Pure. From the row below the old lines to the row below the new ones. */
export function frameOf(
	old: readonly string[],
	above: readonly string[],
	lines: readonly string[],
	columns: number,
): string {
	const up = old.reduce((rows, line) => rows + rowsOf(line, columns), 0);
	const text = [...above, ...lines].map(line => `${line}\u001B[K\n`).join('');
	return `\r${up > 0 ? `\u001B[${up}A` : ''}${text}\u001B[J`;
}

/** A terminal that became narrower has folded the lines that are on it. */
function rowsOf(line: string, columns: number): number {
	return Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / columns));
}

function same(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((line, index) => line === b[index]);
}
