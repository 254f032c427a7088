import * as z from 'zod';
import type {Audio} from '../../contract/media.ts';
import type {AnyPacket, AnyValue, Signal} from '../../contract/stage.ts';
import {downMix} from '../../media/down-mix.ts';
import {EnergyGate} from '../../media/energy-gate.ts';
import {FrameCutter} from '../../media/frame-cutter.ts';
import {SpeechGate} from '../../media/speech-gate.ts';
import {flush, interrupt} from '../packets.ts';
import type {Operate, Operation} from './operation.ts';
import {parseSettings} from './parse-settings.ts';

const seconds = z.number().min(0, 'seconds from 0 to 30').max(30, 'seconds from 0 to 30');
const schema = z.strictObject({
	/** 0..1: from here on it counts as a voice. */
	threshold: z.number().min(0).max(1).default(0.5),
	/** Seconds; what is shorter was no speech. */
	minSpeech: seconds.default(0.2),
	/** Seconds of silence after which a turn is over. */
	minSilence: seconds.default(0.7),
	/** Seconds kept before and after. */
	padding: seconds.default(0.2),
	/** Speaking ends what is being answered. */
	interrupts: z.boolean().default(false),
});
type GateSettings = z.infer<typeof schema>;

/** Lets only voices through, by their loudness, and says when somebody has finished speaking. Needs no model. */
export const gate: Operation = {
	accepts: ['audio'],
	ends: true,
	standsInFor: 'voice-activity',
	open(settings) {
		const options = parseSettings(schema, settings);
		let gates: Gates | undefined;
		return {
			value(value: AnyValue): Iterable<AnyPacket> {
				if (value.medium !== 'audio') return [];
				if (gates?.sampleRate !== value.value.sampleRate) gates = new Gates(value.value.sampleRate, options);
				return gates.push(downMix(value.value.samples, value.value.channels));
			},
			before(kind: Signal['kind']): Iterable<AnyPacket> {
				// What is left open at the end is a turn like the others; the end itself ends it.
				if (kind === 'end' || kind === 'flush') gates = undefined;
				return [];
			},
		} satisfies Operate;
	},
};

interface Piece {
	readonly samples: Float32Array;
	/** In samples from the beginning. */
	readonly start: number;
}

/** One sound of one rate. Keeps what is not yet known to be speech, as the pieces it came in. */
class Gates {
	readonly sampleRate: number;
	readonly #energy: EnergyGate;
	readonly #speech: SpeechGate;
	readonly #interrupts: boolean;
	/** Samples that a start may lie back. */
	readonly #memory: number;
	readonly #frames: FrameCutter;
	#pieces: Piece[] = [];
	#end = 0;
	/** Up to here it went on. */
	#sent = 0;

	constructor(sampleRate: number, {threshold, minSpeech, minSilence, padding, interrupts}: GateSettings) {
		this.sampleRate = sampleRate;
		this.#energy = new EnergyGate(sampleRate);
		const {frameSamples} = this.#energy;
		this.#speech = new SpeechGate({frameSamples, sampleRate, threshold, minSpeech, minSilence, padding});
		this.#interrupts = interrupts;
		this.#memory = Math.ceil((minSpeech + padding + 0.5) * sampleRate);
		this.#frames = new FrameCutter(frameSamples);
	}

	*push(samples: Float32Array): Generator<AnyPacket> {
		this.#pieces.push({samples, start: this.#end});
		this.#end += samples.length;
		for (const frame of this.#frames.push(samples))
			yield* this.#event(this.#speech.push(this.#energy.probability(frame)));
		if (this.#speech.speaking) yield* this.#send(this.#end);
		this.#forget();
	}

	*#event(event: ReturnType<SpeechGate['push']>): Generator<AnyPacket> {
		if (event === undefined) return;
		const at = Math.round(event.at * this.sampleRate);
		if (event.type === 'voice-start') {
			if (this.#interrupts) yield interrupt;
			this.#sent = Math.max(this.#sent, at);
		} else {
			yield* this.#send(at);
			yield flush;
		}
	}

	/** What is there up to a sample and has not been sent: views of the pieces, nothing is copied. */
	*#send(end: number): Generator<AnyPacket> {
		for (const {samples, start} of this.#pieces) {
			const part = samples.subarray(Math.max(0, this.#sent - start), Math.max(0, end - start));
			if (part.length === 0) continue;
			const value: Audio = {samples: part, sampleRate: this.sampleRate, channels: 1};
			yield {type: 'value', medium: 'audio', value};
		}
		this.#sent = Math.max(this.#sent, end);
	}

	#forget(): void {
		const oldest = Math.min(this.#end - this.#memory, this.#speech.speaking ? this.#sent : Number.POSITIVE_INFINITY);
		this.#pieces = this.#pieces.filter(({samples, start}) => start + samples.length > oldest);
	}
}
