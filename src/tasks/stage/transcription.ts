import type {AnyPacket, AnyValue, LiveTalk, StageSettings, TaskStage} from '../../contract/stage.ts';
import {joinSegments} from '../join-segments.ts';
import type {TranscriptionEvent, TranscriptionRequest} from '../transcription.ts';
import {audioOf} from './audio-values.ts';

/** Hears a turn while it is spoken; each segment goes on when it is final. */
export const transcriptionStage: TaskStage<TranscriptionRequest, TranscriptionEvent> = {
	takes: 'live',
	variant: 'language',
	hears: true,
	open: settings => new Listener(settings),
};

class Listener implements LiveTalk<TranscriptionRequest, TranscriptionEvent> {
	readonly #settings: StageSettings;
	#text = '';

	constructor(settings: StageSettings) {
		this.#settings = settings;
	}

	request(values: AsyncIterable<AnyValue>): TranscriptionRequest {
		this.#text = '';
		return {...this.#settings, audio: audioOf(values)};
	}

	*packets(event: TranscriptionEvent): Generator<AnyPacket> {
		if (event.type !== 'segment-final') return;
		const text = joinSegments([{text: this.#text}, event.segment]);
		yield {type: 'value', medium: 'text', value: text.slice(this.#text.length)};
		this.#text = text.slice(-100);
	}
}
