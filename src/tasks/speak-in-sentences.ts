import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../contract/error.ts';
import type {Voice} from '../contract/manifest.ts';
import type {Audio} from '../contract/media.ts';
import type {Handler, RunContext} from '../contract/task.ts';
import {coveredLength, type Span} from '../lib/covered-length.ts';
import {inOrder} from '../lib/in-order.ts';
import {splitSentences} from '../lib/split-sentences.ts';
import type {SpeechEvent, SpeechRequest} from './speech.ts';

/** What a model that speaks sentence by sentence knows; the rest is the same for all. */
export interface Speaker {
	/** The one that speaks when none is asked for first. Not empty. */
	readonly voices: readonly Voice[];
	/** Characters said in one go: a sentence at most, during which nothing is heard. */
	readonly longest: number;
	/** Whether a voice can say a language other than its own. */
	readonly anyLanguage?: boolean;
	/** Whether it begins with noise, so that steps and a seed mean something to it. */
	readonly beginsWithNoise?: boolean;
	/** Whether there is anything to say in a sentence; absent: where it has a letter or a number. */
	readonly hasWords?: (text: string) => boolean;
	/** Text as the voice can say it, with a warning for what it cannot; absent: as it is. */
	readonly readable?: (text: string, voice: Voice, context: RunContext) => string;
	/** How many sentences may be begun before the first of them has been read to its end; absent: 1. Asked before each. */
	readonly atOnce?: () => number;
	/** One sentence. Called again only when it has answered, or `atOnce` allows it. */
	readonly say: (sentence: string, settings: SentenceSettings) => Promise<SaidSentence> | SaidSentence;
}

export interface SaidSentence extends Audio {
	/** Milliseconds of computing; absent: as long as the answer took, because nothing else was waited for. */
	readonly computeMs?: number;
}

export interface SentenceSettings {
	readonly voice: Voice;
	/** 1 is the voice's own pace. */
	readonly speed: number;
	/** BCP 47, where one was asked for. */
	readonly language: string | undefined;
	readonly signal: AbortSignal;
	readonly warn: RunContext['warn'];
}

/** Sentence after sentence; between two of them others get their turn, and a reader may leave. */
export function speakInSentences(speaker: Speaker): Handler<'speech'> {
	const {atOnce = () => 1} = speaker;
	return async function* (request, context): AsyncGenerator<SpeechEvent> {
		const voice = chosenVoice(speaker.voices, request);
		const text = wordsOf(request, voice, speaker, context);
		const leaving = new AbortController();
		const signal = AbortSignal.any([context.signal, leaving.signal]);
		const settings = {voice, speed: request.speed ?? 1, language: request.language, signal, warn: context.warn};
		const usage = {characters: 0, audioSeconds: 0};
		const computed: Span[] = [];
		const say = (sentence: string): Promise<Said> => saidBy(speaker, sentence, settings);
		const sentences = sayable(text, speaker);
		try {
			for await (const {sentence, audio, span} of inOrder(sentences, say, atOnce)) {
				const {samples, sampleRate, channels} = audio;
				if (usage.characters === 0) yield {type: 'audio-start', sampleRate, channels};
				yield {type: 'sentence-start', text: sentence};
				usage.characters += sentence.length;
				usage.audioSeconds += samples.length / channels / sampleRate;
				computed.push(span);
				const second = sampleRate * channels;
				for (let at = 0; at < samples.length; at += second)
					yield {type: 'audio-delta', samples: samples.slice(at, at + second)};
			}
		} finally {
			// For what was begun behind the sentence at which the reader left.
			leaving.abort();
		}
		yield {type: 'speech-end', usage: {...usage, computeMs: coveredLength(computed)}};
	};
}

function* sayable(text: string, {longest, hasWords = hasLetters}: Speaker): Generator<string> {
	for (const sentence of splitSentences(text, longest)) if (hasWords(sentence)) yield sentence;
}

interface Said {
	readonly sentence: string;
	readonly audio: Audio;
	/** When it was computed. */
	readonly span: Span;
}

async function saidBy(speaker: Speaker, sentence: string, settings: SentenceSettings): Promise<Said> {
	await nextTurn();
	if (settings.signal.aborted) throw new MofaError('cancelled', {});
	const started = performance.now();
	const audio = await speaker.say(sentence, settings);
	const to = performance.now();
	return {sentence, audio, span: {from: audio.computeMs === undefined ? started : to - audio.computeMs, to}};
}

/** The one that is named; else the first that speaks the language; else the first. */
function chosenVoice(voices: readonly Voice[], {voice: wanted, language}: SpeechRequest): Voice {
	const asked = wanted?.trim().toLowerCase();
	const voice = asked === undefined ? voiceOf(voices, language) : voices.find(({name}) => name.toLowerCase() === asked);
	if (voice !== undefined) return voice;
	const names = voices.map(({name}) => name);
	throw new MofaError('invalid-request', {path: 'voice', expected: `one of ${names.join(', ')}, not ${wanted ?? ''}`});
}

/** `en-GB` is a voice of just that, else any English one. */
function voiceOf(voices: readonly Voice[], language: string | undefined): Voice | undefined {
	const wanted = language?.toLowerCase();
	if (wanted === undefined) return voices[0];
	const exact = voices.find(voice => voice.language.toLowerCase() === wanted);
	return exact ?? voices.find(voice => mainLanguage(voice.language) === mainLanguage(wanted)) ?? voices[0];
}

const mainLanguage = (language: string): string => language.split('-')[0]?.toLowerCase() ?? '';

/** What of the request can be said, with a warning for all that cannot be done. */
function wordsOf(request: SpeechRequest, voice: Voice, speaker: Speaker, context: RunContext): string {
	const {language, instructions} = request;
	const isSpoken = language === undefined || mainLanguage(language) === mainLanguage(voice.language);
	if (speaker.anyLanguage !== true && !isSpoken)
		context.warn({setting: 'language', message: `the voice ${voice.name} speaks ${voice.language} only`});
	if (instructions !== undefined) context.warn({setting: 'instructions', message: 'this model follows none'});
	for (const setting of ['steps', 'seed'] as const)
		if (speaker.beginsWithNoise !== true && request[setting] !== undefined)
			context.warn({setting, message: 'this model does not begin with noise'});
	const text = speaker.readable?.(request.text, voice, context) ?? request.text;
	if ((speaker.hasWords ?? hasLetters)(text)) return text;
	throw new MofaError('invalid-request', {path: 'text', expected: 'words or numbers'});
}

const hasLetters = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
