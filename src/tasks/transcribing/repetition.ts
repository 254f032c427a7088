import {deflateSync, type ZlibOptions} from 'node:zlib';

/** Bytes that what a window says seldom exceeds; they pack to as much with a small memory, and that takes a fifth of the time. */
const short = 1024;
const small: ZlibOptions = {windowBits: 11, memLevel: 4};

/** Text that repeats itself packs well: above 2.4 a transcription has lost its way. */
export function compressionRatio(text: string): number {
	const bytes = Buffer.from(text);
	return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes, bytes.length > short ? {} : small).length;
}

const longestPeriod = 40;

/**
 * Where a list begins to say the same for the fifth time and more, at its end: how many of it to keep, the first round among
 * them; null where it does not. Short rounds have to come more often. Pure.
 */
export function loopAtEnd(items: readonly number[]): number | null {
	for (let period = 1; period <= Math.min(longestPeriod, items.length / 5); period += 1) {
		let same = 0;
		while (same + period < items.length && items.at(-1 - same) === items.at(-1 - same - period)) same += 1;
		const rounds = Math.floor(same / period) + 1;
		if (rounds >= 5 && rounds * period >= 16) return items.length - same;
	}
	return null;
}
