import {spaceBetween} from '../../media/transcript/join-segments.ts';
import {harmlessText} from '../../tui/harmless-text.ts';
import type {Output} from '../terminal.ts';
import type {Segment, TranscriptWriter} from './transcript.ts';

/** A pause as long begins a new line. */
const pauseSeconds = 2;

/** Running text, in lines where nobody spoke for a while. */
export class TextWriter implements TranscriptWriter {
	readonly #stdout: Output;
	#last: Segment | undefined;

	constructor(stdout: Output) {
		this.#stdout = stdout;
	}

	async draft(): Promise<void> {}

	async segment(segment: Segment): Promise<void> {
		if (segment.text === '') return;
		const last = this.#last;
		const pause = last !== undefined && segment.start - last.end >= pauseSeconds;
		const between = last === undefined ? '' : pause ? '\n' : spaceBetween(last.text, segment.text);
		this.#last = segment;
		await this.#stdout.write(between + (this.#stdout.isTerminal ? harmlessText(segment.text) : segment.text));
	}

	async end(): Promise<void> {
		if (this.#last !== undefined) await this.#stdout.write('\n');
	}
}
