import type {AnyPacket, AnyValue, StageSettings, StageTalk, TaskStage} from '../../contract/stage.ts';
import type {SpeechEvent, SpeechRequest} from '../speech.ts';

/** Clause after clause, so that the first is heard while the rest is still to come. */
export const speechStage: TaskStage<SpeechRequest, SpeechEvent> = {
	takes: 'clause',
	variant: 'voice',
	open: settings => new Speaker(settings),
};

class Speaker implements StageTalk<SpeechRequest, SpeechEvent> {
	readonly #settings: StageSettings;
	#format: {readonly sampleRate: number; readonly channels: 1 | 2} | undefined;

	constructor({voice, ...settings}: StageSettings) {
		// Some models number their voices.
		this.#settings = voice === undefined ? settings : {...settings, voice: String(voice)};
	}

	request(values: readonly AnyValue[]): SpeechRequest | null {
		const text = values.flatMap(value => (value.medium === 'text' ? [value.value] : [])).join('');
		return text.trim() === '' ? null : {...this.#settings, text};
	}

	*packets(event: SpeechEvent): Generator<AnyPacket> {
		if (event.type === 'audio-start') this.#format = {sampleRate: event.sampleRate, channels: event.channels};
		else if (event.type === 'audio-delta' && this.#format !== undefined)
			yield {type: 'value', medium: 'audio', value: {samples: event.samples, ...this.#format}};
	}
}
