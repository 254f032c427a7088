import {MofaError} from '../../contract/error.ts';
import type {Image} from '../../contract/media.ts';
import {sniffPicture} from './sniff-picture.ts';

/** Of one picture, and of all that come with a request: decoded they are memory, and small files can hold very large ones. */
export const mostPixels = {picture: 100_000_000, request: 200_000_000} as const;

export interface PlacedPicture {
	readonly image: Image;
	/** Where it stands in the request: `messages.0.content.1.image`. */
	readonly path: string;
}

/**
 * Counts the pixels of a request's pictures by their headers, before any is decoded. One that is cut or does not say how large it
 * is counts as the largest; what is no picture is refused where it is decoded. Throws `invalid-request` naming the picture.
 */
export function checkPixels(pictures: readonly PlacedPicture[]): void {
	let sum = 0;
	for (const {image, path} of pictures) {
		const found = sniffPicture(image.bytes);
		if (found === null) continue;
		const {width, height} = found;
		if (width * height > mostPixels.picture) throw tooLarge(path, `${width} × ${height}`);
		sum += width * height || mostPixels.picture;
		if (sum > mostPixels.request) throw tooMuch(path, sum);
	}
}

/** Also for whoever decodes it, and finds that it is larger. */
export function tooLarge(path: string, found: string, most: number = mostPixels.picture): MofaError {
	const expected = `a picture of at most ${millions(most)} pixels, and this one has ${found}`;
	return new MofaError('invalid-request', {path, expected});
}

function tooMuch(path: string, sum: number): MofaError {
	const expected = `at most ${millions(mostPixels.request)} pixels in all pictures of a request, and with this one there are ${millions(sum)}`;
	return new MofaError('invalid-request', {path, expected});
}

const millions = (pixels: number): string => `${Math.round(pixels / 1e6)} million`;

/** Every picture in plain data, with its place; `path` is that of the whole. */
export function picturesWithin(value: unknown, path: string): readonly PlacedPicture[] {
	if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
	if (isImage(value)) return [{image: value, path}];
	return Object.entries(value).flatMap(([key, item]) => picturesWithin(item, path === '' ? key : `${path}.${key}`));
}

const isImage = (value: object): value is Image =>
	'bytes' in value &&
	value.bytes instanceof Uint8Array &&
	'mediaType' in value &&
	typeof value.mediaType === 'string' &&
	value.mediaType.startsWith('image/');
