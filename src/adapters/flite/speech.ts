import type {FliteProgram} from '../../backends/flite/flite.ts';
import {MofaError} from '../../contract/error.ts';
import type {Voice} from '../../contract/manifest.ts';
import type {Audio} from '../../contract/media.ts';
import type {Handler, RunContext} from '../../contract/task.ts';
import {parseWav} from '../../media/wav.ts';
import {speakInSentences} from '../../tasks/speak-in-sentences.ts';
import {hasWords, speakable} from './speakable.ts';

/** A sentence, and no more than some fifteen seconds. */
const longest = 200;

export function speechHandler(program: FliteProgram, voices: readonly Voice[]): Handler<'speech'> {
	const speak = speakInSentences({
		voices,
		longest,
		hasWords,
		readable,
		say: (text, {voice, speed}) => say(program, text, voice.name, speed),
	});
	return async function* (request, context) {
		try {
			yield* speak(request, context);
		} finally {
			// Behind the answer, for the next one.
			setImmediate(() => prepare(program));
		}
	};
}

/** Where there is no memory for it, the utterance that needs it says so. */
function prepare(program: FliteProgram): void {
	try {
		program.prepare();
	} catch {}
}

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

function say(program: FliteProgram, text: string, voice: string, speed: number): Audio {
	const audio = parseWav(program.speak({text, voice, speed}));
	if (audio === undefined) throw new Error('flite wrote something else than a WAV file');
	return audio;
}
