import {setImmediate as nextTurn} from 'node:timers/promises';
import type {OnlineRecognizer, OnlineSound} from '../../backends/sherpa/online.ts';
import {MofaError} from '../../contract/error.ts';
import {stablePrefix} from '../../tasks/transcribing/agreement.ts';
import {isSilent} from '../../tasks/transcribing/loudness.ts';
import {SoundFeed} from '../../tasks/transcribing/sound-feed.ts';
import type {TranscribedSegment, TranscriptionEvent, TranscriptionRequest} from '../../tasks/transcription.ts';
import {wordsOf} from './words.ts';

/** How a model goes through a sound, in hundredths of a second. */
export interface Steps {
	readonly sampleRate: number;
	readonly window: number;
	readonly shift: number;
}

/** Seconds that are handed on at once, and read ahead. */
const pieceSeconds = 0.1;
const aheadSeconds = 30;
/** Seconds of silence after the end: these models write a word some time after they heard it. */
const afterEnd = 0.66;
/** Seconds without a token after which a segment may be cut that became too long, and after which it is cut in any case. */
const breath = 0.3;
const longestSegment = 30;

/**
 * The events of one transcription by a model that hears sound once, as it comes: a draft with each step that changed it, and
 * a segment where the model's rules see its end.
 */
export async function* listen(
	recognizer: OnlineRecognizer,
	steps: Steps,
	{audio, words}: Pick<TranscriptionRequest, 'audio' | 'words'>,
	signal: AbortSignal,
): AsyncGenerator<TranscriptionEvent> {
	const {sampleRate: rate} = steps;
	const feed = new SoundFeed(audio, rate, rate * aheadSeconds, signal);
	const hearing = new Hearing(recognizer.begin(), steps, words === true, signal);
	try {
		for (;;) {
			await feed.until(1, 1);
			const sound = feed.first(Math.round(pieceSeconds * rate));
			if (sound.length === 0) break;
			feed.drop(sound.length);
			yield* hearing.take(sound);
		}
		yield* hearing.end();
		yield {type: 'transcription-end', usage: {audioSeconds: feed.heardSeconds, computeMs: hearing.computeMs}};
	} finally {
		feed.leave();
	}
}

/** How far one sound was heard. Times are seconds from its beginning. */
class Hearing {
	computeMs = 0;
	readonly #sound: OnlineSound;
	readonly #steps: Steps;
	readonly #words: boolean;
	readonly #signal: AbortSignal;
	/** Seconds that were handed to the model. */
	#given = 0;
	/** Up to where the model heard, and where the segment began. */
	#heard = 0;
	#begin = 0;
	/** The last moment that was not silent. */
	#loud = -Infinity;
	#text = '';
	/** When the first and the last change of the text was heard. */
	#changes: readonly [first: number, last: number] = [0, 0];

	constructor(sound: OnlineSound, steps: Steps, words: boolean, signal: AbortSignal) {
		this.#sound = sound;
		this.#steps = steps;
		this.#words = words;
		this.#signal = signal;
	}

	async *take(samples: Float32Array): AsyncGenerator<TranscriptionEvent> {
		const {sampleRate} = this.#steps;
		this.#given += samples.length / sampleRate;
		if (!isSilent(samples, sampleRate)) this.#loud = this.#given;
		this.#timed(() => this.#sound.accept(samples));
		yield* this.#hear();
	}

	/** No more will come. */
	async *end(): AsyncGenerator<TranscriptionEvent> {
		const {sampleRate, window} = this.#steps;
		const silence = new Float32Array(Math.round((afterEnd + window / 100) * sampleRate));
		this.#timed(() => {
			this.#sound.accept(silence);
			this.#sound.end();
		});
		yield* this.#hear();
		yield* this.#settle();
	}

	async *#hear(): AsyncGenerator<TranscriptionEvent> {
		while (this.#timed(() => this.#sound.step())) {
			this.#heard += this.#steps.shift / 100;
			yield* this.#draft();
			if (this.#isOver()) yield* this.#settle();
			// Others wait for this thread, and whoever asked may have gone.
			await nextTurn();
			if (this.#signal.aborted) throw new MofaError('cancelled', {});
		}
	}

	*#draft(): Generator<TranscriptionEvent> {
		const {text: written, timestamps} = this.#timed(() => this.#sound.result);
		const text = written.trim();
		if (text === this.#text || !this.#wasLoud()) return;
		const now = Math.min(this.#heard, this.#given);
		this.#changes = this.#text === '' ? [this.#begin, now] : [this.#changes[0], now];
		const stable = stablePrefix(this.#text, text);
		this.#text = text;
		const start = toMilliseconds(this.#begin + (timestamps[0] ?? 0));
		yield {type: 'segment-draft', text, start, stable};
	}

	/** Where the rule is that it became too long, no word is cut in two if that can be helped. */
	#isOver(): boolean {
		if (!this.#sound.atEndpoint) return false;
		const last = this.#sound.result.timestamps.at(-1);
		const quiet = last === undefined ? Infinity : this.#heard - (this.#begin + last);
		return quiet >= breath || this.#heard - this.#begin >= longestSegment;
	}

	*#settle(): Generator<TranscriptionEvent> {
		const segment = this.#segment();
		if (segment !== null) yield {type: 'segment-final', segment};
		this.#timed(() => this.#sound.reset());
		this.#begin = this.#heard;
		this.#text = '';
	}

	/** What was said since the last one; null where nothing was. */
	#segment(): TranscribedSegment | null {
		const result = this.#sound.result;
		const text = result.text.trim();
		if (text === '' || !this.#wasLoud()) return null;
		const spoken = wordsOf(result, this.#begin, this.#given);
		const start = spoken?.[0]?.start ?? this.#changes[0];
		const end = spoken?.at(-1)?.end ?? this.#changes[1];
		return {
			text,
			start: toMilliseconds(start),
			end: toMilliseconds(Math.max(start, end)),
			...(this.#words && spoken !== null ? {words: spoken} : {}),
		};
	}

	/** Models are known to make up words for silence. */
	#wasLoud(): boolean {
		return this.#loud >= this.#begin - afterEnd;
	}

	#timed<T>(work: () => T): T {
		const started = performance.now();
		try {
			return work();
		} finally {
			this.computeMs += performance.now() - started;
		}
	}
}

const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
