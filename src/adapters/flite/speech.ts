import type {FliteProgram, Utterance} from '../../backends/flite/flite.ts';
import {MofaError} from '../../contract/error.ts';
import type {Voice} from '../../contract/manifest.ts';
import type {Handler, RunContext} from '../../contract/task.ts';
import {parseWav} from '../../media/wav.ts';
import {speakInSentences, type SaidSentence} from '../../tasks/speak-in-sentences.ts';
import {hasWords, speakable} from './speakable.ts';

/** A sentence, and no more than some fifteen seconds. */
const longest = 200;

export function speechHandler(program: FliteProgram, voices: readonly Voice[]): Handler<'speech'> {
	return speakInSentences({
		voices,
		longest,
		hasWords,
		readable,
		atOnce: () => sentencesFor(program.threads),
		say: (text, {voice, speed, signal}) => say(program, {text, voice: voice.name, speed}, signal),
	});
}

/**
 * Sentences differ in length: with a few more than there are threads, who has said a short one need not wait for a long one, and a
 * core that comes free in the middle of a sentence begins with the next.
 */
const sentencesFor = (threads: number): number => threads + Math.ceil(threads / 2);

function readable(text: string, _voice: Voice, {warn}: RunContext): string {
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

async function say(program: FliteProgram, utterance: Utterance, signal: AbortSignal): Promise<SaidSentence> {
	const {wav, computeMs} = await program.speak(utterance, signal);
	const audio = parseWav(wav);
	if (audio === undefined) throw new Error('flite wrote something else than a WAV file');
	return {...audio, computeMs};
}
