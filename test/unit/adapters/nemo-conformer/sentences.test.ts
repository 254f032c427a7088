import {expect, test} from 'vitest';
import {collapsed} from '../../../../src/adapters/nemo-conformer/ctc-writer.ts';
import {sentencesOf, type SaidToken} from '../../../../src/adapters/nemo-conformer/sentences.ts';
import type {TranscribedSegment} from '../../../../src/tasks/transcription.ts';

const pieces = ['', ' he', 'llo', '.', ' you', ' ', ',', ' 3', '5', ' .'];

/** Numbers are pieces, and where they stand is the frame they were heard at, for one frame each. */
function sentences(frames: ReadonlyArray<number | null>, seconds = 100): readonly TranscribedSegment[] {
	const said = frames.flatMap((token, frame): readonly SaidToken[] =>
		token === null ? [] : [{token, frame, frames: 1, logProbability: -frame}],
	);
	return sentencesOf(said, {vocabulary: {pieces}, frameSeconds: 0.25, seconds, words: true});
}
const words = (found: readonly TranscribedSegment[]): unknown =>
	found.map(segment => segment.words?.map(({text, start, end}) => [text, start, end]));

test('a space begins a word, which lasts from its first to its last piece', () => {
	expect(words(sentences([1, null, 2, 4]))).toEqual([
		[
			['hello', 0, 0.75],
			['you', 0.75, 1],
		],
	]);
});

test('a full stop ends a sentence, and is not heard', () => {
	expect(sentences([1, 2, null, 3, 4, 3])).toEqual([
		{text: 'hello.', start: 0, end: 0.5, averageLogProbability: -4 / 3, words: [{text: 'hello.', start: 0, end: 0.5}]},
		{text: 'you.', start: 1, end: 1.25, averageLogProbability: -4.5, words: [{text: 'you.', start: 1, end: 1.25}]},
	]);
});

test('a sign that stands alone belongs to the word before it', () => {
	expect(sentences([1, 9, 5, 6, 4]).map(({text}) => text)).toEqual(['he., you']);
});

test('a point within a number ends nothing, and the number lasts to its end', () => {
	expect(words(sentences([7, 3, 8, 4]))).toEqual([
		[
			['3.5', 0, 0.75],
			['you', 0.75, 1],
		],
	]);
});

test('a pause ends a sentence, and a space of its own begins a word', () => {
	expect(sentences([5, 2, null, null, null, 5, 2]).map(({text}) => text)).toEqual(['llo', 'llo']);
	expect(sentences([5, 2, null, null, 5, 2]).map(({text}) => text)).toEqual(['llo llo']);
});

test('signs for the network itself are not written, and nothing at all is no sentence', () => {
	expect(sentences([0, 0, 5])).toEqual([]);
	expect(sentences([1, 0, 2]).map(({text}) => text)).toEqual(['hello']);
});

test('nothing ends after the sound', () => {
	expect(sentences([1, 2], 0.3)[0]).toMatchObject({start: 0, end: 0.3});
});

test('what comes in a row is one piece, and a blank between two makes them two', () => {
	const frames = [3, 3, 9, 3, 2].map(token => ({token, logProbability: -1}));
	expect(collapsed(frames, 9).map(({token, frame, frames: count}) => [token, frame, count])).toEqual([
		[3, 0, 2],
		[3, 3, 1],
		[2, 4, 1],
	]);
});
