import type {Image} from '../../contract/media.ts';
import {fitPixels} from '../../media/picture/fit-pixels.ts';
import {encodePng} from '../../media/picture/png.ts';
import type {Codec} from './codec.ts';
import type {LatentShape} from './network.ts';

/** Pixels of the longer side. */
const side = 128;

/**
 * The picture as the network sees it so far. Its latents are made small before they are decoded: a sixteenth of the work at half
 * a thousand pixels, and right for every model, where a table of colours would have to be known for each codec.
 */
export async function preview(
	codec: Codec,
	clean: Float32Array,
	shape: LatentShape,
	signal: AbortSignal,
): Promise<Image> {
	const most = Math.max(1, Math.floor(side / codec.factor));
	const small = codec.fixed === null ? shrunk(clean, shape, most) : {latents: clean, shape};
	const pixels = await codec.decode(small.latents, small.shape, signal);
	return {bytes: encodePng(fitPixels(pixels, {width: side, height: side})), mediaType: 'image/png'};
}

/** Each new latent pixel is the mean of a square of old ones. Pure. */
export function shrunk(
	latents: Float32Array,
	shape: LatentShape,
	most: number,
): {readonly latents: Float32Array; readonly shape: LatentShape} {
	const by = Math.ceil(Math.max(shape.width, shape.height) / most);
	if (by <= 1) return {latents, shape};
	const [width, height] = [Math.ceil(shape.width / by), Math.ceil(shape.height / by)];
	const small = new Float32Array(shape.channels * width * height);
	for (let at = 0; at < small.length; at += 1) {
		const plane = Math.floor(at / (width * height)) * shape.width * shape.height;
		const [row, column] = [Math.floor((at % (width * height)) / width) * by, (at % width) * by];
		let sum = 0;
		let count = 0;
		for (let y = row; y < Math.min(row + by, shape.height); y += 1)
			for (let x = column; x < Math.min(column + by, shape.width); x += 1, count += 1)
				sum += latents[plane + y * shape.width + x] ?? 0;
		small[at] = sum / count;
	}
	return {latents: small, shape: {channels: shape.channels, width, height}};
}
