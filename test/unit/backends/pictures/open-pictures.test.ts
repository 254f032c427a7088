import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {importSharp} from '../../../../src/backends/pictures/import-sharp.ts';
import {openPictures} from '../../../../src/backends/pictures/open-pictures.ts';
import {bmp, hugePng, image, numberedGif, pngHead} from '../../../helpers/pictures.ts';

const cat = path.resolve(import.meta.dirname, '../../../../../shared/media/cat.jpg');
if (!existsSync(cat)) console.warn(`SKIPPED: tests of a real photograph need ${cat}`);

const red = {r: 255, g: 0, b: 0};
const sharp = await importSharp();
const pictures = await openPictures();

/** Four by two pixels of one colour. */
const plain = (background: object, channels: 3 | 4 = 3): ReturnType<typeof sharp> =>
	sharp({create: {width: 4, height: 2, channels, background}});

const firstPixel = async (bytes: Uint8Array): Promise<number[]> => {
	const {pixels} = await pictures.decode(image(bytes));
	return [...pixels.data.subarray(0, 3)];
};

describe('a picture that can be read', () => {
	test.each(['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const)(
		'is decoded from %s into three channels',
		async kind => {
			const {pixels, warnings} = await pictures.decode(image(await plain(red).toFormat(kind).toBuffer()));
			expect(pixels).toMatchObject({width: 4, height: 2, channels: 3});
			expect(pixels.data).toHaveLength(24);
			expect(Math.abs((pixels.data[0] ?? 0) - 255)).toBeLessThan(6);
			expect(pixels.data[1]).toBeLessThan(6);
			expect(warnings).toEqual([]);
		},
	);

	test('stands on white where it can be seen through', async () => {
		expect(
			await firstPixel(
				await plain({...red, alpha: 0}, 4)
					.png()
					.toBuffer(),
			),
		).toEqual([255, 255, 255]);
		expect(
			await firstPixel(
				await plain({...red, alpha: 0.5}, 4)
					.png()
					.toBuffer(),
			),
		).toEqual([255, 127, 127]);
	});

	test('is turned as its EXIF says', async () => {
		const {pixels} = await pictures.decode(image(await plain(red).withMetadata({orientation: 6}).jpeg().toBuffer()));
		expect([pixels.width, pixels.height]).toEqual([2, 4]);
	});

	test('comes from four inks, from grey and from sixteen bits alike', async () => {
		const ink = await plain(red).toColourspace('cmyk').jpeg({quality: 100}).toBuffer();
		expect((await sharp(ink).metadata()).space).toBe('cmyk');
		const [r = 0, g = 255] = await firstPixel(ink);
		expect(r).toBeGreaterThan(200);
		expect(g).toBeLessThan(80);
		expect(await firstPixel(await plain({r: 90, g: 90, b: 90}).toColourspace('b-w').png().toBuffer())).toEqual([
			90, 90, 90,
		]);
		expect(await firstPixel(await plain(red).toColourspace('rgb16').png().toBuffer())).toEqual([255, 0, 0]);
		expect(await firstPixel(await plain({r: 90, g: 90, b: 90}).toColourspace('grey16').png().toBuffer())).toEqual([
			90, 90, 90,
		]);
	});

	test('is the first frame of an animation, and says so', async () => {
		const {pixels, warnings} = await pictures.decode(image(numberedGif(3)), {path: 'messages.0.content.1.image'});
		expect([pixels.width, pixels.height]).toEqual([1, 1]);
		expect(warnings).toEqual([
			{setting: 'messages.0.content.1.image', message: 'the first of its 3 frames is all that is looked at'},
		]);
	});

	test('is made smaller on request, its shape kept, and never larger', async () => {
		const wide = await sharp({create: {width: 300, height: 100, channels: 3, background: red}})
			.png()
			.toBuffer();
		const {pixels} = await pictures.decode(image(wide), {longestSide: 90});
		expect([pixels.width, pixels.height]).toEqual([90, 30]);
		const small = await pictures.decode(image(await plain(red).png().toBuffer()), {longestSide: 90});
		expect([small.pixels.width, small.pixels.height]).toEqual([4, 2]);
	});

	test('becomes grey where its stripes are too fine for a smaller one, and never grows', async () => {
		const data = Uint8Array.from({length: 64 * 4 * 3}, (_, index) => (Math.floor(index / 3) % 2 === 0 ? 0 : 255));
		const stripes = {data, width: 64, height: 4, channels: 3} as const;
		const small = await pictures.shrink(stripes, {width: 8, height: 400}, 'cubic');
		expect([small.width, small.height, small.data.length]).toEqual([8, 4, 96]);
		expect(small.data.every(value => Math.abs(value - 128) < 40)).toBe(true);
		expect(await pictures.shrink(stripes, {width: 64, height: 4}, 'linear')).toBe(stripes);
	});

	test.skipIf(!existsSync(cat))('may be a photograph', async () => {
		const {pixels} = await pictures.decode(image(readFileSync(cat)));
		expect([pixels.width, pixels.height]).toEqual([1280, 720]);
	});
});

describe('what is refused, by the name of its field', () => {
	const refusals: ReadonlyArray<readonly [string, () => Promise<Uint8Array>, RegExp]> = [
		['no bytes', async () => new Uint8Array(), /no bytes/],
		['text', async () => Buffer.from('a picture, believe me'), /none that is known/],
		[
			'a drawing in words',
			async () => Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
			/SVG/,
		],
		['a page', async () => Buffer.from('%PDF-1.7\n'), /PDF/],
		['BMP', async () => bmp(), /BMP/],
		['half a JPEG', async () => half(await noise().jpeg().toBuffer()), /damaged: premature end of JPEG image$/],
		['half a PNG', async () => half(await noise().png().toBuffer()), /damaged/],
		['a PNG with another chunk within', async () => spoiled(await noise().png().toBuffer()), /damaged/],
		[
			'a JPEG that is only a header, in one sentence',
			async () => Buffer.from('ffd8ffe000104a464946', 'hex'),
			/damaged: premature end of JPEG image$/,
		],
		['a picture of 20,000 × 20,000', async () => hugePng(20_000), /100 million pixels/],
		['a header that claims 60,000 × 60,000', async () => pngHead(60_000, 60_000), /and this one has 60000 × 60000$/],
	];

	test.each(refusals)('%s', async (_, make, expected) => {
		const picture = image(await make());
		await expect(pictures.decode(picture, {path: 'messages.0.content.1.image'})).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'messages.0.content.1.image', expected: expect.stringMatching(expected)},
		});
	});

	test('more bytes or more pixels than the caller allows', async () => {
		const bytes = await noise().png().toBuffer();
		await expect(pictures.decode(image(bytes), {bytes: 2 ** 10})).rejects.toMatchObject({data: {path: 'image'}});
		await expect(pictures.decode(image(bytes), {pixels: 100})).rejects.toMatchObject({code: 'invalid-request'});
	});

	test('a picture that is much larger than it says at its beginning, by which it was counted', async () => {
		const gif = (width: number): Promise<Buffer> =>
			sharp({create: {width, height: 1000, channels: 3, background: red}})
				.gif()
				.toBuffer();
		const lying = async (width: number): Promise<Uint8Array> => {
			const bytes = await gif(width);
			bytes.writeUInt32LE(0x00010001, 6);
			return bytes;
		};
		await expect(pictures.decode(image(await lying(1100)))).rejects.toMatchObject({
			data: {expected: expect.stringContaining('two sizes') as string},
		});
		const {pixels} = await pictures.decode(image(await lying(100)));
		expect([pixels.width, pixels.height]).toEqual([100, 1000]);
	});

	test('whatever its media type says', async () => {
		const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
		await expect(pictures.decode({bytes: svg, mediaType: 'image/png'})).rejects.toMatchObject({
			code: 'invalid-request',
		});
	});
});

const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

function spoiled(bytes: Uint8Array): Uint8Array {
	const copy = Uint8Array.from(bytes);
	copy.fill(0x55, copy.length >> 1, (copy.length >> 1) + 64);
	return copy;
}

/** What does not compress, so that half of the file is half of the picture. */
function noise(): ReturnType<typeof sharp> {
	const data = Uint8Array.from({length: 64 * 64 * 3}, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 24) & 255);
	return sharp(data, {raw: {width: 64, height: 64, channels: 3}});
}
