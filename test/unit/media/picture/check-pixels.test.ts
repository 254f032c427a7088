import {expect, test} from 'vitest';
import type {Image} from '../../../../src/contract/media.ts';
import {checkPixels, picturesWithin} from '../../../../src/media/picture/check-pixels.ts';
import {image, numberedGif, pngHead} from '../../../helpers/pictures.ts';

const at = (pictures: readonly Uint8Array[]): ReadonlyArray<{image: Image; path: string}> =>
	pictures.map((bytes, index) => ({image: image(bytes), path: `pictures.${index}`}));

test('a picture of more than 100 million pixels is refused by its header', () => {
	const [small, vast] = [pngHead(10_000, 10_000), pngHead(60_000, 60_000)];
	expect(() => checkPixels(at([small]))).not.toThrow();
	expect(() => checkPixels(at([small, vast]))).toThrow(
		expect.objectContaining({
			code: 'invalid-request',
			data: {
				path: 'pictures.1',
				expected: 'a picture of at most 100 million pixels, and this one has 60000 × 60000',
			},
		}) as Error,
	);
});

test('pictures of more than 200 million pixels together are refused by the one that is too much', () => {
	const medium = pngHead(2500, 2000);
	expect(() => checkPixels(at(Array.from({length: 40}, () => medium)))).not.toThrow();
	expect(() => checkPixels(at(Array.from({length: 64}, () => medium)))).toThrow(
		expect.objectContaining({
			data: {
				path: 'pictures.40',
				expected: 'at most 200 million pixels in all pictures of a request, and with this one there are 205 million',
			},
		}) as Error,
	);
});

test('a picture that does not say how large it is counts as the largest', () => {
	const mute = pngHead(1, 1).subarray(0, 20);
	expect(() => checkPixels(at([mute, mute]))).not.toThrow();
	expect(() => checkPixels(at([mute, mute, numberedGif(1)]))).toThrow('pictures.2');
	// What is none is refused by whoever decodes it.
	expect(() => checkPixels(at(Array.from({length: 9}, () => Buffer.from('no picture at all'))))).not.toThrow();
});

test('the pictures of a request are found wherever they stand, by the name of their field', () => {
	const one = image(pngHead(8, 8));
	const two = image(pngHead(9, 9));
	const request = {
		messages: [
			{role: 'user', content: 'a'},
			{
				role: 'user',
				content: [
					{type: 'text', text: 'b'},
					{type: 'image', image: one},
				],
			},
		],
		mask: two,
		samples: new Float32Array(1_000_000),
		nothing: null,
	};
	expect(picturesWithin(request, 'request')).toEqual([
		{image: one, path: 'request.messages.1.content.1.image'},
		{image: two, path: 'request.mask'},
	]);
});
