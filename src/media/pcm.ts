/** How bare samples lie in bytes, little endian, named as ffmpeg and sox users know them. */
export type PcmEncoding = 'u8' | 's16le' | 's24le' | 's32le' | 'f32le' | 'f64le' | 'alaw' | 'mulaw';

type Read = (view: DataView, at: number) => number;

interface Layout {
	readonly bytes: number;
	readonly read: Read;
}

const layouts: Readonly<Record<PcmEncoding, Layout>> = {
	u8: {bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7},
	s16le: {bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15},
	s24le: {bytes: 3, read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23},
	s32le: {bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31},
	f32le: {bytes: 4, read: (view, at) => finite(view.getFloat32(at, true))},
	f64le: {bytes: 8, read: (view, at) => finite(view.getFloat64(at, true))},
	alaw: {bytes: 1, read: (view, at) => aLaw(view.getUint8(at))},
	mulaw: {bytes: 1, read: (view, at) => muLaw(view.getUint8(at))},
};

export const pcmEncodings: readonly string[] = Object.keys(layouts);

export function isPcmEncoding(name: string): name is PcmEncoding {
	return Object.hasOwn(layouts, name);
}

/** Bytes of one sample of one channel. */
export function sampleBytes(encoding: PcmEncoding): number {
	return layouts[encoding].bytes;
}

/** 16-bit little endian, clamped, without dither: what `fromPcm` read comes back bit for bit. Not-a-number is silence. */
export function toPcm16(samples: Float32Array): Uint8Array {
	const bytes = new Uint8Array(samples.length * 2);
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const sample of samples) {
		const scaled = Math.round(sample * 2 ** 15);
		view.setInt16(at, scaled > 32_767 ? 32_767 : scaled < -32_768 ? -32_768 : scaled, true);
		at += 2;
	}
	return bytes;
}

/** Samples in -1..1, interleaved as they lie. Bytes after the last whole sample are left out. */
export function fromPcm(bytes: Uint8Array, encoding: PcmEncoding): Float32Array {
	const {bytes: width, read} = layouts[encoding];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const samples = new Float32Array(Math.floor(bytes.length / width));
	for (let index = 0; index < samples.length; index += 1) samples[index] = read(view, index * width);
	return samples;
}

/** One not-a-number spreads over everything that is computed from it. */
function finite(sample: number): number {
	return Number.isFinite(Math.fround(sample)) ? sample : 0;
}

/** ITU-T G.711: a sign, three bits of exponent, four of mantissa; every other bit inverted. */
function aLaw(code: number): number {
	const bits = code ^ 0x55;
	const exponent = (bits >> 4) & 7;
	const mantissa = (bits & 15) * 2 + 1;
	const magnitude = exponent === 0 ? mantissa : (mantissa + 32) << (exponent - 1);
	return (bits & 0x80 ? magnitude : -magnitude) / 2 ** 12;
}

/** ITU-T G.711: as A-law, with every bit inverted and a bias so that the steps join. */
function muLaw(code: number): number {
	const bits = ~code & 0xff;
	const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
	return (bits & 0x80 ? -magnitude : magnitude) / 2 ** 15;
}
