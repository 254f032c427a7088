import type sharp from 'sharp';
import type {Metadata, Sharp} from 'sharp';
import type {Image} from '../../contract/media.ts';
import {MofaError} from '../../contract/error.ts';
import type {Warning} from '../../contract/task.ts';
import type {Pixels} from '../../media/picture/pixels.ts';
import {mostPixels, tooLarge} from '../../media/picture/check-pixels.ts';
import {readablePictures, sniffPicture} from '../../media/picture/sniff-picture.ts';
import {importSharp} from './import-sharp.ts';
import {pictureKind, readable} from './picture-kind.ts';

export interface PictureLimits {
	/** The field of the request that the picture came in, such as `messages.0.content.1.image`; absent: `image`. */
	readonly path?: string;
	/** Of one picture, as its header says; absent: 100 million. */
	readonly pixels?: number;
	/** Absent: 64 MiB. */
	readonly bytes?: number;
	/** Pixels; a larger picture is made smaller while it is decoded, its shape kept. Absent: left as large as it is. */
	readonly longestSide?: number;
}

export interface DecodedPicture {
	/** Three channels of sRGB, the right way up. */
	readonly pixels: Pixels;
	/** What of the picture is not in the pixels, such as the further frames of an animation. */
	readonly warnings: readonly Warning[];
}

export interface Pictures {
	/** Throws `invalid-request` naming the field for what is no picture, is damaged, or is too large. */
	decode(image: Image, limits?: PictureLimits): Promise<DecodedPicture>;
	/** No side grows. Every pixel counts in the smaller picture, so that fine patterns become grey and not other patterns. */
	shrink(pixels: Pixels, to: PictureSize, filter: Filter): Promise<Pixels>;
}

export interface PictureSize {
	readonly width: number;
	readonly height: number;
}

/** How pixels are weighed. */
export type Filter = 'nearest' | 'linear' | 'cubic' | 'lanczos3';

const mostBytes = 64 * 2 ** 20;
/** Pixels; programs have written small GIFs whose frames are larger than the whole. */
const harmless = 1_000_000;
/** Seconds; a hostile file may be slow to decode within all other limits. */
const patience = 60;

/**
 * The codecs in this process: native code, so for runners only. Every picture is looked at by its first bytes and its header
 * before any of it is decoded. Throws `backend-unavailable` where the package is not there.
 */
export async function openPictures(): Promise<Pictures> {
	const library = await importSharp();
	return {
		decode: (image, limits = {}) => decode(library, image, limits),
		shrink: (pixels, to, filter) => shrink(library, pixels, to, filter),
	};
}

async function shrink(library: typeof sharp, pixels: Pixels, to: PictureSize, kernel: Filter): Promise<Pixels> {
	const width = Math.min(to.width, pixels.width);
	const height = Math.min(to.height, pixels.height);
	if (width === pixels.width && height === pixels.height) return pixels;
	const {channels} = pixels;
	const raw = {width: pixels.width, height: pixels.height, channels};
	const {data} = await library(pixels.data, {raw, limitInputPixels: false})
		.resize(width, height, {fit: 'fill', kernel})
		.raw()
		.toBuffer({resolveWithObject: true});
	return {data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height, channels};
}

async function decode(library: typeof sharp, {bytes}: Image, limits: PictureLimits): Promise<DecodedPicture> {
	const path = limits.path ?? 'image';
	const most = limits.pixels ?? mostPixels.picture;
	checkBytes(bytes, path, limits.bytes ?? mostBytes);
	const claimed = claimOf(bytes, path, most);
	const picture = library(bytes, {limitInputPixels: most, failOn: 'error', pages: 1});
	const header = await picture.metadata().catch((error: unknown) => {
		throw refused(path, error, most);
	});
	if (header.width * header.height > most) throw tooLarge(path, `${header.width} × ${header.height}`, most);
	if (header.width * header.height > claimed)
		throw invalid(path, 'a picture that is no larger than it says, and this one has two sizes');
	const pixels = await drawn(picture, limits.longestSide).catch((error: unknown) => {
		throw refused(path, error, most);
	});
	return {pixels, warnings: warningsOf(path, header)};
}

function checkBytes(bytes: Uint8Array, path: string, most: number): void {
	if (bytes.length === 0) throw invalid(path, 'a picture, and this one has no bytes');
	if (bytes.length > most) throw invalid(path, `at most ${Math.floor(most / 2 ** 20)} MiB for a picture`);
	const kind = pictureKind(bytes);
	if (kind === null) throw invalid(path, `a picture as ${readablePictures}, and this is none that is known`);
	if (!readable.has(kind)) throw invalid(path, `a picture as ${readablePictures}, and this is ${kind.toUpperCase()}`);
}

/** How many pixels its first bytes say it has: by these the pictures of a request are counted, before any is opened. */
function claimOf(bytes: Uint8Array, path: string, most: number): number {
	const {width, height} = sniffPicture(bytes) ?? {width: 0, height: 0};
	if (width * height > most) throw tooLarge(path, `${width} × ${height}`, most);
	return width * height === 0 ? most : Math.max(width * height, harmless);
}

/** As a viewer would show it: turned by its own word, its colours as its profile means them, on white where it can be seen through. */
async function drawn(picture: Sharp, longestSide: number | undefined): Promise<Pixels> {
	const upright = picture.autoOrient();
	const sized =
		longestSide === undefined
			? upright
			: upright.resize(longestSide, longestSide, {fit: 'inside', withoutEnlargement: true});
	const {data, info} = await sized
		.flatten({background: '#ffffff'})
		.toColourspace('srgb')
		.timeout({seconds: patience})
		.raw({depth: 'uchar'})
		.toBuffer({resolveWithObject: true});
	if (info.channels !== 3) throw new Error(`it came out with ${info.channels} channels`);
	return {
		data: new Uint8Array(data.buffer, data.byteOffset, data.length),
		width: info.width,
		height: info.height,
		channels: 3,
	};
}

function warningsOf(path: string, {pages = 1, format}: Metadata): readonly Warning[] {
	if (pages < 2) return [];
	const what = format === 'tiff' ? 'pages' : 'frames';
	return [{setting: path, message: `the first of its ${pages} ${what} is all that is looked at`}];
}

/** The library's words go to a person only where they say what is wrong with the picture. */
function refused(path: string, error: unknown, most: number): MofaError {
	const words = error instanceof Error ? error.message : String(error);
	if (/exceeds pixel limit/i.test(words)) return tooLarge(path, 'more', most);
	if (/timeout/i.test(words)) return invalid(path, `a picture that decodes within ${patience} seconds`);
	const line = firstProblem(words);
	return new MofaError(
		'invalid-request',
		{path, expected: `a whole picture, and this one is damaged: ${line}`},
		{cause: error},
	);
}

/** A codec says a line for each thing that it stumbles over; the first is where it went wrong. */
function firstProblem(words: string): string {
	const lines = words.replace(/^Input (buffer|file) has corrupt header:\s*/, '').split('\n');
	const first = lines.find(line => line.trim() !== '') ?? '';
	return first
		.replace(/^vips\w*: /i, '')
		.replaceAll(/[\p{Cc}\s]+/gu, ' ')
		.trim()
		.slice(0, 160);
}

const invalid = (path: string, expected: string): MofaError => new MofaError('invalid-request', {path, expected});
