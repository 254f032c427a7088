import {MofaError} from '../../contract/error.ts';
import {Channel} from '../../lib/channel.ts';
import {joinSegments} from '../join-segments.ts';
import type {TranscribedSegment, TranscriptionEvent, TranscriptionRequest} from '../transcription.ts';
import {settledSegments, stablePrefix} from './agreement.ts';
import {firstBreath, isSilent, loudness, quietestCut, speechIn} from './loudness.ts';
import type {Heard, Recognizer} from './recognizer.ts';
import {SoundFeed} from './sound-feed.ts';

/** Seconds of new sound between two drafts, at least; more where a draft takes long. */
const draftEvery = 1;
/** Seconds of new sound between two looks for a pause, which cost next to nothing. */
const lookEvery = 0.25;
/** Seconds kept of a silence, so that the beginning of a word is not lost. */
const keptOfSilence = 0.5;

/**
 * The events of one transcription, whatever hears: window after window of recorded sound; and of sound that is still
 * coming in, drafts, which become final at a pause, at the end of a window, or when two hearings agree on a segment.
 * Silence is not shown to the model.
 */
export async function* transcribe(
	recognizer: Recognizer,
	{audio}: Pick<TranscriptionRequest, 'audio'>,
	signal: AbortSignal,
): AsyncGenerator<TranscriptionEvent> {
	const {sampleRate: rate} = recognizer;
	const window = Math.round(recognizer.windowSeconds * rate);
	const feed = new SoundFeed(audio, rate, 2 * window, signal);
	const state = new Progress(recognizer, feed, signal);
	try {
		for (;;) {
			// One sample more tells whether the sound goes on after the window.
			await feed.until(window + 1, Math.min(window, state.nextLook));
			const sound = feed.first(window);
			if (feed.ended && sound.length === 0) break;
			if (sound.length < window && !feed.ended) yield* state.listen(sound);
			else yield* state.settle(sound, feed.held > sound.length || !feed.ended);
		}
		yield {type: 'transcription-end', usage: {audioSeconds: feed.heardSeconds, computeMs: state.computeMs}};
	} finally {
		feed.leave();
	}
}

/** Where a transcription has come to. */
class Progress {
	computeMs = 0;
	readonly #recognizer: Recognizer;
	readonly #feed: SoundFeed;
	readonly #signal: AbortSignal;
	/** Seconds from the beginning of the sound to the beginning of what is held. */
	#at = 0;
	#told = false;
	/** Samples of what is held that were looked at already. */
	#looked = 0;
	/** Samples of what is held that the last draft heard. */
	#written = 0;
	#draft: {readonly text: string; readonly segments: readonly TranscribedSegment[]} | null = null;
	#draftSeconds = 0;

	constructor(recognizer: Recognizer, feed: SoundFeed, signal: AbortSignal) {
		this.#recognizer = recognizer;
		this.#feed = feed;
		this.#signal = signal;
	}

	/** How many samples have to be held for the next look to be worth it. */
	get nextLook(): number {
		return this.#looked + Math.round(lookEvery * this.#recognizer.sampleRate);
	}

	/** Sound that will go on, but not now. */
	async *listen(sound: Float32Array): AsyncGenerator<TranscriptionEvent> {
		const {sampleRate: rate} = this.#recognizer;
		const speech = speechIn(sound, rate);
		this.#looked = sound.length;
		if (speech === null) {
			this.#forget(sound.length - Math.round(keptOfSilence * rate));
			return;
		}
		if (!this.#recognizer.seeks && firstBreath(sound, rate) !== null) {
			yield* this.settle(sound, true);
			return;
		}
		if (speech.over) {
			yield* this.settle(sound.subarray(0, speech.end), false);
			return;
		}
		if (speech.start >= rate) {
			this.#forget(speech.start);
			return;
		}
		const step = Math.max(draftEvery, 1.5 * this.#draftSeconds);
		if (sound.length - this.#written < step * rate) return;
		this.#written = sound.length;
		yield* this.#drafted(await this.#hear(sound, true, true));
	}

	/** A window that nothing will be added to. `more`: the sound goes on after it. */
	async *settle(sound: Float32Array, more: boolean): AsyncGenerator<TranscriptionEvent> {
		const {sampleRate: rate, seeks, least} = this.#recognizer;
		if (sound.length < least * rate || isSilent(sound, rate)) {
			this.#forget(sound.length);
			return;
		}
		const window = seeks ? sound : sound.subarray(0, cut(sound, rate, more));
		const heard = yield* this.#hearAloud(window, more);
		if (heard.language !== undefined && !this.#told) {
			this.#told = true;
			yield {type: 'language-detected', ...heard.language};
		}
		yield* this.#final(heard.segments);
		const done = Math.round(heard.settled * rate);
		this.#forget(done > 0 && done < window.length ? done : window.length);
	}

	async *#drafted({segments}: Heard): AsyncGenerator<TranscriptionEvent> {
		const settled = settledSegments(this.#draft?.segments ?? [], segments);
		const end = settled.at(-1)?.end;
		if (end !== undefined && end > 0) {
			yield* this.#final(settled);
			this.#forget(Math.round(end * this.#recognizer.sampleRate));
			return;
		}
		const text = joinSegments(segments);
		const stable = stablePrefix(this.#draft?.text ?? '', text);
		const changed = text !== (this.#draft?.text ?? '') || stable > 0;
		this.#draft = {text, segments};
		if (changed) yield {type: 'segment-draft', text, start: this.#at + (segments[0]?.start ?? 0), stable};
	}

	*#final(segments: readonly TranscribedSegment[]): Generator<TranscriptionEvent> {
		for (const segment of segments) {
			if (segment.text !== '') yield {type: 'segment-final', segment: moved(segment, this.#at)};
		}
	}

	/** Tells what is written as it is, once it is more than the last draft said. */
	async *#hearAloud(sound: Float32Array, more: boolean): AsyncGenerator<TranscriptionEvent, Heard> {
		const texts = new Channel<string>();
		let left = false;
		const heard = this.#hear(sound, more, false, text => {
			// Nobody reads on: what writes is not to go on either.
			if (left) throw new MofaError('cancelled', {});
			texts.push(text);
		});
		void heard.then(
			() => texts.end(),
			() => texts.end(),
		);
		let shown = this.#draft?.text.length ?? 0;
		try {
			for await (const text of texts) {
				if (text.length <= shown) continue;
				shown = text.length;
				yield {type: 'segment-draft', text, start: this.#at};
			}
		} finally {
			left = true;
		}
		return await heard;
	}

	async #hear(sound: Float32Array, more: boolean, draft: boolean, written?: (text: string) => void): Promise<Heard> {
		const started = performance.now();
		const options = {signal: this.#signal, more, draft, ...(written === undefined ? {} : {written})};
		const heard = await this.#recognizer.hear(sound, options);
		const took = performance.now() - started;
		this.computeMs += took;
		if (draft) this.#draftSeconds = took / 1000;
		return heard;
	}

	#forget(samples: number): void {
		const whole = Math.max(0, Math.min(samples, this.#feed.held));
		this.#feed.drop(whole);
		this.#at += whole / this.#recognizer.sampleRate;
		this.#looked = Math.max(0, this.#looked - whole);
		this.#written = Math.max(0, this.#written - whole);
		this.#draft = null;
	}
}

/** Where a window ends whose model does not say so: at a pause, and where there is none and the sound goes on, where it is quiet. */
function cut(sound: Float32Array, rate: number, more: boolean): number {
	const levels = loudness(sound, rate);
	return firstBreath(sound, rate, levels) ?? (more ? quietestCut(sound, rate, levels) : sound.length);
}

/** The segment by the clock of the whole sound, to the millisecond. */
function moved(segment: TranscribedSegment, by: number): TranscribedSegment {
	const at = (seconds: number): number => Math.round((seconds + by) * 1000) / 1000;
	const {words} = segment;
	return {
		...segment,
		start: at(segment.start),
		end: at(segment.end),
		...(words === undefined
			? {}
			: {words: words.map(({text, start, end}) => ({text, start: at(start), end: at(end)}))}),
	};
}
