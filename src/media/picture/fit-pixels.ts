import type {Pixels} from './pixels.ts';

export interface Box {
	readonly width: number;
	readonly height: number;
}

/** The largest size of the same shape that fits into the box, in whole pixels, at least one each way. */
export function fittingSize({width, height}: Box, box: Box): Box {
	const scale = Math.min(box.width / width, box.height / height);
	return {width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale))};
}

/** As large as fits into the box with its shape kept; what fits already is given back as it is. */
export function fitPixels(pixels: Pixels, box: Box): Pixels {
	if (pixels.width <= box.width && pixels.height <= box.height) return pixels;
	return resizePixels(pixels, fittingSize(pixels, box));
}

/**
 * Exactly that size. Each new pixel is the mean of the area it covers, so nothing flickers or is lost when a picture
 * shrinks; one that grows keeps its pixels as squares.
 */
export function resizePixels(pixels: Pixels, {width, height}: Box): Pixels {
	if (pixels.width === width && pixels.height === height) return pixels;
	const {channels} = pixels;
	const opaque = premultiplied(pixels);
	const across = coverage(pixels.width, width);
	const down = coverage(pixels.height, height);
	const narrow = new Float32Array(width * pixels.height * channels);
	for (let row = 0, to = 0; row < pixels.height; row++)
		for (const spans of across)
			for (let channel = 0; channel < channels; channel++)
				narrow[to++] = mean(opaque, spans, row * pixels.width * channels + channel, channels);
	const small = new Float32Array(width * height * channels);
	for (const [row, spans] of down.entries())
		for (let at = 0; at < width * channels; at++)
			small[row * width * channels + at] = mean(narrow, spans, at, width * channels);
	return {data: unmultiplied(small, channels), width, height, channels};
}

/** Old pixels that a new one covers: from which on, and how much of each. The shares add up to one. */
interface Cover {
	readonly first: number;
	readonly shares: Float32Array;
}

function coverage(from: number, to: number): readonly Cover[] {
	const step = from / to;
	return Array.from({length: to}, (_, index) => {
		const start = index * step;
		const end = Math.min(from, start + step);
		const first = Math.min(from - 1, Math.floor(start));
		const last = Math.max(first, Math.ceil(end - 1e-6) - 1);
		const shares = Float32Array.from({length: last - first + 1}, (__, offset) =>
			Math.max(0, Math.min(end, first + offset + 1) - Math.max(start, first + offset)),
		);
		const sum = shares.reduce((total, share) => total + share, 0);
		return {first, shares: shares.map(share => share / sum)};
	});
}

function mean(values: Uint8Array | Float32Array, {first, shares}: Cover, offset: number, stride: number): number {
	let sum = 0;
	for (let index = 0; index < shares.length; index++)
		sum += (values[offset + (first + index) * stride] ?? 0) * (shares[index] ?? 0);
	return sum;
}

/** What cannot be seen must not colour its neighbours. */
function premultiplied({data, channels}: Pixels): Uint8Array | Float32Array {
	if (channels === 3) return data;
	return Float32Array.from(data, (value, at) => (at % 4 === 3 ? value : (value * (data[at | 3] ?? 0)) / 255));
}

function unmultiplied(values: Float32Array, channels: 3 | 4): Uint8Array {
	if (channels === 3) return Uint8Array.from(values, value => Math.round(value));
	return Uint8Array.from(values, (value, at) => {
		const opacity = values[at | 3] ?? 0;
		if (at % 4 === 3) return Math.round(value);
		return opacity === 0 ? 0 : Math.min(255, Math.round((value * 255) / opacity));
	});
}
