import type {EventOf, Warning} from '../../contract/task.ts';

export type Segment = Extract<EventOf<'transcription'>, {readonly type: 'segment-final'}>['segment'];

/** What was heard, in numbers; times in milliseconds. */
export interface Transcript {
	readonly language: string | null;
	readonly segments: readonly Segment[];
	readonly audioSeconds: number;
	readonly computeMs: number;
	readonly totalMs: number;
	readonly warnings: readonly Warning[];
}

/** Puts down what is heard, as it is heard. */
export interface TranscriptWriter {
	/** What the next segment may be. The next call, whichever it is, replaces it. */
	draft(text: string): Promise<void>;
	segment(segment: Segment): Promise<void>;
	/** After the last segment; null after a failure: what was written stays and is made to end well. */
	end(transcript: Transcript | null): Promise<void>;
}
