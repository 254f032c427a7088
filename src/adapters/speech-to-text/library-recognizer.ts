import {setImmediate as nextTurn} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import type {Heard, HearOptions, Recognizer} from '../../tasks/transcribing/recognizer.ts';
import type {LibraryListener} from './library-listener.ts';

/** Hears window by window through the library. A window cannot be broken off: an abort is heard before the next one. */
export class LibraryRecognizer implements Recognizer {
	readonly sampleRate = 16_000;
	readonly windowSeconds = 30;
	readonly seeks = false;
	readonly least = 0.1;
	readonly #listener: Pick<LibraryListener, 'hear'>;
	readonly #language: string | undefined;

	constructor(listener: Pick<LibraryListener, 'hear'>, language: string | undefined) {
		this.#listener = listener;
		this.#language = language?.toLowerCase().split(/[-_]/)[0];
	}

	async hear(sound: Float32Array, {signal}: HearOptions): Promise<Heard> {
		await nextTurn();
		if (signal.aborted) throw new MofaError('cancelled', {});
		const seconds = sound.length / this.sampleRate;
		const text = (await this.#listener.hear(sound, this.#language)).trim();
		return {segments: text === '' ? [] : [{text, start: 0, end: seconds}], settled: seconds};
	}
}
