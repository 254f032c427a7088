import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import {quietestCut} from '../../tasks/transcribing/loudness.ts';
import type {FeatureMaker, NemoFeatures} from './features.ts';
import {sentencesOf, type SaidToken} from './sentences.ts';
import {sampleRate} from './spectrogram.ts';
import type {NemoVocabulary} from './vocabulary.ts';

/** Writes down what is in the features, piece by piece. Throws `cancelled` between two steps. */
export interface TokenWriter {
	write(features: NemoFeatures, signal: AbortSignal): Promise<readonly SaidToken[]>;
}

/** The parts of a loaded model. */
export interface NemoParts {
	readonly features: FeatureMaker;
	readonly writer: TokenWriter;
	readonly vocabulary: NemoVocabulary;
	readonly frameSeconds: number;
}

/** Hears a window as long as it is, several sentences at once: what is said around a word tells how it is written. */
export class NemoRecognizer implements Recognizer {
	readonly sampleRate: number = sampleRate;
	readonly windowSeconds = 30;
	readonly seeks = true;
	readonly least = 0.1;
	readonly #parts: NemoParts;
	readonly #words: boolean;

	constructor(parts: NemoParts, words: boolean) {
		this.#parts = parts;
		this.#words = words;
	}

	async hear(sound: Float32Array, {signal, more, draft}: HearOptions): Promise<Heard> {
		const {vocabulary, frameSeconds} = this.#parts;
		// The next window begins where nobody speaks, so that no word is cut.
		const whole = more && !draft ? sound.subarray(0, quietestCut(sound, sampleRate)) : sound;
		const seconds = whole.length / sampleRate;
		const said = await this.write(whole, signal);
		return {
			segments: sentencesOf(said, {vocabulary, frameSeconds, seconds, words: this.#words}),
			settled: seconds,
		};
	}

	async write(sound: Float32Array, signal: AbortSignal): Promise<readonly SaidToken[]> {
		const {features, writer} = this.#parts;
		return writer.write(await features(sound, signal), signal);
	}
}
