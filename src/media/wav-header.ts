import type {PcmEncoding} from './pcm.ts';

export interface WavHeader {
	readonly sampleRate: number;
	readonly channels: number;
	readonly encoding: PcmEncoding;
	/** Of the samples; null where the writer could not know and everything until the end counts. */
	readonly dataBytes: number | null;
}

/** What the header's reader asks for next: bytes to look at, or bytes to pass over unseen. */
export type Want = {readonly take: number} | {readonly skip: number};

/** Words for what was wrong, for after "expected". */
export class WavProblem extends Error {}

type Steps<T> = Generator<Want, T, DataView>;

interface Layout {
	readonly format: number;
	readonly channels: number;
	readonly sampleRate: number;
	readonly blockBytes: number;
	readonly bits: number;
}

interface LongSizes {
	readonly riff: number;
	readonly data: number;
}

const formats = {pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe} as const;
/** Named, because what to do next depends on it: another decoder reads these. */
const compressed: Readonly<Record<number, string>> = {
	0x02: 'MS ADPCM',
	0x11: 'IMA ADPCM',
	0x31: 'GSM 6.10',
	0x50: 'MPEG audio',
	0x55: 'MP3',
	0xff: 'AAC',
};
const extensibleBytes = 40;
const longSizesBytes = 16;
export const sampleRates = {least: 1000, most: 768_000} as const;
const mostChannels = 64;

/**
 * From the first byte of a WAV file to the first sample. Asks for at most 40 bytes at a time and keeps none of what it
 * passes over, so a header of any length costs no memory. Throws `WavProblem`.
 */
export function* readWavHeader(): Steps<WavHeader> {
	const riff = yield* take(12);
	const riffBytes = riffSize(riff);
	let layout: Layout | undefined;
	let long: LongSizes | undefined;
	for (let at = 12; ;) {
		const chunk = yield* take(8);
		const name = tag(chunk, 0);
		const length = chunk.getUint32(4, true);
		at += 8;
		if (name === 'data') {
			if (layout === undefined) throw new WavProblem('a WAV file that says its format before its samples');
			return {...describe(layout), dataBytes: dataSize(length, at, riffBytes, long)};
		}
		const padded = length + (length % 2);
		let seen = 0;
		if (name === 'fmt ') {
			if (length < 16) throw new WavProblem(`a WAV format of at least 16 bytes, not ${length}`);
			seen = Math.min(length, extensibleBytes);
			layout = readLayout(yield* take(seen));
		} else if (name === 'ds64') {
			if (length < longSizesBytes)
				throw new WavProblem(`RF64 sizes of at least ${longSizesBytes} bytes, not ${length}`);
			seen = longSizesBytes;
			long = readLongSizes(yield* take(seen));
		}
		yield {skip: padded - seen};
		at += padded;
	}
}

/** The length the file says it has, for telling an empty file from one whose writer could not go back. */
function riffSize(view: DataView): number {
	const name = tag(view, 0);
	if (name === 'RIFX') throw new WavProblem('a little-endian WAV file, not RIFX');
	if (!['RIFF', 'RF64', 'BW64'].includes(name) || tag(view, 8) !== 'WAVE') throw new WavProblem('a WAV file');
	return view.getUint32(4, true);
}

function readLayout(view: DataView): Layout {
	const format = view.getUint16(0, true);
	return {
		// The first two bytes of the sixteen that name the true format are the number it had before there were sixteen.
		format: format === formats.extensible && view.byteLength >= 26 ? view.getUint16(24, true) : format,
		channels: view.getUint16(2, true),
		sampleRate: view.getUint32(4, true),
		blockBytes: view.getUint16(12, true),
		bits: view.getUint16(14, true),
	};
}

function readLongSizes(view: DataView): LongSizes {
	return {riff: Number(view.getBigUint64(0, true)), data: Number(view.getBigUint64(8, true))};
}

function describe(layout: Layout): Omit<WavHeader, 'dataBytes'> {
	const {channels, sampleRate} = layout;
	const {least, most} = sampleRates;
	if (sampleRate < least || sampleRate > most)
		throw new WavProblem(`a sample rate of ${least} to ${most} Hz, not ${sampleRate}`);
	if (channels < 1 || channels > mostChannels) throw new WavProblem(`1 to ${mostChannels} channels, not ${channels}`);
	return {sampleRate, channels, encoding: encodingOf(layout)};
}

function encodingOf(layout: Layout): PcmEncoding {
	const {format, bits} = layout;
	const encoding = known(layout);
	if (encoding !== undefined) return encoding;
	if (format === formats.pcm) throw new WavProblem(`samples of 8, 16, 24 or 32 bit, not ${bits}`);
	if (format === formats.float) throw new WavProblem(`floating-point samples of 32 or 64 bit, not ${bits}`);
	if (format === formats.aLaw || format === formats.muLaw) throw new WavProblem(`G.711 samples of 8 bit, not ${bits}`);
	const number = `format 0x${format.toString(16).padStart(4, '0')}`;
	const name = compressed[format];
	throw new WavProblem(`uncompressed samples, not ${name === undefined ? number : `${name} (${number})`}`);
}

function known(layout: Layout): PcmEncoding | undefined {
	const {format, bits} = layout;
	if (format === formats.pcm) return integers[containerBytes(layout)];
	if (format === formats.float) return bits === 32 ? 'f32le' : bits === 64 ? 'f64le' : undefined;
	if (bits !== 8) return undefined;
	return format === formats.aLaw ? 'alaw' : format === formats.muLaw ? 'mulaw' : undefined;
}

const integers: Readonly<Record<number, PcmEncoding>> = {1: 'u8', 2: 's16le', 3: 's24le', 4: 's32le'};

/** 20 bits lie in three bytes or four, at the upper end; the length of a frame tells which, where it is plausible. */
function containerBytes({bits, channels, blockBytes}: Layout): number {
	const least = Math.ceil(bits / 8);
	const said = blockBytes / channels;
	return Number.isInteger(said) && said > least && said <= 4 && bits > 16 ? said : least;
}

/**
 * Writers to a pipe leave a size they could not know: all ones, or nearly (ffmpeg), 0x7ffff000 (sox), 2 GiB (arecord),
 * 2 GiB less one. Nought is one too, unless the file says that more follows: then it is empty in earnest.
 */
function dataSize(said: number, start: number, riffBytes: number, long: LongSizes | undefined): number | null {
	const whole = long !== undefined && riffBytes === 0xff_ff_ff_ff ? long.riff : riffBytes;
	const size = long !== undefined && said === 0xff_ff_ff_ff ? long.data : said;
	if (long !== undefined && said === 0xff_ff_ff_ff) return size === 0 || size > Number.MAX_SAFE_INTEGER ? null : size;
	if (size >= 0xff_ff_ff_00 || [0x7f_ff_f0_00, 0x80_00_00_00, 0x7f_ff_ff_ff].includes(size)) return null;
	if (size === 0) return whole + 8 <= start || whole >= 0xff_ff_ff_00 ? null : 0;
	return size;
}

function* take(bytes: number): Steps<DataView> {
	return yield {take: bytes};
}

function tag(view: DataView, at: number): string {
	return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
