import {expect, test} from 'vitest';
import type {ContentPart} from '../../../../src/tasks/chat.ts';
import {picturesIn} from '../../../../src/tasks/chat/pictures-in.ts';
import {failureOf} from '../../../helpers/failure.ts';
import {pngHead} from '../../../helpers/pictures.ts';

const image = {bytes: new Uint8Array(1), mediaType: 'image/png'} as const;
const picture: ContentPart = {type: 'image', image};
const many = (count: number): readonly ContentPart[] => Array.from({length: count}, () => picture);

test('the pictures of a conversation come in their order, each with its place', () => {
	const found = picturesIn([
		{role: 'system', content: 'Look'},
		{role: 'user', content: [{type: 'text', text: 'at'}, picture]},
		{role: 'assistant', content: 'A cat'},
		{role: 'user', content: [picture]},
	]);
	expect(found).toEqual([
		{image, path: 'messages.1.content.1.image'},
		{image, path: 'messages.3.content.0.image'},
	]);
});

test('more than can be looked at are refused, in however many messages they come', () => {
	const messages = [many(32), many(32)].map(content => ({role: 'user', content}) as const);
	expect(picturesIn(messages)).toHaveLength(64);
	expect(failureOf(() => picturesIn([...messages, {role: 'user', content: [picture]}]))).toMatchObject({
		code: 'invalid-request',
		data: {path: 'messages', expected: 'at most 64 pictures'},
	});
});

test('pictures with more pixels than can be decoded are refused before one is', () => {
	const part = (side: number): ContentPart => ({
		type: 'image',
		image: {bytes: pngHead(side, side), mediaType: 'image/png'},
	});
	const sizes = (...sides: readonly number[]): unknown =>
		failureOf(() => picturesIn([{role: 'user', content: sides.map(part)}]));
	expect(sizes(8, 60_000)).toMatchObject({
		data: {path: 'messages.0.content.1.image', expected: expect.stringContaining('60000 × 60000') as string},
	});
	expect(sizes(9000, 9000, 9000)).toMatchObject({
		data: {path: 'messages.0.content.2.image', expected: expect.stringContaining('243 million') as string},
	});
});
