export interface SpeechGateOptions {
	/** Samples that one probability speaks for, and how many there are in a second. */
	readonly frameSamples: number;
	readonly sampleRate: number;
	/** 0..1: from here on it is a voice. */
	readonly threshold: number;
	/** Below it a voice falls silent; between the two it stays what it was. Absent: a little under `threshold`. */
	readonly negativeThreshold?: number | undefined;
	/** Seconds; what is shorter was no speech. */
	readonly minSpeech: number;
	/** Seconds; a pause that is shorter does not end a stretch. */
	readonly minSilence: number;
	/** Seconds kept before and after each stretch; pauses that this would fill do not end one either. */
	readonly padding: number;
}

/** `at` is in seconds from the beginning. */
export interface GateEvent {
	readonly type: 'voice-start' | 'voice-end';
	readonly at: number;
}

/** How far a voice may fall back before it counts as silent, as Silero's own code has it. */
const hysteresis = 0.15;
const leastThreshold = 0.01;

/**
 * Turns probabilities, one for each frame, into stretches of speech that never overlap. What it says is final: a start comes
 * once the stretch is long enough to be speech, an end once the pause is long enough to be one.
 */
export class SpeechGate {
	readonly #options: SpeechGateOptions;
	readonly #negativeThreshold: number;
	/** Frames. */
	readonly #minSpeech: number;
	readonly #pause: number;
	#frames = 0;
	/** Where the voice began that is heard now. */
	#start: number | undefined;
	/** Where it fell silent, if it did. */
	#silentFrom: number | undefined;
	#speaking = false;
	/** Samples, so that no time is off by an error of floating point: where the last stretch ended, padding included. */
	#lastEnd = 0;
	readonly #padding: number;

	constructor(options: SpeechGateOptions) {
		this.#options = options;
		const {threshold, minSpeech, minSilence, padding} = options;
		this.#negativeThreshold = options.negativeThreshold ?? Math.max(threshold - hysteresis, leastThreshold);
		this.#minSpeech = this.#framesIn(minSpeech);
		this.#padding = Math.round(padding * options.sampleRate);
		this.#pause = Math.max(1, this.#framesIn(Math.max(minSilence, padding)));
	}

	/** True between a start and its end. */
	get speaking(): boolean {
		return this.#speaking;
	}

	/** Seconds: no stretch that is told of later begins before, and the open one does not end before. */
	get settled(): number {
		if (this.#speaking) return this.#seconds(this.#endSample(this.#silentFrom ?? this.#frames));
		const first = (this.#start ?? this.#frames) * this.#options.frameSamples - this.#padding;
		return this.#seconds(Math.max(this.#lastEnd, first));
	}

	/** Takes the probability of the next frame; one that is not a number counts as silence. */
	push(probability: number): GateEvent | undefined {
		const frame = this.#frames;
		this.#frames += 1;
		if (probability >= this.#options.threshold) {
			this.#start ??= frame;
			this.#silentFrom = undefined;
		} else if (this.#start !== undefined && !(probability >= this.#negativeThreshold)) {
			this.#silentFrom ??= frame;
		}
		return this.#begun() ?? this.#ended();
	}

	/** What is open ends here, `seconds` after the beginning. Afterwards the gate is spent. */
	end(seconds: number): GateEvent | undefined {
		if (!this.#speaking) return undefined;
		this.#speaking = false;
		const at = this.#silentFrom === undefined ? seconds : this.#seconds(this.#endSample(this.#silentFrom));
		return {type: 'voice-end', at: Math.min(at, seconds)};
	}

	#begun(): GateEvent | undefined {
		if (this.#speaking || this.#start === undefined) return undefined;
		if ((this.#silentFrom ?? this.#frames) - this.#start < this.#minSpeech) return undefined;
		this.#speaking = true;
		const first = this.#start * this.#options.frameSamples - this.#padding;
		return {type: 'voice-start', at: this.#seconds(Math.max(this.#lastEnd, first))};
	}

	#ended(): GateEvent | undefined {
		if (this.#silentFrom === undefined || this.#frames - this.#silentFrom < this.#pause) return undefined;
		const end = this.#endSample(this.#silentFrom);
		const wasSpeaking = this.#speaking;
		this.#start = undefined;
		this.#silentFrom = undefined;
		this.#speaking = false;
		if (!wasSpeaking) return undefined;
		this.#lastEnd = end;
		return {type: 'voice-end', at: this.#seconds(end)};
	}

	#endSample(silentFrom: number): number {
		return silentFrom * this.#options.frameSamples + this.#padding;
	}

	#seconds(sample: number): number {
		return sample / this.#options.sampleRate;
	}

	/** Rounded up; a ten-thousandth of a frame is an error of floating point. */
	#framesIn(seconds: number): number {
		return Math.ceil((seconds * this.#options.sampleRate) / this.#options.frameSamples - 1e-4);
	}
}
