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

/** Seconds that are kept for what is told of late: a start may lie back by as much speech and padding as can be asked for. */
const longestMemory = 60;

interface Piece {
	readonly audio: Audio;
	/** Seconds from the beginning. */
	readonly start: number;
	readonly end: number;
	/** Samples of each channel that went on or are forgotten. */
	taken: number;
}

/** The judge reads behind the sound, and a file comes faster than it judges: what it has not settled yet is held back. */
class Gatekeeper implements LiveTalk<VoiceActivityRequest, VoiceActivityEvent> {
	readonly #settings: StageSettings;
	readonly #interrupts: boolean;
	/** What came and neither went on nor is forgotten, without gaps. */
	#pieces: Piece[] = [];
	#heard = 0;
	/** Whether somebody speaks, as far as the model has told. */
	#open = false;
	/** Seconds: what lies before, the model has judged for good. */
	#settled = 0;

	constructor({interrupts, ...settings}: StageSettings) {
		this.#settings = settings;
		this.#interrupts = interrupts === true;
	}

	request(values: AsyncIterable<AnyValue>, emit: (packet: AnyPacket) => Promise<void>): VoiceActivityRequest {
		this.#pieces = [];
		this.#heard = 0;
		this.#open = false;
		this.#settled = 0;
		return {...this.#settings, audio: this.#watched(audioOf(values), emit)};
	}

	*packets(event: VoiceActivityEvent): Generator<AnyPacket> {
		if (event.type === 'voice-start') {
			if (this.#interrupts) yield {type: 'signal', kind: 'interrupt'};
			this.#forget(event.at);
			this.#open = true;
		} else if (event.type === 'voice-end') {
			yield* this.#upTo(event.at);
			this.#open = false;
			yield {type: 'signal', kind: 'flush'};
		} else if (event.type === 'heard') {
			this.#settled = event.until;
			if (this.#open) yield* this.#upTo(event.until);
			else this.#forget(event.until);
		}
	}

	async *#watched(pieces: AsyncIterable<Audio>, emit: (packet: AnyPacket) => Promise<void>): AsyncGenerator<Audio> {
		for await (const audio of pieces) {
			const seconds = audio.samples.length / audio.channels / audio.sampleRate;
			if (seconds > 0) this.#pieces.push({audio, start: this.#heard, end: this.#heard + seconds, taken: 0});
			this.#heard += seconds;
			const oldest = this.#heard - longestMemory;
			// Of a judge that says nothing of its progress, or while the next stage takes nothing.
			if (this.#open) for (const packet of this.#upTo(Math.max(this.#settled, oldest))) await emit(packet);
			else this.#forget(oldest);
			yield audio;
		}
	}

	/** What is held from before that time goes on: whole samples, each once, whoever asks. */
	*#upTo(time: number): Generator<AnyPacket> {
		for (let piece = this.#first(time); piece !== undefined; piece = this.#first(time)) {
			const samples = this.#cut(piece, time);
			if (samples.length > 0) yield {type: 'value', medium: 'audio', value: {...piece.audio, samples}};
		}
	}

	#forget(time: number): void {
		for (let piece = this.#first(time); piece !== undefined; piece = this.#first(time)) this.#cut(piece, time);
	}

	#first(time: number): Piece | undefined {
		const piece = this.#pieces[0];
		return piece !== undefined && framesBefore(piece, time) > piece.taken ? piece : undefined;
	}

	/** Takes what is left before that time of the first piece. */
	#cut(piece: Piece, time: number): Float32Array {
		const {audio, taken} = piece;
		piece.taken = framesBefore(piece, time);
		const samples = audio.samples.subarray(taken * audio.channels, piece.taken * audio.channels);
		if (piece.taken >= audio.samples.length / audio.channels) this.#pieces.shift();
		return samples;
	}
}

function framesBefore({audio, start, end}: Piece, time: number): number {
	const all = audio.samples.length / audio.channels;
	return time >= end ? all : Math.min(all, Math.round((time - start) * audio.sampleRate));
}
