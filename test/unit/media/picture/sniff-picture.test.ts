import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import sharp, {type Sharp} from 'sharp';
import {expect, test} from 'vitest';
import {sniffPicture} from '../../../../src/media/picture/sniff-picture.ts';

const picture = (width = 37, height = 21): Sharp =>
	sharp({create: {width, height, channels: 3, background: {r: 200, g: 30, b: 90}}});
const bmp = (header: number, width: number, height: number): Uint8Array => {
	const bytes = Buffer.alloc(64);
	bytes.write('BM');
	bytes.writeUInt32LE(header, 14);
	if (header === 12) {
		bytes.writeUInt16LE(width, 18);
		bytes.writeUInt16LE(height, 20);
	} else {
		bytes.writeInt32LE(width, 18);
		bytes.writeInt32LE(height, 22);
	}
	return bytes;
};

test.each([
	['png', () => picture().png().toBuffer()],
	['jpeg', () => picture().jpeg().toBuffer()],
	[
		'jpeg',
		() =>
			picture()
				.jpeg({progressive: true})
				.withExif({IFD0: {Copyright: 'c'.repeat(20_000)}})
				.toBuffer(),
	],
	['gif', () => picture().gif().toBuffer()],
	['webp', () => picture().webp().toBuffer()],
	['webp', () => picture().webp({lossless: true}).toBuffer()],
	['webp', () => picture().ensureAlpha(0.5).webp().toBuffer()],
	['avif', () => picture().avif({effort: 0}).toBuffer()],
	['bmp', async () => bmp(40, 37, -21)],
	['bmp', async () => bmp(124, 37, 21)],
	['bmp', async () => bmp(12, 37, 21)],
] as const)('%s is known by its first bytes, with its size (%#)', async (kind, make) => {
	expect(sniffPicture(await make())).toEqual({mediaType: `image/${kind}`, width: 37, height: 21});
});

test('TIFF is known, and its size stands anywhere in it', async () => {
	const tiff = await picture().tiff().toBuffer();
	expect(sniffPicture(tiff)).toEqual({mediaType: 'image/tiff', width: 37, height: 21});
	expect(sniffPicture(tiff.subarray(0, 40))).toEqual({mediaType: 'image/tiff', width: 0, height: 0});
});

test('a TIFF may have its bytes in the other order, and its sides in long numbers', () => {
	const entry = (tag: number, value: number): Buffer => {
		const bytes = Buffer.alloc(12);
		bytes.writeUInt16BE(tag, 0);
		bytes.writeUInt16BE(4, 2);
		bytes.writeUInt32BE(1, 4);
		bytes.writeUInt32BE(value, 8);
		return bytes;
	};
	const directory = Buffer.concat([Buffer.from('0002', 'hex'), entry(256, 70_000), entry(257, 21)]);
	const tiff = Buffer.concat([Buffer.from('4d4d002a00000008', 'hex'), directory]);
	expect(sniffPicture(tiff)).toEqual({mediaType: 'image/tiff', width: 70_000, height: 21});
	// Its directory begins behind the file, or never ends.
	expect(sniffPicture(Buffer.from('4d4d002a7fffffff0000ffff', 'hex'))).toMatchObject({width: 0});
	expect(sniffPicture(Buffer.from('4d4d002a00000008ffff0000', 'hex'))).toMatchObject({width: 0});
});

test('the end of a file is not needed', async () => {
	expect(sniffPicture((await picture(640, 400).png().toBuffer()).subarray(0, 24))).toMatchObject({width: 640});
	expect(sniffPicture((await picture(640, 400).jpeg().toBuffer()).subarray(0, 20))).toEqual({
		mediaType: 'image/jpeg',
		width: 0,
		height: 0,
	});
});

const box = (name: string, ...content: readonly Uint8Array[]): Uint8Array => {
	const inside = Buffer.concat(content);
	const head = Buffer.alloc(8);
	head.writeUInt32BE(8 + inside.length);
	head.write(name, 4, 'latin1');
	return Buffer.concat([head, inside]);
};
const extent = (width: number, height: number): Uint8Array => {
	const bytes = Buffer.alloc(12);
	bytes.writeUInt32BE(width, 4);
	bytes.writeUInt32BE(height, 8);
	return box('ispe', bytes);
};

test('a photo made of tiles is as large as the whole', () => {
	const bytes = Buffer.concat([
		box('ftyp', Buffer.from('mif1\0\0\0\0mif1heic', 'latin1')),
		box('meta', Buffer.alloc(4), box('iprp', box('ipco', extent(512, 512), extent(4032, 3024), extent(320, 240)))),
	]);
	expect(sniffPicture(bytes)).toEqual({mediaType: 'image/heic', width: 4032, height: 3024});
});

test.each([
	['nothing', ''],
	['a text', 'a text that is longer than twelve'],
	['a text that begins like a bitmap', 'BMW is a maker of cars, and this is a text'],
	['sound', 'RIFF\0\0\0\0WAVEfmt '],
	['a film', '\0\0\0\u{18}ftypisom\0\0\0\0isommp42'],
])('%s is no picture', (_, content) => {
	expect(sniffPicture(Buffer.from(content, 'latin1'))).toBeNull();
});

test('whatever the bytes, it answers', () => {
	const beginnings = [
		'',
		'\u{FF}\u{D8}\u{FF}',
		'RIFF\0\0\0\0WEBPVP8X',
		'\0\0\0\u{14}ftypavif\0\0\0\0avif',
		'GIF89a',
		'BM',
	];
	fc.assert(
		fc.property(fc.constantFrom(...beginnings), fc.uint8Array({maxLength: 200}), (start, rest) => {
			const found = sniffPicture(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
			expect(found === null || found.width >= 0).toBe(true);
		}),
	);
});

const photo = path.resolve(import.meta.dirname, '../../../../../shared/media/cat.jpg');
if (!existsSync(photo)) console.warn(`skipped: ${photo} is not here`);
test.skipIf(!existsSync(photo))('a real photo is known with its size', async () => {
	const bytes = readFileSync(photo);
	const {width, height} = await sharp(bytes).metadata();
	expect(sniffPicture(bytes)).toEqual({mediaType: 'image/jpeg', width, height});
});
