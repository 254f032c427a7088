import type {TranscribedSegment} from '../transcription.ts';

/** What a speech model does, as far as `transcribe` needs to know: hears a stretch of sound and tells what was said. */
export interface Recognizer {
	/** Hertz it listens at. */
	readonly sampleRate: number;
	/** Seconds it hears at once. */
	readonly windowSeconds: number;
	/** It tells by itself where the next window begins; otherwise windows are cut where it is most quiet. */
	readonly seeks: boolean;
	/** Seconds below which it makes nothing of a sound. */
	readonly least: number;
	/** Throws `cancelled` between two steps once the signal is aborted. */
	hear(sound: Float32Array, options: HearOptions): Promise<Heard>;
}

export interface HearOptions {
	readonly signal: AbortSignal;
	/** The sound goes on after this window. */
	readonly more: boolean;
	/** Only a look: what is heard will be heard again with more sound. */
	readonly draft: boolean;
	/** Wants to know what is written so far, from a model that tells; absent: nobody does. */
	readonly written?: (text: string) => void;
}

export interface Heard {
	/** Times are seconds from the beginning of the window. */
	readonly segments: readonly TranscribedSegment[];
	/** Seconds of the window that are done with. */
	readonly settled: number;
	readonly language?: {readonly language: string; readonly probability?: number};
}
