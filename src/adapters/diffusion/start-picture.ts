import {openPictures, type DecodedPicture} from '../../backends/pictures/open-pictures.ts';
import {readMask} from '../../backends/pictures/read-mask.ts';
import type {RunContext} from '../../contract/task.ts';
import {resizePixels} from '../../media/picture/fit-pixels.ts';
import type {Pixels} from '../../media/picture/pixels.ts';
import type {ImageRequest} from '../../tasks/image.ts';

/** Pictures that came with a request, as they are. */
export interface StartPictures {
	readonly picture: Pixels;
	readonly mask: Pixels | null;
}

/** Pixels; no model draws larger ones, and making them small while they are decoded takes a fraction of the memory. */
const longestSide = 4096;

/** Null where the request has none. Throws `invalid-request` naming the field. */
export async function decodeStart({image, mask}: ImageRequest, {warn}: RunContext): Promise<StartPictures | null> {
	if (image === undefined) return null;
	const pictures = await openPictures();
	const told = ({pixels, warnings}: DecodedPicture): Pixels => {
		for (const warning of warnings) warn(warning);
		return pixels;
	};
	const picture = told(await pictures.decode(image, {path: 'image', longestSide}));
	if (mask === undefined) return {picture, mask: null};
	const pulled = told(await readMask(pictures, mask, {longestSide}));
	if (shapeOf(pulled) !== shapeOf(picture))
		warn({
			setting: 'mask',
			message: `it is pulled to the shape of the picture: ${sizeOf(pulled)}, not ${sizeOf(picture)}`,
		});
	return {picture, mask: pulled};
}

/** To a hundredth: sides of small pictures are whole numbers. */
const shapeOf = ({width, height}: Pixels): string => (width / height).toFixed(2);
const sizeOf = ({width, height}: Pixels): string => `${width} × ${height}`;

/** Exactly that size. Larger ones are averaged, smaller ones spread smoothly. */
export function resized(pixels: Pixels, width: number, height: number): Pixels {
	if (width <= pixels.width && height <= pixels.height) return resizePixels(pixels, {width, height});
	return spread(
		resizePixels(pixels, {width: Math.min(width, pixels.width), height: Math.min(height, pixels.height)}),
		width,
		height,
	);
}

function spread({data, width: from, height: rows, channels}: Pixels, width: number, height: number): Pixels {
	const place = (at: number, to: number, of: number): {low: number; high: number; share: number} => {
		const exact = Math.max(0, Math.min(of - 1, ((at + 0.5) * of) / to - 0.5));
		const low = Math.floor(exact);
		return {low, high: Math.min(of - 1, low + 1), share: exact - low};
	};
	const across = Array.from({length: width}, (_, at) => place(at, width, from));
	const result = new Uint8Array(width * height * channels);
	for (let row = 0, to = 0; row < height; row += 1) {
		const {low, high, share} = place(row, height, rows);
		for (const column of across)
			for (let channel = 0; channel < channels; channel += 1) {
				const value = (line: number, at: number): number => data[(line * from + at) * channels + channel] ?? 0;
				const above = value(low, column.low) * (1 - column.share) + value(low, column.high) * column.share;
				const below = value(high, column.low) * (1 - column.share) + value(high, column.high) * column.share;
				result[to++] = Math.round(above * (1 - share) + below * share);
			}
	}
	return {data: result, width, height, channels};
}

/** As encoders read it: channel by channel, from -1 to 1. */
export function planesOf({data, width, height, channels}: Pixels): Float32Array {
	const plane = width * height;
	const values = new Float32Array(3 * plane);
	for (let at = 0; at < plane; at += 1)
		for (let channel = 0; channel < 3; channel += 1)
			values[channel * plane + at] = (data[at * channels + channel] ?? 0) / 127.5 - 1;
	return values;
}

/** One number for each pixel: 1 where it is to be drawn anew, 0 where it stays. */
export function maskOf({data, width, height, channels}: Pixels): Float32Array {
	return Float32Array.from({length: width * height}, (_, at) => {
		const [red, green, blue] = [0, 1, 2].map(channel => data[at * channels + channel] ?? 0);
		return 0.299 * (red ?? 0) + 0.587 * (green ?? 0) + 0.114 * (blue ?? 0) >= 127.5 ? 1 : 0;
	});
}

/** The mask at the size of the latents: the pixel at the corner of each square. */
export function latentMask(mask: Float32Array, width: number, height: number, factor: number): Float32Array {
	const [across, down] = [width / factor, height / factor];
	return Float32Array.from(
		{length: across * down},
		(_, at) => mask[Math.floor(at / across) * factor * width + (at % across) * factor] ?? 0,
	);
}

/** What stays is that of the old picture to the last bit, whatever the codec made of it. */
export function keptPixels(drawn: Pixels, old: Pixels, mask: Float32Array): Pixels {
	const data = drawn.data.map((value, at) =>
		mask[Math.floor(at / drawn.channels)] === 0 ? (old.data[at] ?? 0) : value,
	);
	return {...drawn, data};
}
