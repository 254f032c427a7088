import {textWidth} from '../../tui/graphemes.ts';
import {harmlessText} from '../../tui/harmless-text.ts';
import {styled} from '../style.ts';
import type {Output} from '../terminal.ts';
import type {Segment, TranscriptWriter} from './transcript.ts';

const clearLine = '\r\u001B[K';

/** A line for each segment as soon as it is certain; on a terminal also what is not certain yet, in its place. */
export class LiveWriter implements TranscriptWriter {
	readonly #stdout: Output;
	#drafted = false;

	constructor(stdout: Output) {
		this.#stdout = stdout;
	}

	async draft(text: string): Promise<void> {
		if (!this.#stdout.isTerminal) return;
		const line = lastWords(harmlessText(text), this.#stdout.columns - 1);
		await this.#stdout.write((this.#drafted ? clearLine : '') + styled(this.#stdout, 'dim', line));
		this.#drafted = line !== '';
	}

	async segment(segment: Segment): Promise<void> {
		if (segment.text === '') return;
		const text = this.#stdout.isTerminal ? harmlessText(segment.text) : segment.text;
		await this.#stdout.write(`${this.#drafted ? clearLine : ''}${text}\n`);
		this.#drafted = false;
	}

	async end(): Promise<void> {
		if (this.#drafted) await this.#stdout.write(clearLine);
		this.#drafted = false;
	}
}

/** The end of a text that is wider than the line. */
function lastWords(text: string, columns: number): string {
	const words = text.split(' ');
	let line = text;
	while (textWidth(line) > columns && words.length > 1) {
		words.shift();
		line = `…${words.join(' ')}`;
	}
	return textWidth(line) > columns ? '…' : line;
}
