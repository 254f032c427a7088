import type {PipelineForm} from '../../contract/stage.ts';
import {audioPieces} from '../audio-field.ts';
import type {TranscriptionEvent, TranscriptionRequest} from '../transcription.ts';
import {leftToStages} from './left-to-stages.ts';
import {textOf} from './text-of.ts';

/** The sound goes in while it comes. When each word was said is lost on the way, so all that is written is one segment. */
export const transcriptionFromPipeline: PipelineForm<TranscriptionRequest, TranscriptionEvent> = {
	async *values({audio, ...settings}, warn) {
		leftToStages(settings, warn);
		for await (const value of audioPieces(audio)) yield {type: 'value', medium: 'audio', value};
	},
	async *events(values, _request, statistics) {
		let text = '';
		for await (const piece of textOf(values)) text += piece;
		const stages = statistics();
		const seconds = stages.reduce((longest, {audioSeconds}) => Math.max(longest, audioSeconds ?? 0), 0);
		if (text.trim() !== '') yield {type: 'segment-final', segment: {text: text.trim(), start: 0, end: seconds}};
		yield {
			type: 'transcription-end',
			usage: {audioSeconds: seconds, computeMs: stages.reduce((sum, {busyMs}) => sum + busyMs, 0)},
		};
	},
};
