import type {PipelineForm} from '../../contract/stage.ts';
import {downMix} from '../../media/down-mix.ts';
import {Resampler} from '../../media/resampler.ts';
import type {SpeechEvent, SpeechRequest} from '../speech.ts';
import {leftToStages} from './left-to-stages.ts';
import {textValue} from './text-of.ts';

/** Samples of one event: a quarter of a second at the rates that voices have. */
const pieceLength = 4096;

/** The text goes in, and the sound comes out in the form of its first piece. */
export const speechFromPipeline: PipelineForm<SpeechRequest, SpeechEvent> = {
	async *values({text, ...settings}, warn) {
		leftToStages(settings, warn);
		yield textValue(text);
	},
	async *events(values, {text}, statistics) {
		let resampler: {readonly from: number; readonly resampler: Resampler} | undefined;
		let rate: number | undefined;
		let count = 0;
		for await (const value of values) {
			if (value.medium !== 'audio') continue;
			const {samples, sampleRate, channels} = value.value;
			if (rate === undefined) yield {type: 'audio-start', sampleRate, channels: 1};
			rate ??= sampleRate;
			if (sampleRate !== rate && resampler?.from !== sampleRate)
				resampler = {from: sampleRate, resampler: new Resampler(sampleRate, rate)};
			const mono = downMix(samples, channels);
			const heard = sampleRate === rate || resampler === undefined ? mono : resampler.resampler.push(mono);
			for (let at = 0; at < heard.length; at += pieceLength)
				yield {type: 'audio-delta', samples: heard.subarray(at, at + pieceLength)};
			count += heard.length;
		}
		// Nothing was said: a sound of no length is still a sound.
		if (rate === undefined) yield {type: 'audio-start', sampleRate: 16_000, channels: 1};
		yield {
			type: 'speech-end',
			usage: {
				characters: text.length,
				audioSeconds: count / (rate ?? 16_000),
				computeMs: statistics().reduce((sum, {busyMs}) => sum + busyMs, 0),
			},
		};
	},
};
