import {expect, test} from 'vitest';
import {wordsOf} from '../../../../src/adapters/sherpa-streaming/words.ts';

test('pieces of a word are one word, which lasts until the next or a moment', () => {
	const result = {
		text: 'HELLO TO ALL',
		tokens: [' HE', 'LLO', ' TO', ' AL', 'L'],
		timestamps: [0.4, 0.52, 0.8, 2, 2.2],
	};
	expect(wordsOf(result, 10, 60)).toEqual([
		{text: 'HELLO', start: 10.4, end: 10.8},
		{text: 'TO', start: 10.8, end: 11.1},
		{text: 'ALL', start: 12, end: 12.5},
	]);
});

test('signs are words of their own, beside letters too', () => {
	const result = {text: '你好 HEY YOU', tokens: ['你', '好', ' HE', 'Y', ' YOU'], timestamps: [0, 0.1, 0.2, 0.3, 0.4]};
	expect(wordsOf(result, 0, 60)?.map(({text}) => text)).toEqual(['你', '好', 'HEY', 'YOU']);
	const mixed = {text: '用APP好', tokens: ['用', 'A', 'PP', '好'], timestamps: [0, 0.1, 0.2, 0.3]};
	expect(wordsOf(mixed, 0, 60)?.map(({text}) => text)).toEqual(['用', 'APP', '好']);
});

test('no word outlasts the sound', () => {
	expect(wordsOf({text: 'END', tokens: [' END'], timestamps: [1.9]}, 0, 2)).toEqual([
		{text: 'END', start: 1.9, end: 2},
	]);
	expect(wordsOf({text: 'END', tokens: ['▁END'], timestamps: [2.2]}, 0, 2)).toEqual([{text: 'END', start: 2, end: 2}]);
});

test('a mark for a space alone begins the next word', () => {
	const result = {text: 'A BC', tokens: [' A', ' ', 'B', 'C'], timestamps: [0, 0.2, 0.24, 0.3]};
	expect(wordsOf(result, 0, 60)?.map(({text}) => text)).toEqual(['A', 'BC']);
});

test('tokens that are bytes, or have no times, make no words', () => {
	expect(wordsOf({text: '好', tokens: ['<0xE5>', '<0xA5>', '<0xBD>'], timestamps: [0, 0.1, 0.2]}, 0, 60)).toBeNull();
	expect(wordsOf({text: 'only', tokens: ['on@@', 'ly'], timestamps: []}, 0, 60)).toBeNull();
	expect(wordsOf({text: 'A B', tokens: [' A', ' B'], timestamps: [0]}, 0, 60)).toBeNull();
});
