import {caption, captionHead, cuesOf, type CaptionFormat} from '../../media/transcript/captions.ts';
import type {Output} from '../terminal.ts';
import type {Segment, TranscriptWriter} from './transcript.ts';

/** SubRip, WebVTT or a table, each cue as soon as it is certain. */
export class CaptionWriter implements TranscriptWriter {
	readonly #stdout: Output;
	readonly #format: CaptionFormat;
	readonly #words: boolean;
	#cues = 0;
	#begun = false;

	constructor(stdout: Output, format: CaptionFormat, words: boolean) {
		this.#stdout = stdout;
		this.#format = format;
		this.#words = words;
	}

	async draft(): Promise<void> {}

	async segment(segment: Segment): Promise<void> {
		await this.#begin();
		for (const cue of cuesOf([segment], this.#words)) {
			await this.#stdout.write(caption(this.#format, cue, this.#cues));
			this.#cues += 1;
		}
	}

	/** Where nothing was said, the file is one all the same. */
	async end(): Promise<void> {
		await this.#begin();
	}

	async #begin(): Promise<void> {
		if (this.#begun) return;
		this.#begun = true;
		const head = captionHead(this.#format);
		if (head !== '') await this.#stdout.write(head);
	}
}
