import type {Audio} from '../contract/media.ts';

const pcm = 1;
const float = 3;
const extensible = 0xfffe;

interface Layout {
	readonly format: number;
	readonly channels: number;
	readonly sampleRate: number;
	readonly bits: number;
}

/** Reads a RIFF/WAVE file of PCM (16, 24, 32 bit) or 32-bit float, mono or stereo; undefined for anything else. */
export function parseWav(bytes: Uint8Array): Audio | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') return undefined;
	let layout: Layout | undefined;
	for (let at = 12; at + 8 <= bytes.length;) {
		const name = tag(view, at);
		const start = at + 8;
		const length = Math.min(view.getUint32(at + 4, true), bytes.length - start);
		if (name === 'fmt ' && length >= 16) layout = readLayout(view, start, length);
		// A stream writes its length as 0xFFFFFFFF; what is there counts.
		if (name === 'data') return layout === undefined ? undefined : samplesOf(view, start, length, layout);
		at = start + length + (length % 2);
	}
	return undefined;
}

function readLayout(view: DataView, at: number, length: number): Layout {
	const format = view.getUint16(at, true);
	return {
		format: format === extensible && length >= 26 ? view.getUint16(at + 24, true) : format,
		channels: view.getUint16(at + 2, true),
		sampleRate: view.getUint32(at + 4, true),
		bits: view.getUint16(at + 14, true),
	};
}

function samplesOf(view: DataView, at: number, length: number, layout: Layout): Audio | undefined {
	const {channels, sampleRate, bits} = layout;
	const read = reader(view, layout);
	if (read === undefined || (channels !== 1 && channels !== 2) || sampleRate < 1000 || sampleRate > 768_000)
		return undefined;
	const width = bits / 8;
	const samples = new Float32Array(Math.floor(length / (width * channels)) * channels);
	for (let index = 0; index < samples.length; index += 1) samples[index] = read(at + index * width);
	return {samples, sampleRate, channels};
}

function reader(view: DataView, {format, bits}: Layout): ((at: number) => number) | undefined {
	if (format === float && bits === 32) return at => view.getFloat32(at, true);
	if (format !== pcm) return undefined;
	if (bits === 16) return at => view.getInt16(at, true) / 2 ** 15;
	if (bits === 24) return at => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
	return bits === 32 ? at => view.getInt32(at, true) / 2 ** 31 : undefined;
}

function tag(view: DataView, at: number): string {
	return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
