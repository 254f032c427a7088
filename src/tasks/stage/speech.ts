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
	/** Where in a turn the request stands; undefined: its silence stays as the voice made it. */
	#place: {readonly first: boolean} | undefined;
	/** What is being said, and what was said before it in this turn. */
	#text = '';
	#before = '';
	#trimmer: QuietTrimmer | undefined;

	constructor({voice, ...settings}: StageSettings) {
		// Some models number their voices.
		this.#settings = voice === undefined ? settings : {...settings, voice: String(voice)};
	}

	/** Each value is said by itself: an empty line ends a sentence for every voice. */
	request(values: readonly AnyValue[], place?: {readonly first: boolean}): SpeechRequest | null {
		const texts = values.flatMap(value => (value.medium === 'text' ? [withoutMarkdown(value.value)] : []));
		const text = texts.filter(one => one.trim() !== '').join('\n\n');
		if (text === '') return null;
		this.#place = place;
		this.#before = place?.first === true ? '' : this.#text;
		this.#text = text;
		return {...this.#settings, text};
	}

	*packets(event: SpeechEvent): Generator<AnyPacket> {
		if (event.type === 'audio-start') {
			this.#format = {sampleRate: event.sampleRate, channels: event.channels};
			// Of a voice that tells nothing of sentences, the request is one.
			this.#begin(this.#text);
		} else if (event.type === 'sentence-start') {
			yield* this.#given(this.#trimmer?.rest());
			this.#begin(event.text);
			this.#before = event.text;
		} else if (event.type === 'audio-delta') yield* this.#given(this.#trimmer?.push(event.samples));
		else yield* this.#given(this.#trimmer?.rest());
	}

	/** A voice is silent for a moment around all it says. Before an answer that is a wait, and within a sentence a gap. */
	#begin(text: string): void {
		if (this.#format === undefined) return;
		const inTurn = this.#place !== undefined;
		const start = inTurn && !endsSentence.test(this.#before);
		this.#trimmer = new QuietTrimmer({...this.#format, start, end: inTurn && !endsInMark.test(text)});
	}

	*#given(samples: Float32Array | undefined): Generator<AnyPacket> {
		if (samples === undefined || samples.length === 0 || this.#format === undefined) return;
		yield {type: 'value', medium: 'audio', value: {samples, ...this.#format}};
	}
}

const endsSentence = /[.!?…。！？｡]["'”’»)\]」』）】]*\s*$/;
const endsInMark = /\p{P}\s*$/u;
