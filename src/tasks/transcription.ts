import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {audioField, type AudioInput} from './audio-field.ts';
import {joinSegments} from './join-segments.ts';
import {transcriptionFromPipeline} from './from-pipeline/transcription.ts';
import {parseWith} from './parse.ts';
import {transcriptionStage} from './stage/transcription.ts';

export {joinSegments} from './join-segments.ts';

export interface TranscriptionRequest {
	readonly audio: AudioInput;
	/** BCP 47, such as `de`; absent: the model finds out, where it can. */
	readonly language?: string | undefined;
	/** Write English, whatever is spoken. */
	readonly translate?: boolean | undefined;
	/** Tell when each word was said. */
	readonly words?: boolean | undefined;
	/** What was said before, or names that come up: it guides the spelling. */
	readonly prompt?: string | undefined;
	/** 0..1; absent: as certain as the model can be, and less so where that leads nowhere. */
	readonly temperature?: number | undefined;
}

export interface TranscribedWord {
	readonly text: string;
	/** Seconds from the beginning of the sound. */
	readonly start: number;
	readonly end: number;
}

export interface TranscribedSegment {
	/** What was said, without spaces around it. */
	readonly text: string;
	/** Seconds from the beginning of the sound. */
	readonly start: number;
	readonly end: number;
	readonly words?: readonly TranscribedWord[];
	/** 0..1: how likely it is that nobody speaks here. */
	readonly noSpeechProbability?: number;
	/** Mean of the natural logarithm of each token's probability. */
	readonly averageLogProbability?: number;
	/** Who speaks, where the model tells voices apart. */
	readonly speaker?: string;
}

export type TranscriptionEvent =
	/** Once, where the model tells; `probability` where it found out by itself. */
	| {readonly type: 'language-detected'; readonly language: string; readonly probability?: number}
	/**
	 * What was heard after the last final segment, as far as one can tell: the next draft or segment replaces it. The first
	 * `stable` characters were heard alike twice.
	 */
	| {readonly type: 'segment-draft'; readonly text: string; readonly start: number; readonly stable?: number}
	/** Final; segments come in the order of time. */
	| {readonly type: 'segment-final'; readonly segment: TranscribedSegment}
	| {readonly type: 'transcription-end'; readonly usage: TranscriptionUsage};

export interface TranscriptionUsage {
	readonly audioSeconds: number;
	/** Milliseconds of computing, without the time the sound took to come. */
	readonly computeMs: number;
}

export interface TranscriptionResult {
	/** The segments, joined. Empty where nobody spoke. */
	readonly text: string;
	readonly language: string | null;
	readonly segments: readonly TranscribedSegment[];
	readonly usage: TranscriptionUsage;
}

const requestSchema: z.ZodType<TranscriptionRequest> = z.strictObject({
	audio: audioField,
	language: z.string().min(1, 'a language, such as en').max(50).optional(),
	translate: z.boolean().optional(),
	words: z.boolean().optional(),
	prompt: z.string().max(10_000).optional(),
	temperature: z.number().min(0, 'a number from 0 to 1').max(1, 'a number from 0 to 1').optional(),
});

/** Speech in, what was said out. */
export const transcription: Task<TranscriptionRequest, TranscriptionEvent, TranscriptionResult> = {
	name: 'transcription',
	accepts: ['audio'],
	emits: ['text'],
	parse: input => parseWith(requestSchema, input),
	async collect(events) {
		const segments: TranscribedSegment[] = [];
		let language: string | null = null;
		for await (const event of events) {
			if (event.type === 'language-detected') language = event.language;
			else if (event.type === 'segment-final') segments.push(event.segment);
			else if (event.type === 'transcription-end')
				return {text: joinSegments(segments), language, segments, usage: event.usage};
		}
		throw new Error('the transcription ended without its closing event');
	},
	visible: event => event.type === 'segment-draft' || event.type === 'segment-final',
	stage: transcriptionStage,
	fromPipeline: transcriptionFromPipeline,
};

declare module '../contract/task.ts' {
	interface Tasks {
		transcription: typeof transcription;
	}
}
