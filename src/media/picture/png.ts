import {inflateSync} from 'node:zlib';
import {decode, encode} from 'fast-png';
import {MofaError} from '../../contract/error.ts';
import {mostPixels, type Pixels} from './pixels.ts';
import {isPng, PngProblem, pngSignature, readChunks, type PngChunk} from './png-chunks.ts';
import {textChunk, textOf} from './png-text.ts';

/** The same bytes for the same pixels and texts on every machine: the packing is JavaScript too. */
export function encodePng(pixels: Pixels, text: Readonly<Record<string, string>> = {}): Uint8Array {
	const {data, width, height, channels} = pixels;
	const png = encode({data, width, height, channels, depth: 8}, {zlib: {level: 6}});
	const texts = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
	if (texts.length === 0) return png;
	// Right behind the header, where a reader of the first bytes finds them.
	return new Uint8Array(Buffer.concat([png.subarray(0, headerEnd), ...texts, png.subarray(headerEnd)]));
}

const headerEnd = pngSignature.length + 25;

export interface DecodedPng {
	readonly pixels: Pixels;
	readonly text: Readonly<Record<string, string>>;
}

/**
 * A still PNG of any depth and colour as 8 bits of RGB, or RGBA where it is transparent anywhere. What it claims to be is
 * checked before memory is taken for it. Throws `invalid-request` naming `source`.
 */
export function decodePng(bytes: Uint8Array, source = 'image'): DecodedPng {
	try {
		if (!isPng(bytes)) throw new PngProblem('a PNG');
		const chunks = readChunks(bytes);
		const header = headerOf(chunks);
		checkLength(chunks, header);
		return {pixels: toPixels(decode(onlyPicture(chunks))), text: textOf(chunks)};
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		const expected = error instanceof PngProblem ? problem : `a PNG that is whole (${problem})`;
		throw new MofaError('invalid-request', {path: source, expected}, {cause: error});
	}
}

interface Header {
	readonly width: number;
	readonly height: number;
	/** Bits of a sample. */
	readonly depth: number;
	readonly channels: number;
	readonly interlaced: boolean;
}

const channelsOf: Readonly<Record<number, number>> = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4};

function headerOf([first]: readonly PngChunk[]): Header {
	if (first?.type !== 'IHDR' || first.data.length !== 13) throw new PngProblem('a PNG that says its size first');
	const view = new DataView(first.data.buffer, first.data.byteOffset, first.data.byteLength);
	const [width, height, depth] = [view.getUint32(0), view.getUint32(4), view.getUint8(8)];
	const channels = channelsOf[view.getUint8(9)];
	const interlaced = view.getUint8(12) === 1;
	if (width === 0 || height === 0) throw new PngProblem(`a picture, but it has ${width} × ${height} pixels`);
	if (width * height > mostPixels)
		throw new PngProblem(`at most ${mostPixels / 1e6} million pixels, but it has ${width} × ${height}`);
	if (channels === undefined) throw new PngProblem('a PNG of a kind of colour that there is');
	if (interlaced && depth < 8)
		throw new PngProblem(`a PNG that is not interlaced, since it has ${depth} bits a sample`);
	return {width, height, depth, channels, interlaced};
}

/** A few bytes can unpack to gigabytes, so as much as the size asks for is the most that they may. */
function checkLength(chunks: readonly PngChunk[], header: Header): void {
	const packed = Buffer.concat(chunks.filter(({type}) => type === 'IDAT').map(({data}) => data));
	const wanted = unpackedBytes(header);
	const length = unpacked(packed, wanted);
	if (length !== wanted) throw new PngProblem('a PNG that holds as many pixels as it says');
}

function unpacked(packed: Uint8Array, wanted: number): number {
	try {
		return inflateSync(packed, {maxOutputLength: wanted + 1}).length;
	} catch (error) {
		throw new PngProblem('a PNG whose pixels can be unpacked', {cause: error});
	}
}

/** Where each of the seven passes of an interlaced picture begins, and how far it steps. */
const passes = [
	{x: 0, y: 0, right: 8, down: 8},
	{x: 4, y: 0, right: 8, down: 8},
	{x: 0, y: 4, right: 4, down: 8},
	{x: 2, y: 0, right: 4, down: 4},
	{x: 0, y: 2, right: 2, down: 4},
	{x: 1, y: 0, right: 2, down: 2},
	{x: 0, y: 1, right: 1, down: 2},
];

/** Of all rows, each with the byte before it that says how it is filtered. */
function unpackedBytes({width, height, depth, channels, interlaced}: Header): number {
	const rows = (across: number, down: number): number =>
		across <= 0 || down <= 0 ? 0 : down * (1 + Math.ceil((across * depth * channels) / 8));
	if (!interlaced) return rows(width, height);
	return passes.reduce(
		(sum, {x, y, right, down}) => sum + rows(Math.ceil((width - x) / right), Math.ceil((height - y) / down)),
		0,
	);
}

/** Colour profiles and comments can be bombs too, and are none of the pixels. */
function onlyPicture(chunks: readonly PngChunk[]): Uint8Array {
	const needed = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
	return Buffer.concat([pngSignature, ...chunks.filter(({type}) => needed.has(type)).map(({whole}) => whole)]);
}

type Raw = ReturnType<typeof decode>;

function toPixels(raw: Raw): Pixels {
	const {width, height} = raw;
	const transparent = raw.channels % 2 === 0 || raw.transparency !== undefined || raw.palette?.[0]?.length === 4;
	const channels = transparent ? 4 : 3;
	if (raw.depth === 8 && raw.channels === channels) return {data: Uint8Array.from(raw.data), width, height, channels};
	const data = new Uint8Array(width * height * channels);
	const color = colorReader(raw);
	const pixel = [0, 0, 0, 255];
	for (let row = 0, to = 0; row < height; row++)
		for (let column = 0; column < width; column++) {
			color(row, column, pixel);
			for (let channel = 0; channel < channels; channel++) data[to++] = pixel[channel] ?? 0;
		}
	return {data, width, height, channels};
}

/** Writes red, green, blue and opacity of one pixel, 0 to 255, into its third argument. */
function colorReader(raw: Raw): (row: number, column: number, into: number[]) => void {
	const sample = sampleReader(raw);
	const {depth, channels, palette, transparency} = raw;
	const scale = 255 / (2 ** depth - 1);
	if (palette !== undefined && channels === 1)
		return (row, column, into) => {
			const entry = palette[sample(row, column, 0)];
			if (entry === undefined) throw new PngProblem('a PNG whose pixels are all in its palette');
			[into[0] = 0, into[1] = 0, into[2] = 0, into[3] = 255] = entry;
		};
	const grey = channels < 3;
	return (row, column, into) => {
		const first = sample(row, column, 0);
		const second = grey ? first : sample(row, column, 1);
		const third = grey ? first : sample(row, column, 2);
		into[0] = Math.round(first * scale);
		into[1] = Math.round(second * scale);
		into[2] = Math.round(third * scale);
		if (channels % 2 === 0) into[3] = Math.round(sample(row, column, channels - 1) * scale);
		else if (transparency !== undefined) into[3] = isKey(transparency, first, second, third) ? 0 : 255;
	};
}

/** One colour may stand for nothing at all. */
function isKey(key: Uint16Array, red: number, green: number, blue: number): boolean {
	return key[0] === red && (key.length < 3 || (key[1] === green && key[2] === blue));
}

/** Samples of fewer than 8 bits share bytes; a row begins with a byte of its own. */
function sampleReader({data, width, depth, channels}: Raw): (row: number, column: number, channel: number) => number {
	if (depth >= 8) return (row, column, channel) => data[(row * width + column) * channels + channel] ?? 0;
	const perByte = 8 / depth;
	const rowBytes = Math.ceil(width / perByte);
	const mask = 2 ** depth - 1;
	return (row, column) => {
		const byte = data[row * rowBytes + Math.floor(column / perByte)] ?? 0;
		return (byte >> (8 - depth * ((column % perByte) + 1))) & mask;
	};
}
