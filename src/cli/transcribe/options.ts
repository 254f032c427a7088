import type {Audio} from '../../contract/media.ts';
import type {RequestOf} from '../../contract/task.ts';
import {isOn, textOf, type Options} from '../invocation.ts';
import {resolveModelName} from '../model-name.ts';
import {readOutputFormat} from '../output-format.ts';
import {readRawInput, type RawInput} from '../raw-input.ts';

export type TranscriptFormat = 'text' | 'json' | 'srt' | 'vtt' | 'tsv';

export const transcriptFormats: readonly TranscriptFormat[] = ['text', 'json', 'srt', 'vtt', 'tsv'];

/** What `mofa transcribe` and `mofa listen` have in common. */
export interface TranscribeOptions {
	readonly model: string | null;
	readonly language: string | undefined;
	readonly translate: boolean;
	readonly prompt: string | undefined;
	readonly words: boolean;
	readonly format: TranscriptFormat;
	readonly live: boolean;
	/** The input is bare samples of this form. */
	readonly raw: RawInput | null;
	readonly yes: boolean;
	readonly daemon: boolean;
}

/** Throws `invalid-request` naming the option. */
export function readTranscribeOptions(options: Options): TranscribeOptions {
	const model = textOf(options, 'model');
	return {
		model: model === undefined ? null : resolveModelName(model),
		language: textOf(options, 'language'),
		translate: isOn(options, 'translate'),
		prompt: textOf(options, 'prompt'),
		words: isOn(options, 'words'),
		format: readOutputFormat(options, transcriptFormats) ?? 'text',
		live: isOn(options, 'live'),
		raw: readRawInput(options),
		yes: isOn(options, 'yes'),
		daemon: isOn(options, 'daemon'),
	};
}

/** What was asked for and will not be seen; null where all of it will. Pure. */
export function lostOption({words, format}: TranscribeOptions): string | null {
	return words && format === 'text' ? '--words: text shows no times; --format json, srt, vtt or tsv does' : null;
}

/** What the model is asked for. */
export function requestFor(
	audio: AsyncIterable<Audio>,
	{language, translate, words, prompt}: TranscribeOptions,
): RequestOf<'transcription'> {
	return {
		audio,
		...(language === undefined ? {} : {language}),
		...(translate ? {translate} : {}),
		...(words ? {words} : {}),
		...(prompt === undefined ? {} : {prompt}),
	};
}
