import {expect, test} from 'vitest';
import type {AnyPacket, AnyValue} from '../../../../src/contract/stage.ts';
import {splitSentences} from '../../../../src/lib/split-sentences.ts';
import {textValue} from '../../../../src/pipelines/packets.ts';
import type {SpeechEvent} from '../../../../src/tasks/speech.ts';
import {speechStage} from '../../../../src/tasks/stage/speech.ts';

const sampleRate = 1000;
/** A word of a tenth of a second with two tenths of silence before and behind it. */
const spoken = Float32Array.from({length: 500}, (_, at) => (at >= 200 && at < 300 ? 0.5 : 0));

/** Milliseconds of silence before and behind the word, of each text said in turn. */
function around(...texts: readonly string[]): ReadonlyArray<readonly [number, number]> {
	if (speechStage.takes === 'live') throw new Error('a voice takes clauses');
	const talk = speechStage.open({});
	return texts.map((text, index) => {
		const value: AnyValue = {type: 'value', medium: 'text', value: text};
		expect(talk.request([value], {first: index === 0})).toEqual({text});
		const events: readonly SpeechEvent[] = [
			{type: 'audio-start', sampleRate, channels: 1},
			{type: 'audio-delta', samples: spoken},
			{type: 'speech-end', usage: {characters: text.length, audioSeconds: 0.5, computeMs: 1}},
		];
		const samples = events.flatMap(event => Array.from(talk.packets(event))).flatMap(samplesOf);
		return [samples.indexOf(0.5), samples.length - 1 - samples.lastIndexOf(0.5)];
	});
}

const samplesOf = (packet: AnyPacket): readonly number[] =>
	packet.type === 'value' && packet.medium === 'audio' ? [...packet.value.samples] : [];

test('an answer is heard without the silence before it', () => {
	expect(around('It works.')).toEqual([[40, 200]]);
});

test('a clause that goes on with a sentence is said without a gap', () => {
	expect(around('mofa runs models', 'on your own machine:', 'chat in the terminal.')).toEqual([
		[40, 40],
		[40, 200],
		[40, 200],
	]);
});

test('between two sentences the voice takes its time', () => {
	expect(around('It works.', 'Try it.')).toEqual([
		[40, 200],
		[200, 200],
	]);
});

test('marks of Markdown are not said', () => {
	if (speechStage.takes === 'live') throw new Error('a voice takes clauses');
	const value: AnyValue = {type: 'value', medium: 'text', value: '`mofa ps` lists **all** of them.'};
	expect(speechStage.open({}).request([value])).toEqual({text: 'mofa ps lists all of them.'});
});

test('pieces that are said in one request are heard as if each had its own', () => {
	if (speechStage.takes === 'live') throw new Error('a voice takes clauses');
	const talk = speechStage.open({});
	const texts = ['which are loaded with `mofa ps`,', 'and what they hold', 'in all.', 'Try it.'];
	expect(talk.request([textValue('You can see')], {first: true})).toEqual({text: 'You can see'});
	const request = talk.request(texts.map(textValue), {first: false});
	expect(request).toEqual({
		text: 'which are loaded with mofa ps,\n\nand what they hold\n\nin all.\n\nTry it.',
	});
	const events: readonly SpeechEvent[] = [
		{type: 'audio-start', sampleRate, channels: 1},
		...[...splitSentences((request as {text: string}).text, 200)].flatMap((text): readonly SpeechEvent[] => [
			{type: 'sentence-start', text},
			{type: 'audio-delta', samples: spoken},
		]),
		{type: 'speech-end', usage: {characters: 1, audioSeconds: 2, computeMs: 1}},
	];
	const samples = events.flatMap(event => Array.from(talk.packets(event))).flatMap(samplesOf);
	const quiet = samples
		.map(sample => (sample === 0 ? '.' : '#'))
		.join('')
		.split(/#+/)
		.map(({length}) => length);
	// Before the first word, between the words, and behind the last: only a mark keeps the silence of its voice.
	expect(quiet).toEqual([40, 200 + 40, 40 + 40, 200 + 200, 200]);
});
