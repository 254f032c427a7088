import {EnergyGate} from '../../media/energy-gate.ts';
import {FrameCutter} from '../../media/frame-cutter.ts';
import {SampleHistory} from '../../media/sample-history.ts';
import {SpeechGate} from '../../media/speech-gate.ts';
import {middleOf} from './middle-of.ts';

/** A word that stood alone. Times are seconds from the beginning of the sound. */
export interface Word {
	readonly start: number;
	readonly end: number;
	/** The sound around the middle of the word, without its neighbours; null where it goes on for longer than a word does. */
	readonly clip: Float32Array | null;
}

/** A word whose surroundings have not all come. */
interface Waiting {
	readonly start: number;
	readonly end: number;
	/** Samples: where the clip begins, and the last one of the word before. */
	readonly from: number;
	readonly neighbourEnd: number;
}

/** Words are spoken with a pause between them: shorter gaps are inside one. */
const gateSettings = {threshold: 0.5, minSpeech: 0.08, minSilence: 0.2, padding: 0.06} as const;
/** Seconds after a clip until a word that begins in it has been noticed. */
const lookahead = 0.1;
/** Clips: what is longer is no word. */
const longest = 1.5;

/**
 * Finds words in a sound while it comes, and cuts a clip of fixed length around the middle of each. Keeps a few clips of
 * sound. What it finds does not depend on how the sound was cut.
 */
export class WordCutter {
	readonly #rate: number;
	readonly #clip: number;
	readonly #energy: EnergyGate;
	readonly #gate: SpeechGate;
	readonly #frames: FrameCutter;
	readonly #history: SampleHistory;
	#samples = 0;
	/** Seconds where the word that is being said began. */
	#start = 0;
	#lastEnd = 0;
	#waiting: Waiting | undefined;

	constructor(sampleRate: number, clipSamples: number) {
		this.#rate = sampleRate;
		this.#clip = clipSamples;
		this.#energy = new EnergyGate(sampleRate);
		const {frameSamples} = this.#energy;
		this.#gate = new SpeechGate({...gateSettings, frameSamples, sampleRate});
		this.#frames = new FrameCutter(frameSamples);
		this.#history = new SampleHistory(Math.ceil(clipSamples * (longest + 1)) + sampleRate);
	}

	/** The words that are over, once their surroundings have come. */
	*push(samples: Float32Array): Generator<Word> {
		this.#samples += samples.length;
		for (const frame of this.#frames.push(samples)) yield* this.#hear(frame);
	}

	/** The rest. Afterwards the cutter is spent. */
	*end(): Generator<Word> {
		const rest = this.#frames.end();
		if (rest !== undefined) yield* this.#hear(rest);
		const last = this.#gate.end(this.#samples / this.#rate);
		if (last !== undefined) this.#waitFor(last.at);
		yield* this.#cut(Infinity);
	}

	*#hear(frame: Float32Array): Generator<Word> {
		this.#history.push(frame);
		const event = this.#gate.push(this.#energy.probability(frame));
		if (event?.type === 'voice-start') {
			yield* this.#cut(Math.round(event.at * this.#rate));
			this.#start = event.at;
		} else if (event !== undefined) this.#waitFor(event.at);
		const {from} = this.#waiting ?? {from: Infinity};
		if (this.#history.end >= from + this.#clip + lookahead * this.#rate) yield* this.#cut(Infinity);
	}

	#waitFor(end: number): void {
		const first = Math.round(this.#start * this.#rate);
		const middle = first + middleOf(this.#history.slice(first, Math.round(end * this.#rate)), this.#rate);
		const from = middle - Math.round(this.#clip / 2);
		this.#waiting = {start: this.#start, end, from, neighbourEnd: this.#lastEnd};
		this.#lastEnd = Math.round(end * this.#rate);
	}

	/** `nextStart` is where the next word begins, in samples. */
	*#cut(nextStart: number): Generator<Word> {
		if (this.#waiting === undefined) return;
		const {start, end, from, neighbourEnd} = this.#waiting;
		this.#waiting = undefined;
		const isWord = (end - start) * this.#rate <= longest * this.#clip;
		yield {start, end, clip: isWord ? this.#alone(from, neighbourEnd, nextStart) : null};
	}

	/** The clip that begins at `from`; where the neighbours are, there is silence. */
	#alone(from: number, neighbourEnd: number, nextStart: number): Float32Array {
		const first = Math.max(from, neighbourEnd);
		const clip = new Float32Array(this.#clip);
		clip.set(this.#history.slice(first, Math.min(from + this.#clip, nextStart)), first - from);
		return clip;
	}
}
