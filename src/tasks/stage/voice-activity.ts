import type {Audio} from '../../contract/media.ts';
import type {AnyPacket, AnyValue, LiveTalk, StageSettings, TaskStage} from '../../contract/stage.ts';
import type {VoiceActivityEvent, VoiceActivityRequest} from '../voice-activity.ts';
import {audioOf} from './audio-values.ts';

/** Lets only voices through, and says when somebody has finished speaking. */
export const voiceActivityStage: TaskStage<VoiceActivityRequest, VoiceActivityEvent> = {
	takes: 'live',
	endsTurns: true,
	hears: true,
	open: settings => new Gatekeeper(settings),
};

/** Seconds that are kept for a voice that is noticed late. */
const longestMemory = 30;

interface Piece {
	readonly audio: Audio;
	/** Seconds from the beginning. */
	readonly start: number;
	readonly end: number;
}

class Gatekeeper implements LiveTalk<VoiceActivityRequest, VoiceActivityEvent> {
	readonly #settings: StageSettings;
	readonly #interrupts: boolean;
	#pieces: Piece[] = [];
	#heard = 0;
	/** Whether somebody speaks, as far as the model has told. */
	#open = false;
	#emit: (packet: AnyPacket) => Promise<void> = async () => undefined;

	constructor({interrupts, ...settings}: StageSettings) {
		this.#settings = settings;
		this.#interrupts = interrupts === true;
	}

	request(values: AsyncIterable<AnyValue>, emit: (packet: AnyPacket) => Promise<void>): VoiceActivityRequest {
		this.#pieces = [];
		this.#heard = 0;
		this.#open = false;
		this.#emit = emit;
		return {...this.#settings, audio: this.#watched(audioOf(values))};
	}

	*packets(event: VoiceActivityEvent): Generator<AnyPacket> {
		if (event.type === 'voice-start') {
			if (this.#interrupts) yield {type: 'signal', kind: 'interrupt'};
			this.#open = true;
			yield* this.#from(event.at, Number.POSITIVE_INFINITY);
		} else if (event.type === 'voice-end') {
			this.#open = false;
			yield {type: 'signal', kind: 'flush'};
		}
	}

	async *#watched(pieces: AsyncIterable<Audio>): AsyncGenerator<Audio> {
		for await (const audio of pieces) {
			const seconds = audio.samples.length / audio.channels / audio.sampleRate;
			const piece: Piece = {audio, start: this.#heard, end: this.#heard + seconds};
			this.#heard = piece.end;
			if (this.#open) await this.#emit({type: 'value', medium: 'audio', value: audio});
			else {
				this.#pieces.push(piece);
				while ((this.#pieces[0]?.end ?? Number.POSITIVE_INFINITY) < this.#heard - longestMemory) this.#pieces.shift();
			}
			yield audio;
		}
	}

	/** What is remembered of that time, whole samples of it, and forgotten with that. */
	*#from(start: number, end: number): Generator<AnyPacket> {
		const pieces = this.#pieces.filter(piece => piece.end > start && piece.start < end);
		this.#pieces = [];
		for (const {audio, start: at} of pieces) {
			const skipped = Math.max(0, Math.round((start - at) * audio.sampleRate)) * audio.channels;
			const samples = audio.samples.subarray(skipped);
			if (samples.length > 0) yield {type: 'value', medium: 'audio', value: {...audio, samples}};
		}
	}
}
