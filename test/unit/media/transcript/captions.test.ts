import {expect, test} from 'vitest';
import {caption, captions, cuesOf, timestamp} from '../../../../src/media/transcript/captions.ts';
import {joinSegments} from '../../../../src/media/transcript/join-segments.ts';

test.each([
	[0, '00:00:00.000'],
	[1.0004, '00:00:01.000'],
	[1.0005, '00:00:01.001'],
	[59.9994, '00:00:59.999'],
	[59.9996, '00:01:00.000'],
	[3599.9996, '01:00:00.000'],
	[3661.25, '01:01:01.250'],
	[10_800.001, '03:00:00.001'],
	[359_999.999, '99:59:59.999'],
	[360_000, '100:00:00.000'],
	[-1, '00:00:00.000'],
	[0.1 + 0.2, '00:00:00.300'],
])('%s seconds are %s', (seconds, expected) => {
	expect(timestamp(seconds, '.')).toBe(expected);
});

const cues = [
	{text: ' Hello there. ', start: 0, end: 1.5},
	{text: 'Tom & <Ann>\nsaid --> so', start: 1.5, end: 3.25},
];

test('SubRip counts from one and writes a comma', () => {
	expect(captions('srt', cues)).toBe(
		'1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,500 --> 00:00:03,250\nTom & <Ann> said -> so\n\n',
	);
});

test('WebVTT has a head, a point, and no markup of its own', () => {
	expect(captions('vtt', cues)).toBe(
		'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n' +
			'00:00:01.500 --> 00:00:03.250\nTom &amp; &lt;Ann&gt; said --&gt; so\n\n',
	);
});

test('a table has whole milliseconds and one line for each', () => {
	expect(captions('tsv', [...cues, {text: 'a\tb', start: 3.2504, end: 3}])).toBe(
		'start\tend\ttext\n0\t1500\tHello there.\n1500\t3250\tTom & <Ann> said --> so\n3250\t3250\ta b\n',
	);
});

test('where nothing was said the file is still one', () => {
	expect((['srt', 'vtt', 'tsv'] as const).map(format => captions(format, []))).toEqual([
		'',
		'WEBVTT\n\n',
		'start\tend\ttext\n',
	]);
});

test('words are cues where they are known and wanted', () => {
	const words = [
		{text: 'Hello', start: 0, end: 0.5},
		{text: 'there.', start: 0.5, end: 1.5},
	];
	const segments = [
		{text: 'Hello there.', start: 0, end: 1.5, words},
		{text: 'So.', start: 2, end: 3},
	];
	expect(cuesOf(segments, true).map(({text}) => text)).toEqual(['Hello', 'there.', 'So.']);
	expect(cuesOf(segments, false).map(({text}) => text)).toEqual(['Hello there.', 'So.']);
	expect(caption('srt', words[1] ?? {text: '', start: 0, end: 0}, 1)).toMatch(/^2\n00:00:00,500 --> 00:00:01,500\n/);
});

test.each([
	[['Hello', 'there.'], 'Hello there.'],
	[['你好', '世界'], '你好世界'],
	[['', 'a', '', 'b'], 'a b'],
	[['日本', 'Tokyo'], '日本 Tokyo'],
])('%j is one text: %s', (texts, expected) => {
	expect(joinSegments(texts.map(text => ({text})))).toBe(expected);
});
