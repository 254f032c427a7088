import {joinSegments} from '../../media/transcript/join-segments.ts';
import {writeLine, type Output} from '../terminal.ts';
import {writeJson} from '../write-json.ts';
import type {Segment, Transcript, TranscriptWriter} from './transcript.ts';

/** One document for one file, a list for several; nothing before the last is done. */
export class JsonWriter {
	readonly #stdout: Output;
	readonly #model: string;
	readonly #documents: object[] = [];

	constructor(stdout: Output, model: string) {
		this.#stdout = stdout;
		this.#model = model;
	}

	writerFor(file: string): TranscriptWriter {
		return {
			draft: async () => undefined,
			segment: async () => undefined,
			end: async transcript => {
				if (transcript !== null) this.#documents.push(documentOf(file, this.#model, transcript));
			},
		};
	}

	async write(several: boolean): Promise<void> {
		if (several) await writeJson(this.#stdout, this.#documents);
		else for (const document of this.#documents) await writeJson(this.#stdout, document);
	}
}

function documentOf(file: string, model: string, {segments, ...transcript}: Transcript): object {
	return {file, model, text: joinSegments(segments), ...transcript, segments};
}

/** A line for each thing that is heard, as it is heard. */
export class JsonLinesWriter implements TranscriptWriter {
	readonly #stdout: Output;
	readonly #file: string;
	readonly #model: string;

	constructor(stdout: Output, file: string, model: string) {
		this.#stdout = stdout;
		this.#file = file;
		this.#model = model;
	}

	draft(text: string): Promise<void> {
		return this.#line({type: 'segment-draft', text});
	}

	segment(segment: Segment): Promise<void> {
		return this.#line({type: 'segment-final', segment});
	}

	async end(transcript: Transcript | null): Promise<void> {
		if (transcript !== null)
			await this.#line({type: 'transcription-end', ...documentOf(this.#file, this.#model, transcript)});
	}

	#line(value: object): Promise<void> {
		return writeLine(this.#stdout, JSON.stringify(value));
	}
}
