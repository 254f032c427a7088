import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {wishOf} from '../../../../src/adapters/vision-chat/caption-prompts.ts';
import {placeWords} from '../../../../src/adapters/vision-chat/place-words.ts';
import type {AnyEngine} from '../../../../src/contract/engine.ts';
import type {Warning} from '../../../../src/contract/task.ts';
import {answered, conversationOf, loadVision, rulePicture, visionFixture} from '../../../helpers/vision.ts';

test.each([
	['What is in this picture?', '<CAPTION>'],
	['', '<CAPTION>'],
	['describe it in detail', '<DETAILED_CAPTION>'],
	['a whole paragraph, please', '<MORE_DETAILED_CAPTION>'],
	['Read the text', '<OCR>'],
	['ocr', '<OCR>'],
	['read the text and tell me where it is', '<OCR_WITH_REGION>'],
	['which objects are there?', '<OD>'],
	['<OD>', '<OD>'],
])('%j asks for %s', (words, task) => {
	expect(wishOf(words)).toMatchObject({task, known: true});
});

test('what to find is taken from the words', () => {
	expect(wishOf('Where is the red car?')).toEqual({task: '<OPEN_VOCABULARY_DETECTION>', about: 'red car', known: true});
	expect(wishOf('<CAPTION_TO_PHRASE_GROUNDING> a cat on a mat')).toMatchObject({about: 'a cat on a mat', known: true});
});

test('what asks for nothing that it does, or names what there is not, is said to be that', () => {
	expect(wishOf('Tell me a joke').known).toBe(false);
	expect(wishOf('<constructor>').known).toBe(false);
});

describe('places in the words of a model', () => {
	const told = (pieces: readonly string[]): string => {
		const words = placeWords({width: 1000, height: 500});
		return pieces.map(piece => words.push(piece)).join('') + words.end();
	};

	test('become pixels, a line each', () => {
		const text = 'cat<loc_0><loc_0><loc_99><loc_199>dog<loc_10><loc_20><loc_30><loc_40>';
		const lines = 'cat [1, 0, 100, 100]\ndog [11, 10, 31, 20]';
		expect(told([text])).toBe(lines);
		expect(told(text.split(/(?=<)|(?<=>)/))).toBe(lines);
		expect(told([...text])).toBe(lines);
	});

	test('leave words without places as they are', () => {
		expect(told(['a cat ', 'on a <mat>', ' a <lo'])).toBe('a cat on a <mat> a <lo');
	});
});

describe('Florence', () => {
	const picture = rulePicture([64, 64, 1]);
	let engine: AnyEngine;
	beforeAll(async () => {
		engine = await loadVision(visionFixture('florence2'));
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	test('says what it can do where it is asked for something else', async () => {
		const warnings: Warning[] = [];
		const messages = conversationOf([[0, 'Tell me a joke']], [picture]);
		const {usage} = await answered(engine, {messages, maxTokens: 3}, {warnings});
		expect(usage.completionTokens).toBe(3);
		expect(warnings).toMatchObject([{setting: 'messages', message: expect.stringContaining('caption')}]);
	});

	test('wants one picture', async () => {
		const refusal = {code: 'invalid-request', data: {path: 'messages.0.content'}};
		await expect(answered(engine, {messages: [{role: 'user', content: 'ocr'}]})).rejects.toMatchObject(refusal);
		const two = conversationOf([[0, 0, 'ocr']], [picture]);
		await expect(answered(engine, {messages: two})).rejects.toMatchObject(refusal);
	});

	test('takes the latest picture of a conversation for a second question', async () => {
		const first = conversationOf([[0, 'ocr']], [picture]);
		const alone = await answered(engine, {messages: first, maxTokens: 8});
		const later = conversationOf([[0, 'caption'], ['a cat'], ['ocr']], [picture]);
		expect((await answered(engine, {messages: later, maxTokens: 8})).text).toBe(alone.text);
	});
});
