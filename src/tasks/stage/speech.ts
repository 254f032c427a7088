import type {AnyPacket, AnyValue, StageSettings, StageTalk, TaskStage} from '../../contract/stage.ts';
import {QuietTrimmer} from '../../media/trim-quiet.ts';
import type {SpeechEvent, SpeechRequest} from '../speech.ts';
import {withoutMarkdown} from './without-markdown.ts';

/** Clause after clause, so that the first is heard while the rest is still to come, and as if they were said in one go. */
export const speechStage: TaskStage<SpeechRequest, SpeechEvent> = {
	takes: 'clause',
	variant: 'voice',
	open: settings => new Speaker(settings),
};

class Speaker implements StageTalk<SpeechRequest, SpeechEvent> {
	readonly #settings: StageSettings;
	#format: {readonly sampleRate: number; readonly channels: 1 | 2} | undefined;
	#text = '';
	#trims = {start: false, end: false};
	#trimmer: QuietTrimmer | undefined;

	constructor({voice, ...settings}: StageSettings) {
		// Some models number their voices.
		this.#settings = voice === undefined ? settings : {...settings, voice: String(voice)};
	}

	request(values: readonly AnyValue[], place?: {readonly first: boolean}): SpeechRequest | null {
		const text = withoutMarkdown(values.flatMap(value => (value.medium === 'text' ? [value.value] : [])).join(''));
		if (text.trim() === '') return null;
		// A voice is silent for a moment around all it says. Before an answer that is a wait, and within a sentence a gap.
		const goesOn = place !== undefined && !place.first && !endsSentence.test(this.#text);
		this.#trims = {start: place?.first === true || goesOn, end: place !== undefined && !endsInMark.test(text)};
		this.#text = text;
		return {...this.#settings, text};
	}

	*packets(event: SpeechEvent): Generator<AnyPacket> {
		if (event.type === 'audio-start') {
			const {sampleRate, channels} = event;
			this.#format = {sampleRate, channels};
			this.#trimmer = new QuietTrimmer({sampleRate, channels, ...this.#trims});
		} else if (event.type === 'audio-delta') yield* this.#given(this.#trimmer?.push(event.samples));
		else yield* this.#given(this.#trimmer?.rest());
	}

	*#given(samples: Float32Array | undefined): Generator<AnyPacket> {
		if (samples === undefined || samples.length === 0 || this.#format === undefined) return;
		yield {type: 'value', medium: 'audio', value: {samples, ...this.#format}};
	}
}

const endsSentence = /[.!?…。！？｡]["'”’»)\]」』）】]*\s*$/;
const endsInMark = /\p{P}\s*$/u;
