import * as z from 'zod';
import type {Task} from '../contract/task.ts';
import {audioField, type AudioInput} from './audio-field.ts';
import {parseWith} from './parse.ts';
import {voiceActivityStage} from './stage/voice-activity.ts';

export interface VoiceActivityRequest {
	readonly audio: AudioInput;
	/** 0..1: the probability from which on it counts as a voice. */
	readonly threshold?: number | undefined;
	/** Seconds; what is shorter was no speech. */
	readonly minSpeech?: number | undefined;
	/** Seconds; a pause that is shorter does not end a stretch of speech. */
	readonly minSilence?: number | undefined;
	/** Seconds kept before and after each stretch. */
	readonly padding?: number | undefined;
}

export type VoiceActivityEvent =
	/** `at` is in seconds from the beginning of the sound. */
	| {readonly type: 'voice-start'; readonly at: number}
	| {readonly type: 'voice-end'; readonly at: number}
	/**
	 * How far the judging is, in seconds: all before lies in the stretches told of, the open one included, or in none. For
	 * whoever lets sound through meanwhile; it may be left out, and comes often.
	 */
	| {readonly type: 'heard'; readonly until: number}
	| {readonly type: 'activity-end'; readonly usage: VoiceActivityUsage};

export interface VoiceActivityUsage {
	readonly audioSeconds: number;
	/** Milliseconds of computing, without the time the sound took to come. */
	readonly computeMs: number;
}

/** Seconds from the beginning of the sound. */
export interface SpeechStretch {
	readonly start: number;
	readonly end: number;
}

export interface VoiceActivityResult {
	readonly stretches: readonly SpeechStretch[];
	readonly usage: VoiceActivityUsage;
}

const seconds = z.number().min(0, 'seconds from 0 to 30').max(30, 'seconds from 0 to 30').optional();

const requestSchema: z.ZodType<VoiceActivityRequest> = z.strictObject({
	audio: audioField,
	threshold: z.number().min(0, 'a number from 0 to 1').max(1, 'a number from 0 to 1').optional(),
	minSpeech: seconds,
	minSilence: seconds,
	padding: seconds,
});

/** Sound in, when somebody speaks out. */
export const voiceActivity: Task<VoiceActivityRequest, VoiceActivityEvent, VoiceActivityResult> = {
	name: 'voice-activity',
	accepts: ['audio'],
	emits: ['audio'],
	parse: input => parseWith(requestSchema, input),
	async collect(events) {
		const stretches: SpeechStretch[] = [];
		let start: number | undefined;
		for await (const event of events) {
			if (event.type === 'voice-start') start = event.at;
			else if (event.type === 'activity-end') return {stretches, usage: event.usage};
			else if (event.type === 'voice-end' && start !== undefined) {
				stretches.push({start, end: event.at});
				start = undefined;
			}
		}
		throw new Error('the search for voices ended without its closing event');
	},
	visible: event => event.type === 'voice-start' || event.type === 'voice-end',
	stage: voiceActivityStage,
};

declare module '../contract/task.ts' {
	interface Tasks {
		'voice-activity': typeof voiceActivity;
	}
}
