import type {Audio} from '../../src/contract/media.ts';
import type {Warning} from '../../src/contract/task.ts';
import {audioPieces} from '../../src/tasks/audio-field.ts';
import type {TranscribedSegment, TranscriptionEvent, TranscriptionRequest} from '../../src/tasks/transcription.ts';

export interface FakeHearing {
	/** What it writes, one for each second of sound, from the beginning again when they run out. */
	readonly says?: readonly string[];
	readonly warnings?: readonly Warning[];
	/** Fails after so many segments. */
	readonly broken?: {readonly after: number; readonly error: Error};
	/** Hears of every piece. */
	readonly onPiece?: (piece: Audio) => void;
}

/** A model that listens to all of its input, and writes a sentence of two words for each second, a draft before each. */
export async function* fakeTranscription(
	request: TranscriptionRequest,
	{says = ['Hello there.', 'So long.'], warnings = [], broken, onPiece}: FakeHearing = {},
): AsyncGenerator<TranscriptionEvent | {readonly type: 'warning'; readonly warning: Warning}> {
	for (const warning of warnings) yield {type: 'warning', warning};
	let seconds = 0;
	let said = 0;
	yield {type: 'language-detected', language: request.language ?? 'en', probability: 0.9};
	for await (const piece of audioPieces(request.audio)) {
		onPiece?.(piece);
		seconds += piece.samples.length / piece.sampleRate / piece.channels;
		for (; said < Math.floor(seconds); said += 1) {
			const text = says[said % says.length] ?? '';
			if (broken?.after === said) throw broken.error;
			yield {type: 'segment-draft', text: text.split(' ')[0] ?? '', start: said};
			yield {type: 'segment-final', segment: segmentOf(text, said, request.words === true)};
		}
	}
	yield {type: 'transcription-end', usage: {audioSeconds: seconds, computeMs: 5}};
}

function segmentOf(text: string, start: number, withWords: boolean): TranscribedSegment {
	const words = text.split(' ').map((word, index, all) => ({
		text: word,
		start: start + index / all.length,
		end: start + (index + 1) / all.length,
	}));
	return {
		text,
		start,
		end: start + 1,
		noSpeechProbability: 0.01,
		averageLogProbability: -0.25,
		...(withWords ? {words} : {}),
	};
}
