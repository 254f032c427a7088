import {blockLines} from '../picture/picture-text.ts';
import type {Graphics} from '../picture/terminal-graphics.ts';
import {LiveLines} from '../pull/live-lines.ts';
import {styled} from '../style.ts';
import type {Terminal} from '../terminal.ts';
import {showsUnicode} from '../unicode.ts';
import {drawingLine} from './drawing-lines.ts';

export interface StepDone {
	readonly index: number;
	readonly step: number;
	readonly steps: number;
	readonly preview: Uint8Array | null;
}

/** Cells of a picture that is not done yet: enough to see whether it will be what was meant. */
const previewSize = {columns: 33, rows: 19} as const;
/** Rows beside the preview that stay with what stood there. */
const otherRows = 4;

/** What a waiting person sees on stderr: a bar, and the picture as far as it is. Nothing where stderr is no terminal. */
export class DrawingView {
	readonly #terminal: Terminal;
	readonly #count: number;
	readonly #graphics: Graphics;
	readonly #live: LiveLines;
	#preview: {readonly index: number; readonly lines: readonly string[]} = {index: -1, lines: []};
	#begun: number | null = null;

	/** `graphics` is what stderr shows; null: no preview. */
	constructor(terminal: Terminal, count: number, graphics: Graphics) {
		this.#terminal = terminal;
		this.#count = count;
		this.#graphics = graphics;
		this.#live = new LiveLines(terminal.stderr);
	}

	step({index, step, steps, preview}: StepDone): void {
		const {stderr, env} = this.#terminal;
		if (!stderr.isTerminal) return;
		const now = performance.now();
		const elapsedMs = this.#begun === null ? null : now - this.#begun;
		this.#begun ??= now;
		if (preview !== null) this.#preview = {index, lines: this.#previewLines(preview)};
		const line = drawingLine(
			{index, count: this.#count, step, steps, elapsedMs},
			{
				columns: stderr.columns,
				unicode: showsUnicode(env, process.platform),
				paint: (style, text) => styled(stderr, style, text),
			},
		);
		this.#live.draw([...(this.#preview.index === index ? this.#preview.lines : []), line]);
	}

	/** Must come before anything else is written to the screen. */
	async clear(): Promise<void> {
		await this.#live.clear();
	}

	/** Halves of cells, whatever else the terminal can: only text can be overwritten in place. */
	#previewLines(png: Uint8Array): readonly string[] {
		if (this.#graphics === null) return [];
		const {columns, rows} = this.#terminal.stderr;
		const size = {
			columns: Math.min(previewSize.columns, columns),
			rows: Math.min(previewSize.rows, rows - otherRows),
		};
		if (size.columns < 8 || size.rows < 8) return [];
		return blockLines(png, this.#graphics === 'blocks-256' ? 'blocks-256' : 'blocks-16m', size);
	}
}
