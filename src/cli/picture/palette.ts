import type {Pixels} from '../../media/picture/pixels.ts';

/** A picture of few colours. */
export interface Indexed {
	/** Red, green and blue, 0 to 255. */
	readonly palette: ReadonlyArray<readonly [number, number, number]>;
	/** Of each pixel its place in the palette; `palette.length` for one that is not seen. */
	readonly indexes: Uint8Array;
}

/** Of 256 shades the eighth part tells apart well enough what is to share a colour. */
const bits = 5;
const bins = 2 ** (3 * bits);

/**
 * At most `most` colours, 255 or fewer: those of the picture where it has no more, else the means of as many parts of the
 * colours that occur, cut where they differ most.
 */
export function withPalette(pixels: Pixels, most: number): Indexed {
	return exactly(pixels, most) ?? approximately(pixels, most);
}

function exactly({data, channels, width, height}: Pixels, most: number): Indexed | null {
	const known = new Map<number, number>();
	const indexes = new Uint8Array(width * height);
	const unseen: number[] = [];
	for (let pixel = 0; pixel < indexes.length; pixel++) {
		const at = pixel * channels;
		if (!isSeen(data, at, channels)) {
			unseen.push(pixel);
			continue;
		}
		const color = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
		const index = known.get(color) ?? known.size;
		if (index === known.size) {
			if (index === most) return null;
			known.set(color, index);
		}
		indexes[pixel] = index;
	}
	for (const pixel of unseen) indexes[pixel] = known.size;
	return {palette: [...known.keys()].map(color => [color >> 16, (color >> 8) & 255, color & 255]), indexes};
}

function approximately(pixels: Pixels, most: number): Indexed {
	const {data, channels, width, height} = pixels;
	const counts = histogram(pixels);
	const parts = cut(counts, most);
	const indexOf = new Uint8Array(bins);
	for (const [index, part] of parts.entries()) for (const bin of part) indexOf[bin] = index;
	const indexes = Uint8Array.from({length: width * height}, (_, pixel) =>
		isSeen(data, pixel * channels, channels) ? (indexOf[binOf(data, pixel * channels)] ?? 0) : parts.length,
	);
	return {palette: parts.map(part => meanColor(part, counts)), indexes};
}

/** How many pixels fall into each bin, and the sums of their colours. */
interface Histogram {
	readonly count: Float64Array;
	readonly sums: readonly [Float64Array, Float64Array, Float64Array];
}

function histogram({data, channels, width, height}: Pixels): Histogram {
	const count = new Float64Array(bins);
	const sums = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)] as const;
	for (let at = 0; at < width * height * channels; at += channels) {
		if (!isSeen(data, at, channels)) continue;
		const bin = binOf(data, at);
		count[bin] = (count[bin] ?? 0) + 1;
		for (const [channel, sum] of sums.entries()) sum[bin] = (sum[bin] ?? 0) + (data[at + channel] ?? 0);
	}
	return {count, sums};
}

/** The part whose colours spread furthest, weighted by its pixels, is cut in the middle of them, again and again. */
function cut(counts: Histogram, most: number): ReadonlyArray<readonly number[]> {
	const all = Array.from({length: bins}, (_, bin) => bin).filter(bin => (counts.count[bin] ?? 0) > 0);
	const parts = [spreadOf(all, counts)];
	while (parts.length < most) {
		const widest = parts.reduce((best, part) => (part.weight > best.weight ? part : best));
		if (widest.bins.length < 2 || widest.weight === 0) break;
		const sorted = widest.bins.toSorted((a, b) => level(a, widest.channel) - level(b, widest.channel));
		const middle = middleOf(sorted, counts);
		parts.splice(
			parts.indexOf(widest),
			1,
			spreadOf(sorted.slice(0, middle), counts),
			spreadOf(sorted.slice(middle), counts),
		);
	}
	return parts.map(part => part.bins);
}

interface Part {
	readonly bins: readonly number[];
	/** The one in which its colours differ most. */
	readonly channel: number;
	readonly weight: number;
}

function spreadOf(part: readonly number[], {count}: Histogram): Part {
	const pixels = part.reduce((sum, bin) => sum + (count[bin] ?? 0), 0);
	const ranges = [0, 1, 2].map(channel => {
		const levels = part.map(bin => level(bin, channel));
		return levels.reduce((a, b) => Math.max(a, b), 0) - levels.reduce((a, b) => Math.min(a, b), 2 ** bits);
	});
	const widest = Math.max(...ranges);
	return {bins: part, channel: ranges.indexOf(widest), weight: part.length < 2 ? 0 : widest * Math.sqrt(pixels)};
}

/** Where half of the pixels lie before; at least one bin on each side. */
function middleOf(sorted: readonly number[], {count}: Histogram): number {
	const half = sorted.reduce((sum, bin) => sum + (count[bin] ?? 0), 0) / 2;
	let before = 0;
	const at = sorted.findIndex(bin => (before += count[bin] ?? 0) >= half);
	return Math.min(sorted.length - 1, Math.max(1, at));
}

function meanColor(part: readonly number[], {count, sums}: Histogram): readonly [number, number, number] {
	const pixels = Math.max(
		1,
		part.reduce((sum, bin) => sum + (count[bin] ?? 0), 0),
	);
	const mean = (channel: 0 | 1 | 2): number =>
		Math.round(part.reduce((sum, bin) => sum + (sums[channel][bin] ?? 0), 0) / pixels);
	return [mean(0), mean(1), mean(2)];
}

function isSeen(data: Uint8Array, at: number, channels: number): boolean {
	return channels === 3 || (data[at + 3] ?? 0) >= 128;
}

function binOf(data: Uint8Array, at: number): number {
	const drop = 8 - bits;
	return (
		((((data[at] ?? 0) >> drop) << (2 * bits)) |
			(((data[at + 1] ?? 0) >> drop) << bits) |
			((data[at + 2] ?? 0) >> drop)) >>>
		0
	);
}

const level = (bin: number, channel: number): number => (bin >> ((2 - channel) * bits)) & (2 ** bits - 1);
