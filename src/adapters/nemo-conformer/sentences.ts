import type {TranscribedSegment, TranscribedWord} from '../../tasks/transcription.ts';
import type {NemoVocabulary} from './vocabulary.ts';

/** A piece of a word that was heard. */
export interface SaidToken {
	readonly token: number;
	/** Where it was heard, and for how many frames. */
	readonly frame: number;
	readonly frames: number;
	readonly logProbability: number;
}

export interface SentenceOptions {
	readonly vocabulary: Pick<NemoVocabulary, 'pieces'>;
	readonly frameSeconds: number;
	/** Of the whole sound: nothing ends after it. */
	readonly seconds: number;
	/** Tell the words of each sentence. */
	readonly words: boolean;
}

interface Word extends TranscribedWord {
	readonly logProbabilities: readonly number[];
}

/** Signs that belong to the word before them, and are not heard. */
const mark = /^[.,?!:;\u2026]+$/;
const endOfSentence = /[.?!\u2026]["'\u2019\u201d\u00bb)\]]*$/;
/** Seconds between two words after which another sentence begins. */
const pause = 1;

/** The sentences that pieces make up, with the times they were heard at: they end at a full stop or before a pause. Pure. */
export function sentencesOf(said: readonly SaidToken[], options: SentenceOptions): readonly TranscribedSegment[] {
	const sentences: Word[][] = [];
	let last: Word | undefined;
	for (const word of wordsOf(said, options)) {
		if (last === undefined || endOfSentence.test(last.text) || word.start - last.end >= pause) sentences.push([]);
		sentences.at(-1)?.push(word);
		last = word;
	}
	return sentences.map(words => segmentOf(words, options.words));
}

function wordsOf(said: readonly SaidToken[], {vocabulary, frameSeconds, seconds}: SentenceOptions): readonly Word[] {
	const words: Word[] = [];
	let fresh = true;
	for (const {token, frame, frames, logProbability} of said) {
		const piece = vocabulary.pieces[token] ?? '';
		const text = piece.trim();
		fresh ||= piece.startsWith(' ');
		if (text === '') continue;
		const last = words.at(-1);
		const isMark = mark.test(text);
		const end = Math.min(seconds, (frame + frames) * frameSeconds);
		if (last === undefined || (fresh && !isMark))
			words.push({text, start: Math.min(seconds, frame * frameSeconds), end, logProbabilities: [logProbability]});
		else
			words[words.length - 1] = {
				text: last.text + text,
				start: last.start,
				end: isMark ? last.end : end,
				logProbabilities: [...last.logProbabilities, logProbability],
			};
		fresh = false;
	}
	return words;
}

function segmentOf(words: readonly Word[], withWords: boolean): TranscribedSegment {
	const all = words.flatMap(({logProbabilities}) => logProbabilities);
	return {
		text: words.map(({text}) => text).join(' '),
		start: words[0]?.start ?? 0,
		end: words.at(-1)?.end ?? 0,
		averageLogProbability: all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length),
		...(withWords ? {words: words.map(({text, start, end}) => ({text, start, end}))} : {}),
	};
}
