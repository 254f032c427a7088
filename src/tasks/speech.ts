import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {speechFromPipeline} from './from-pipeline/speech.ts';
import {parseWith} from './parse.ts';
import {speechStage} from './stage/speech.ts';

export interface SpeechRequest {
	/** What to say: plain text. Spoken and delivered sentence by sentence. */
	readonly text: string;
	/** One of the model's own; absent: its first. */
	readonly voice?: string | undefined;
	/** 1 is the voice's own pace, 2 twice as fast. */
	readonly speed?: number | undefined;
	/** BCP 47, where a voice knows several. */
	readonly language?: string | undefined;
	/** How to say it, for models that follow instructions. */
	readonly instructions?: string | undefined;
	/** From noise to sound, for models that begin with noise: more take longer, and sound better. */
	readonly steps?: number | undefined;
	/** Of that noise: the same request sounds the same. */
	readonly seed?: number | undefined;
}

export type SpeechEvent =
	/** Once, before the first samples. */
	| {readonly type: 'audio-start'; readonly sampleRate: number; readonly channels: 1 | 2}
	/** Before the samples of each sentence, of a voice that says one after the other: its words as they are said. */
	| {readonly type: 'sentence-start'; readonly text: string}
	/** The next samples, interleaved, in -1..1; a second of them at most. */
	| {readonly type: 'audio-delta'; readonly samples: Float32Array}
	| {readonly type: 'speech-end'; readonly usage: SpeechUsage};

export interface SpeechUsage {
	/** Of the text that was spoken, in UTF-16 units. */
	readonly characters: number;
	readonly audioSeconds: number;
	/** Milliseconds of computing, without the time a reader took. */
	readonly computeMs: number;
}

export interface SpeechResult {
	readonly samples: Float32Array;
	readonly sampleRate: number;
	readonly channels: 1 | 2;
	readonly usage: SpeechUsage;
}

/** Some eighteen hours of speech. */
const mostCharacters = 1_000_000;
/** What OpenAI allows, too; further out no voice is understood. */
export const speeds = {least: 0.25, most: 4} as const;
const mostSteps = 1000;
const highestSeed = 2 ** 32 - 1;

const requestSchema: z.ZodType<SpeechRequest> = z.strictObject({
	text: z
		.string('text to say')
		.max(mostCharacters, `at most ${mostCharacters} characters`)
		.refine(text => text.trim() !== '', 'text to say, but it is empty'),
	voice: z.string().min(1, 'the name of a voice').max(200).optional(),
	speed: z
		.number()
		.min(speeds.least, `a speed of ${speeds.least} to ${speeds.most}`)
		.max(speeds.most, `a speed of ${speeds.least} to ${speeds.most}`)
		.optional(),
	language: z.string().min(1).max(50).optional(),
	instructions: z.string().max(10_000).optional(),
	steps: whole(1, mostSteps),
	seed: whole(0, highestSeed),
});

function whole(least: number, most: number): z.ZodOptional<z.ZodInt> {
	const expected = `a whole number from ${least} to ${most}`;
	return z.int(expected).min(least, expected).max(most, expected).optional();
}

/** Text in, a voice out. */
export const speech: Task<SpeechRequest, SpeechEvent, SpeechResult> = {
	name: 'speech',
	accepts: ['text'],
	emits: ['audio'],
	parse: input => parseWith(requestSchema, input),
	async collect(events) {
		const pieces: Float32Array[] = [];
		let format: {readonly sampleRate: number; readonly channels: 1 | 2} | undefined;
		for await (const event of events) {
			if (event.type === 'audio-delta') pieces.push(event.samples);
			else if (event.type === 'audio-start') format = {sampleRate: event.sampleRate, channels: event.channels};
			else if (event.type === 'speech-end' && format !== undefined)
				return {samples: joined(pieces), ...format, usage: event.usage};
		}
		throw new Error('the speech ended without its closing event');
	},
	// From the first event on a reader knows the format, and cannot be told another one.
	visible: event => event.type !== 'speech-end',
	stage: speechStage,
	fromPipeline: speechFromPipeline,
};

function joined(pieces: readonly Float32Array[]): Float32Array {
	const samples = new Float32Array(pieces.reduce((sum, {length}) => sum + length, 0));
	let at = 0;
	for (const piece of pieces) {
		samples.set(piece, at);
		at += piece.length;
	}
	return samples;
}

declare module '../contract/task.ts' {
	interface Tasks {
		speech: typeof speech;
	}
}
