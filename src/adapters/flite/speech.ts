import {setImmediate as nextTurn} from 'node:timers/promises';
import type {FliteProgram} from '../../backends/flite/flite.ts';
import {MofaError} from '../../contract/error.ts';
import type {Voice} from '../../contract/manifest.ts';
import type {Audio} from '../../contract/media.ts';
import type {Handler, RunContext} from '../../contract/task.ts';
import {splitSentences} from '../../lib/split-sentences.ts';
import {parseWav} from '../../media/wav.ts';
import type {SpeechEvent, SpeechRequest} from '../../tasks/speech.ts';
import {hasWords, speakable} from './speakable.ts';

/** Characters said in one go: a sentence, and no more than some fifteen seconds, during which nobody is heard. */
const longestPiece = 200;

/** Sentence after sentence; between two of them others get their turn, and a reader may leave. */
export function speechHandler(program: FliteProgram, voices: readonly Voice[]): Handler<'speech'> {
	return async function* (request, context): AsyncGenerator<SpeechEvent> {
		const voice = chosenVoice(voices, request.voice);
		const text = wordsOf(request, voice, context);
		const usage = {characters: 0, audioSeconds: 0, computeMs: 0};
		for (const sentence of splitSentences(text, longestPiece)) {
			if (!hasWords(sentence)) continue;
			await nextTurn();
			if (context.signal.aborted) throw new MofaError('cancelled', {});
			const started = performance.now();
			const {samples, sampleRate, channels} = say(program, sentence, voice.name, request.speed ?? 1);
			usage.computeMs += performance.now() - started;
			if (usage.characters === 0) yield {type: 'audio-start', sampleRate, channels};
			usage.characters += sentence.length;
			usage.audioSeconds += samples.length / channels / sampleRate;
			for (let at = 0; at < samples.length; at += sampleRate)
				yield {type: 'audio-delta', samples: samples.slice(at, at + sampleRate)};
		}
		yield {type: 'speech-end', usage};
	};
}

function chosenVoice(voices: readonly Voice[], wanted: string | undefined): Voice {
	const names = voices.map(({name}) => name);
	const voice = wanted === undefined ? voices[0] : voices.find(({name}) => name === wanted.trim().toLowerCase());
	if (voice !== undefined) return voice;
	throw new MofaError('invalid-request', {path: 'voice', expected: `one of ${names.join(', ')}, not ${wanted ?? ''}`});
}

/** What of the request can be said, with a warning for all that cannot be done. */
function wordsOf({text, language, instructions}: SpeechRequest, voice: Voice, {warn}: RunContext): string {
	const spoken = voice.language.split('-')[0] ?? '';
	if (language !== undefined && !new RegExp(`^${spoken}(-|$)`, 'i').test(language))
		warn({setting: 'language', message: `the voice ${voice.name} speaks ${voice.language} only`});
	if (instructions !== undefined) warn({setting: 'instructions', message: 'this model follows none'});
	const {text: plain, leftOut} = speakable(text);
	if (!hasWords(plain))
		throw new MofaError('invalid-request', {path: 'text', expected: 'words or numbers in Latin letters'});
	if (leftOut.length > 0)
		warn({
			setting: 'text',
			message: `left out what this voice cannot say: ${leftOut.slice(0, 10).join(' ')}${leftOut.length > 10 ? ' …' : ''}`,
		});
	return plain;
}

function say(program: FliteProgram, text: string, voice: string, speed: number): Audio {
	const audio = parseWav(program.speak({text, voice, speed}));
	if (audio === undefined) throw new Error('flite wrote something else than a WAV file');
	return audio;
}
