import {isPng} from './png-chunks.ts';

export interface SniffedPicture {
	readonly mediaType: `image/${string}`;
	/** Pixels, as they are stored: a camera may ask to turn them. 0 where these bytes do not say. */
	readonly width: number;
	readonly height: number;
}

/** The pictures that are decoded here, for whoever has sent another one. */
export const readablePictures = 'PNG, JPEG, WebP, GIF, AVIF or TIFF';

/**
 * What a file is by its first bytes, and how large, whatever its name says; null for none of the pictures known here.
 * Looks, never decodes. The size of a JPEG stands behind what a camera wrote about it, so it may take all bytes.
 */
export function sniffPicture(bytes: Uint8Array): SniffedPicture | null {
	if (bytes.length < 12) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const file: File = {bytes, view};
	if (isPng(bytes)) return sized('png', file, 24, () => [view.getUint32(16), view.getUint32(20)]);
	if (view.getUint16(0) === 0xffd8 && bytes[2] === 0xff) return picture('jpeg', jpegSize(file));
	if (/^GIF8[79]a$/.test(tag(bytes, 0, 6)))
		return sized('gif', file, 10, () => [view.getUint16(6, true), view.getUint16(8, true)]);
	if (tag(bytes, 0) === 'RIFF' && tag(bytes, 8) === 'WEBP') return sized('webp', file, 30, () => webpSize(file));
	if (tag(bytes, 0, 2) === 'BM') return bitmap(file);
	if (/^(II\*\0|MM\0\*)$/.test(tag(bytes, 0))) return picture('tiff', tiffSize(file));
	return tag(bytes, 4) === 'ftyp' ? boxed(file) : null;
}

interface File {
	readonly bytes: Uint8Array;
	readonly view: DataView;
}

type Size = readonly [width: number, height: number];
const unknown: Size = [0, 0];

function sized(kind: string, {bytes}: File, needs: number, size: () => Size): SniffedPicture {
	return picture(kind, bytes.length < needs ? unknown : size());
}

function picture(kind: string, [width, height]: Size): SniffedPicture {
	return {mediaType: `image/${kind}`, width, height};
}

/** From one marker to the next, until the one that begins a frame. */
function jpegSize({bytes, view}: File): Size {
	for (let at = 2; at + 9 <= bytes.length;) {
		if (bytes[at] !== 0xff) return unknown;
		const marker = bytes[at + 1] ?? 0;
		if (marker === 0xff) at += 1;
		else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
		else if (marker === 0xd9 || marker === 0xda) return unknown;
		else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
			return [view.getUint16(at + 7), view.getUint16(at + 5)];
		else at += 2 + view.getUint16(at + 2);
	}
	return unknown;
}

/** Three ways to write it: lossy, lossless, and a canvas with parts on it. */
function webpSize({bytes, view}: File): Size {
	const kind = tag(bytes, 12);
	if (kind === 'VP8X') return [1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(26, true) >>> 8)];
	if (kind === 'VP8 ') return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
	if (kind !== 'VP8L') return unknown;
	const bits = view.getUint32(21, true);
	return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
}

/** The length of its second header says which edition it is; text that begins with BM has none that is possible. */
function bitmap(file: File): SniffedPicture | null {
	const {bytes, view} = file;
	const header = bytes.length < 26 ? 0 : view.getUint32(14, true);
	if (header === 12) return picture('bmp', [view.getUint16(18, true), view.getUint16(20, true)]);
	if (![16, 40, 52, 56, 64, 108, 124].includes(header)) return null;
	// Rows from the top down are a height below zero.
	return picture('bmp', [view.getInt32(18, true), Math.abs(view.getInt32(22, true))]);
}

/** Of its first page; the directory of that stands anywhere in the file. */
function tiffSize({bytes, view}: File): Size {
	const little = bytes[0] === 0x49;
	const start = view.getUint32(4, little);
	if (start + 2 > bytes.length) return unknown;
	const sides = new Map<number, number>();
	for (
		let at = start + 2, left = view.getUint16(start, little);
		left > 0 && at + 12 <= bytes.length;
		at += 12, left -= 1
	) {
		const isShort = view.getUint16(at + 2, little) === 3;
		sides.set(view.getUint16(at, little), isShort ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little));
	}
	return [sides.get(256) ?? 0, sides.get(257) ?? 0];
}

const brands: Readonly<Record<string, string>> = {
	avif: 'avif',
	avis: 'avif',
	heic: 'heic',
	heix: 'heic',
	heim: 'heic',
	heis: 'heic',
	hevc: 'heic',
	hevx: 'heic',
};

/** AVIF and HEIC: the first box names what it is and what else it passes for. */
function boxed(file: File): SniffedPicture | null {
	const {bytes, view} = file;
	const end = Math.min(view.getUint32(0), bytes.length, 256);
	const named = [tag(bytes, 8)];
	for (let at = 16; at + 4 <= end; at += 4) named.push(tag(bytes, at));
	const kind = named.map(brand => brands[brand]).find(known => known !== undefined);
	if (kind !== undefined) return picture(kind, largestExtent(file));
	return named[0] === 'mif1' || named[0] === 'msf1' ? picture('heif', largestExtent(file)) : null;
}

/** A large picture may be made of tiles, each with its size, so the largest is the one of the whole. */
function largestExtent(file: File): Size {
	const properties = ['meta', 'iprp', 'ipco'].reduce<Range | undefined>(
		(inside, name) => inside && boxes(file, inside).find(box => box.name === name),
		{from: 0, to: file.bytes.length},
	);
	if (properties === undefined) return unknown;
	return boxes(file, properties)
		.filter(({name, from, to}) => name === 'ispe' && to - from >= 12)
		.map(({from}): Size => [file.view.getUint32(from + 4), file.view.getUint32(from + 8)])
		.reduce((largest, size) => (size[0] * size[1] > largest[0] * largest[1] ? size : largest), unknown);
}

interface Range {
	readonly from: number;
	readonly to: number;
}

interface Box extends Range {
	readonly name: string;
}

const mostBoxes = 1000;

function boxes({bytes, view}: File, {from, to}: Range): readonly Box[] {
	const found: Box[] = [];
	for (let at = from; at + 8 <= to && found.length < mostBoxes;) {
		const length = view.getUint32(at);
		const name = tag(bytes, at + 4);
		if (length < 8) break;
		// A version and flags stand before the boxes inside this one.
		found.push({name, from: at + (name === 'meta' ? 12 : 8), to: Math.min(at + length, to)});
		at += length;
	}
	return found;
}

function tag(bytes: Uint8Array, at: number, length = 4): string {
	return String.fromCharCode(...bytes.subarray(at, at + length));
}
