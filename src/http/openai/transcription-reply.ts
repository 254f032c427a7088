import {deflateSync} from 'node:zlib';
import type {Warning} from '../../contract/task.ts';
import {captions} from '../../media/transcript/captions.ts';
import type {TranscribedSegment, TranscriptionResult} from '../../tasks/transcription.ts';
import {warningsField} from './reply.ts';
import type {TranscriptionAsk} from './transcription-request.ts';

export interface TranscriptionReply {
	readonly contentType: string;
	readonly text: string;
}

/** The whole answer, as the client wants it written. Pure. */
export function transcriptionReply(
	ask: TranscriptionAsk,
	result: TranscriptionResult,
	warnings: readonly Warning[],
): TranscriptionReply {
	const {format} = ask;
	if (format === 'text') return {contentType: 'text/plain; charset=utf-8', text: `${result.text}\n`};
	if (format === 'srt')
		return {contentType: 'application/x-subrip; charset=utf-8', text: captions('srt', result.segments)};
	if (format === 'vtt') return {contentType: 'text/vtt; charset=utf-8', text: captions('vtt', result.segments)};
	const body =
		format === 'json' ? {text: result.text, usage: usageOf(result.usage.audioSeconds)} : verbose(ask, result);
	return {contentType: 'application/json', text: JSON.stringify({...body, ...warningsField(warnings)})};
}

export function usageOf(audioSeconds: number): {readonly type: 'duration'; readonly seconds: number} {
	return {type: 'duration', seconds: Math.ceil(audioSeconds)};
}

function verbose(
	ask: TranscriptionAsk,
	{text, language, segments, usage}: TranscriptionResult,
): Record<string, unknown> {
	const words = segments.flatMap(segment => segment.words ?? []);
	return {
		task: ask.request.translate === true ? 'translate' : 'transcribe',
		language: languageName(language ?? ask.request.language),
		duration: usage.audioSeconds,
		text,
		...(ask.granularities.has('segment') ? {segments: segments.map((segment, id) => segmentOf(segment, id, ask))} : {}),
		...(ask.granularities.has('word') ? {words: words.map(({text: word, start, end}) => ({word, start, end}))} : {}),
		usage: usageOf(usage.audioSeconds),
	};
}

/** What a model does not tell is left out: a nought would say that it did. */
function segmentOf(segment: TranscribedSegment, id: number, ask: TranscriptionAsk): Record<string, unknown> {
	const {text, start, end, averageLogProbability, noSpeechProbability} = segment;
	return {
		id,
		seek: 0,
		start,
		end,
		text: ` ${text}`,
		tokens: [],
		temperature: ask.request.temperature ?? 0,
		...(averageLogProbability === undefined ? {} : {avg_logprob: averageLogProbability}),
		compression_ratio: compressionRatio(text),
		...(noSpeechProbability === undefined ? {} : {no_speech_prob: noSpeechProbability}),
	};
}

/** How much of a text is repetition: above 2.4 it seldom was said. */
function compressionRatio(text: string): number {
	const bytes = Buffer.from(text);
	return bytes.length === 0 ? 0 : Math.round((bytes.length / deflateSync(bytes).length) * 1000) / 1000;
}

const languageNames = new Intl.DisplayNames(['en'], {type: 'language', fallback: 'code'});

/** `english` for `en`, as OpenAI writes it. */
function languageName(code: string | null | undefined): string {
	if (code === null || code === undefined) return 'unknown';
	try {
		return (languageNames.of(code) ?? code).toLowerCase();
	} catch {
		return code;
	}
}
