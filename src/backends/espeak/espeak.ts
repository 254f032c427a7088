import {statSync} from 'node:fs';
import type {Availability, Backend} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import {findProgram, runProgram, type EspeakProgram} from './program.ts';

/** eSpeak NG: text to phonemes, and to speech, in more than a hundred languages. */
export interface EspeakSession extends AsyncDisposable {
	/**
	 * Clauses without punctuation in the International Phonetic Alphabet with stress marks, one by one. Throws with the
	 * program's words where the voice is unknown.
	 */
	phonemes(clauses: readonly string[], voice: string, signal: AbortSignal): Promise<readonly string[]>;
	/** A WAV file. */
	speak(utterance: EspeakUtterance, signal: AbortSignal): Promise<Uint8Array>;
}

export interface EspeakUtterance {
	readonly text: string;
	readonly voice: string;
	/** Words a minute, from 80 to 450; 175 is the program's own pace. */
	readonly wordsPerMinute: number;
}

const hint =
	'install it with your system (apt install espeak-ng, brew install espeak-ng), or: mofa backend install espeak';

export const espeak: Backend<EspeakSession> = {
	name: 'espeak',
	async probe(): Promise<Availability> {
		const program = findProgram();
		if (program === null) return {ok: false, reason: 'not-installed', hint};
		try {
			await new Espeak(program).phonemes(['yes'], 'en', AbortSignal.timeout(20_000));
			return {ok: true, version: program.kind, accelerator: 'cpu'};
		} catch (error) {
			return {ok: false, reason: 'crashed', hint: error instanceof Error ? error.message : hint};
		}
	},
	async probedFrom() {
		const program = findProgram();
		if (program === null) return null;
		const {mtimeMs, size} = statSync(program.file);
		return [program.kind, program.file, mtimeMs, size, process.version].join(' ');
	},
	async open() {
		return openEspeak();
	},
};

/** For models that are fed with phonemes. Throws `backend-unavailable`. */
export function openEspeak(): EspeakSession {
	const program = findProgram();
	if (program === null) throw new MofaError('backend-unavailable', {backend: 'espeak', reason: 'not-installed', hint});
	return new Espeak(program);
}

/** A voice is a language of the program with a variant at most: anything else could name a file. */
const voicePattern = /^[a-z]{2,3}(-[a-z0-9]{1,16}){0,4}(\+[a-z0-9]{1,16})?$/i;

class Espeak implements EspeakSession {
	readonly #program: EspeakProgram;

	constructor(program: EspeakProgram) {
		this.#program = program;
	}

	async phonemes(clauses: readonly string[], voice: string, signal: AbortSignal): Promise<readonly string[]> {
		const lines = await this.#transcribe(clauses, voice, signal);
		if (lines.length === clauses.length) return lines;
		// It found more clauses than were given, or fewer: one by one, nothing can be mixed up.
		const each = clauses.map(async clause => (await this.#transcribe([clause], voice, signal)).join(' '));
		return Promise.all(each);
	}

	async speak({text, voice, wordsPerMinute}: EspeakUtterance, signal: AbortSignal): Promise<Uint8Array> {
		const options = ['-b', '1', '-v', checked(voice), '-s', String(Math.round(wordsPerMinute))];
		return runProgram(this.#program, {options, text: `${oneLine(text)}\n`, wanted: 'wav', signal});
	}

	async #transcribe(clauses: readonly string[], voice: string, signal: AbortSignal): Promise<readonly string[]> {
		const options = ['--ipa', '-b', '1', '-v', checked(voice)];
		// An empty line is the one end of a clause that cannot be taken for a part of it.
		const text = `${clauses.map(oneLine).join('\n\n')}\n`;
		const output = await runProgram(this.#program, {options, text, wanted: 'phonemes', signal});
		return output
			.toString('utf8')
			.replaceAll(foreign, '')
			.split('\n')
			.map(line => line.trim())
			.filter(line => line !== '');
	}

	async [Symbol.asyncDispose](): Promise<void> {
		return;
	}
}

function checked(voice: string): string {
	if (voicePattern.test(voice)) return voice;
	throw new MofaError('invalid-request', {path: 'voice', expected: 'a language such as de or en-us'});
}

/** How the program marks that it changed to another language for a word: `(en)`. */
const foreign = /\([a-z]{2,3}(?:-[a-z0-9-]+)?\)/g;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
