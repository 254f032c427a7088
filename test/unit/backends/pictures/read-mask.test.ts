import {expect, test} from 'vitest';
import {openPictures} from '../../../../src/backends/pictures/open-pictures.ts';
import {readMask} from '../../../../src/backends/pictures/read-mask.ts';
import type {Image} from '../../../../src/contract/media.ts';
import {encodePng} from '../../../../src/media/picture/png.ts';

function mask(channels: 3 | 4, ...pixels: ReadonlyArray<readonly number[]>): Image {
	const data = Uint8Array.from(pixels.flat());
	return {bytes: encodePng({data, width: pixels.length, height: 1, channels}), mediaType: 'image/png'};
}
async function read(picture: Image): Promise<number[]> {
	const {pixels} = await readMask(await openPictures(), picture);
	expect(pixels.channels).toBe(3);
	return [...pixels.data].filter((_, at) => at % 3 === 1);
}

test('white is drawn anew and black stays', async () => {
	expect(await read(mask(3, [255, 255, 255], [0, 0, 0], [128, 128, 128]))).toEqual([255, 0, 128]);
});

test('where a mask is transparent anywhere, that is what is drawn anew, whatever the colours', async () => {
	expect(await read(mask(4, [0, 0, 0, 0], [255, 255, 255, 255], [9, 200, 9, 55]))).toEqual([255, 0, 200]);
});

test('a mask that could be transparent and is not counts by its brightness', async () => {
	expect(await read(mask(4, [255, 255, 255, 255], [0, 0, 0, 255]))).toEqual([255, 0]);
});

test('what is no picture is told of as the mask', async () => {
	const broken: Image = {bytes: Buffer.from('no picture at all, but some text'), mediaType: 'image/png'};
	await expect(readMask(await openPictures(), broken)).rejects.toMatchObject({data: {path: 'mask'}});
});
