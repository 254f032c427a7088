import {deflateSync} from 'node:zlib';
import * as fc from 'fast-check';
import sharp, {type Sharp} from 'sharp';
import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {pngChunk, pngSignature} from '../../../../src/media/picture/png-chunks.ts';
import {decodePng, encodePng} from '../../../../src/media/picture/png.ts';
import type {Pixels} from '../../../../src/media/picture/pixels.ts';

function gradient(width: number, height: number, channels: 3 | 4): Pixels {
	const data = Uint8Array.from({length: width * height * channels}, (_, at) => (at * 37 + (at >> 3)) & 255);
	return {data, width, height, channels};
}

test.each([
	[3, 1, 1],
	[3, 7, 5],
	[4, 16, 9],
] as const)(
	'%i channels of %i × %i pixels come back as they were, and other readers see the same',
	async (channels, width, height) => {
		const pixels = gradient(width, height, channels);
		const png = encodePng(pixels);
		expect(decodePng(png)).toEqual({pixels, text: {}});
		const {data, info} = await sharp(png).raw().toBuffer({resolveWithObject: true});
		expect(info).toMatchObject({width, height, channels});
		expect(new Uint8Array(data)).toEqual(pixels.data);
	},
);

test('texts in any script travel with the picture', async () => {
	const text = {
		prompt: 'a red circle',
		parameters: 'two\nlines, café',
		japanese: '赤い丸',
		'negative prompt': '',
	};
	const png = encodePng(gradient(4, 4, 3), text);
	expect(decodePng(png).text).toEqual(text);
	const {comments = []} = await sharp(png).metadata();
	expect(Object.fromEntries(comments.map(({keyword, text: value}) => [keyword, value]))).toMatchObject({
		prompt: 'a red circle',
		japanese: '赤い丸',
	});
});

test('any text that is Unicode comes back', () => {
	fc.assert(
		fc.property(fc.string({unit: 'grapheme', maxLength: 40}), text => {
			expect(decodePng(encodePng(gradient(1, 1, 3), {text})).text).toEqual({text});
		}),
	);
});

test('packed texts are read, and one that unpacks to too much is left out', () => {
	const [header, ...rest] = chunksOf(encodePng(gradient(2, 2, 3)));
	const packed = (keyword: string, bytes: Uint8Array): Uint8Array =>
		pngChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), deflateSync(bytes)]));
	const png = Buffer.concat([
		pngSignature,
		header ?? new Uint8Array(),
		packed('Comment', Buffer.from('hello')),
		packed('bomb', Buffer.alloc(50_000_000)),
		...rest,
	]);
	expect(decodePng(png).text).toEqual({Comment: 'hello'});
});

test.each([
	['grey', (image: Sharp) => image.toColourspace('b-w').png()],
	['grey of 16 bits', (image: Sharp) => image.toColourspace('grey16').png()],
	['colour of 16 bits', (image: Sharp) => image.toColourspace('rgb16').png()],
	['a palette', (image: Sharp) => image.png({palette: true, colours: 200})],
	['a palette of 4 bits', (image: Sharp) => image.png({palette: true, colours: 12, dither: 0})],
	['a palette of 1 bit', (image: Sharp) => image.png({palette: true, colours: 2, dither: 0})],
	['grey with opacity', (image: Sharp) => image.toColourspace('b-w').ensureAlpha(0.5).png()],
	['interlaced', (image: Sharp) => image.png({progressive: true})],
	['interlaced with opacity', (image: Sharp) => image.ensureAlpha(0.25).png({progressive: true})],
	['best packed, with every filter', (image: Sharp) => image.png({adaptiveFiltering: true, compressionLevel: 9})],
])('%s is read as libvips reads it', async (_, write) => {
	const picture = gradient(19, 13, 3);
	const raw = {width: 19, height: 13, channels: 3} as const;
	const png = await write(sharp(picture.data, {raw})).toBuffer();
	const {pixels} = decodePng(png);
	const wanted = await sharp(png).toColourspace('srgb').raw().toBuffer({resolveWithObject: true});
	expect({width: pixels.width, height: pixels.height}).toEqual({width: 19, height: 13});
	const rgb = (data: Uint8Array, channels: number): number[] =>
		[...data].filter((__, at) => at % channels < 3 || channels === 3);
	const [mine, theirs] = [rgb(pixels.data, pixels.channels), rgb(wanted.data, wanted.info.channels)];
	expect(mine.length).toBe(theirs.length);
	expect(Math.max(...mine.map((value, at) => Math.abs(value - (theirs[at] ?? -9))))).toBeLessThanOrEqual(1);
	if (pixels.channels === 4) expect(pixels.data[3]).toBe(wanted.data[3]);
});

const fault = (bytes: Uint8Array): unknown => {
	try {
		return decodePng(bytes, 'mask');
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request')) throw error;
		expect(error.data.path).toBe('mask');
		return error.data.expected;
	}
};

const header = (width: number, height: number, depth = 8, color = 2, interlace = 0): Uint8Array => {
	const data = Buffer.alloc(13);
	data.writeUInt32BE(width, 0);
	data.writeUInt32BE(height, 4);
	data.set([depth, color, 0, 0, interlace], 8);
	return pngChunk('IHDR', data);
};
const end = pngChunk('IEND', new Uint8Array());
const made = (...chunks: readonly Uint8Array[]): Uint8Array => Buffer.concat([pngSignature, ...chunks, end]);
const pixelsOf = (bytes: Uint8Array): Uint8Array => pngChunk('IDAT', deflateSync(bytes));

test.each([
	['nothing', new Uint8Array(), 'a PNG'],
	['a text', Buffer.from('hello, I am no picture'), 'a PNG'],
	['20,000 × 20,000 pixels', made(header(20_000, 20_000)), /at most 100 million pixels, but it has 20000 × 20000/],
	['no pixels', made(header(0, 3)), /0 × 3 pixels/],
	['no header', made(pixelsOf(new Uint8Array(4))), /says its size first/],
	['too few pixels', made(header(2, 2), pixelsOf(new Uint8Array(7))), /as many pixels as it says/],
	['a bomb', made(header(2, 2), pixelsOf(Buffer.alloc(50_000_000))), /can be unpacked/],
	['no pixels behind the header', made(header(2, 2)), /can be unpacked/],
	['a colour type that is none', made(header(1, 1, 8, 5), pixelsOf(new Uint8Array(4))), /kind of colour/],
	[
		'an index outside its palette',
		made(header(1, 1, 8, 3), pngChunk('PLTE', new Uint8Array(3)), pixelsOf(Uint8Array.of(0, 9))),
		/in its palette/,
	],
	['a filter that is none', made(header(1, 1), pixelsOf(Uint8Array.of(9, 0, 0, 0))), /a PNG that is whole/],
	['interlaced bits', made(header(8, 8, 1, 0, 1), pixelsOf(new Uint8Array(30))), /not interlaced/],
])('%s is refused by name', (_, bytes, expected) => {
	const told = fault(bytes);
	if (typeof expected === 'string') expect(told).toBe(expected);
	else expect(told).toMatch(expected);
});

test('a PNG that is cut or damaged anywhere is refused, and never crashes', () => {
	const png = encodePng(gradient(9, 9, 4), {prompt: 'a circle'});
	for (let length = 8; length < png.length; length++) expect(fault(png.subarray(0, length))).toMatch(/ends before/);
	for (let at = 8; at < png.length; at++) {
		const damaged = Uint8Array.from(png);
		damaged[at] = (damaged[at] ?? 0) ^ 0x10;
		expect(typeof fault(damaged)).toBe('string');
	}
});

test('a keyword that no reader would find is a mistake of the caller', () => {
	expect(() => encodePng(gradient(1, 1, 3), {'': 'x'})).toThrow(RangeError);
	expect(() => encodePng(gradient(1, 1, 3), {['k'.repeat(80)]: 'x'})).toThrow(RangeError);
});

function chunksOf(png: Uint8Array): readonly Uint8Array[] {
	const headerEnd = 8 + 25;
	return [png.subarray(8, headerEnd), png.subarray(headerEnd)];
}
