import type {Image} from '../../contract/media.ts';
import {importSharp} from './import-sharp.ts';
import type {DecodedPicture, PictureLimits, Pictures} from './open-pictures.ts';

/**
 * A mask as three equal channels: white where a picture is to be drawn anew, black where it stays. Of a mask that is
 * transparent anywhere, as many programs write them, what is transparent is drawn anew and all else stays; of any other its
 * brightness counts. Native code, so for runners only. Throws what `decode` throws.
 */
export async function readMask(pictures: Pictures, mask: Image, limits: PictureLimits = {}): Promise<DecodedPicture> {
	// It checks the bytes and their size too, so nothing is opened before.
	const decoded = await pictures.decode(mask, {path: 'mask', ...limits});
	const opacity = await opacityOf(mask, decoded);
	const {data, width, height} = decoded.pixels;
	const grey = opacity ?? Uint8Array.from({length: width * height}, (_, at) => brightness(data, at * 3));
	const spread = new Uint8Array(width * height * 3);
	for (const [at, value] of grey.entries()) spread.fill(value, at * 3, at * 3 + 3);
	return {...decoded, pixels: {data: spread, width, height, channels: 3}};
}

/** How transparent each pixel is; null where none is. */
async function opacityOf({bytes}: Image, {pixels: {width, height}}: DecodedPicture): Promise<Uint8Array | null> {
	const sharp = await importSharp();
	const picture = sharp(bytes, {pages: 1});
	if (!(await picture.metadata()).hasAlpha) return null;
	const {data} = await picture
		.autoOrient()
		.resize(width, height, {fit: 'fill'})
		.extractChannel('alpha')
		.toColourspace('b-w')
		.raw({depth: 'uchar'})
		.toBuffer({resolveWithObject: true});
	return data.every(value => value === 255) ? null : Uint8Array.from(data, value => 255 - value);
}

/** As the eye takes it. */
function brightness(data: Uint8Array, at: number): number {
	return Math.round(0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0));
}
