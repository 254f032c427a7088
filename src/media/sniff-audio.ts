export type AudioKind = 'wav' | 'rf64' | 'mp3' | 'flac' | 'ogg' | 'm4a' | 'webm';

/** As many first bytes tell every kind apart; fewer tell most. A large picture inside an ID3 tag may hide what follows. */
export const sniffBytes = 4096;

/** What a file is by its first bytes, whatever its name says; undefined for none of these. Looks, never decodes. */
export function sniffAudio(bytes: Uint8Array): AudioKind | undefined {
	const after = id3Bytes(bytes);
	// A tag of ID3 stands before MP3, seldom before others; where the tag is longer than what is here, it is MP3.
	if (after > 0) return after < bytes.length ? sniffUntagged(bytes.subarray(after)) : 'mp3';
	return sniffUntagged(bytes);
}

function sniffUntagged(bytes: Uint8Array): AudioKind | undefined {
	const riff = tag(bytes, 0);
	if (tag(bytes, 8) === 'WAVE') {
		if (riff === 'RIFF' || riff === 'RIFX') return 'wav';
		if (riff === 'RF64' || riff === 'BW64') return 'rf64';
	}
	if (riff === 'fLaC') return 'flac';
	if (riff === 'OggS') return 'ogg';
	if (riff === '\u{1A}E\u{DF}\u{A3}') return isWebm(bytes) ? 'webm' : undefined;
	if (tag(bytes, 4) === 'ftyp') return pictureBrands.has(tag(bytes, 8)) ? undefined : 'm4a';
	return isMp3(bytes) ? 'mp3' : undefined;
}

/** Pictures in the same container as m4a. */
const pictureBrands: ReadonlySet<string> = new Set([
	'avif',
	'avis',
	'heic',
	'heix',
	'heim',
	'hevc',
	'mif1',
	'msf1',
	'crx ',
]);

/** What an Ogg file's first page says is inside: another decoder for each. */
export function oggCodec(bytes: Uint8Array): 'opus' | 'vorbis' | 'flac' | 'speex' | undefined {
	const at = 27 + (bytes[26] ?? 0);
	if (tag(bytes, 0) !== 'OggS') return undefined;
	const first = tag(bytes, at);
	const second = tag(bytes, at + 4);
	if (first === 'Opus' && second === 'Head') return 'opus';
	if (first === '\u{1}vor' && second.startsWith('bis')) return 'vorbis';
	if (first === '\u{7F}FLA') return 'flac';
	return first === 'Spee' && second.startsWith('x') ? 'speex' : undefined;
}

/** The length of an ID3v2 tag, whose bytes hold seven bits each; 0 where there is none. */
function id3Bytes(bytes: Uint8Array): number {
	if (bytes.length < 10 || !tag(bytes, 0).startsWith('ID3')) return 0;
	const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + ((bytes[at] ?? 0) & 0x7f), 0);
	const footer = ((bytes[5] ?? 0) & 0x10) === 0 ? 0 : 10;
	return 10 + size + footer;
}

/** Matroska holds the same streams as WebM and is read by the same decoders. */
function isWebm(bytes: Uint8Array): boolean {
	const head = String.fromCharCode(...bytes.subarray(0, 64));
	return head.includes('webm') || head.includes('matroska');
}

/** A frame that is possible, and where enough is here, one more where the first says it ends: text may pass for one. */
function isMp3(bytes: Uint8Array): boolean {
	// Encoders leave a few zeros after a tag.
	const start = Math.max(
		0,
		bytes.subarray(0, sniffBytes).findIndex(byte => byte !== 0),
	);
	const length = mp3FrameBytes(bytes, start);
	if (length === undefined) return false;
	const next = start + length;
	return length === 0 || next + 4 > bytes.length || mp3FrameBytes(bytes, next) !== undefined;
}

const kilobits: Readonly<Record<'first' | 'later', readonly number[]>> = {
	first: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
	later: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const rates = [44_100, 48_000, 32_000];

/** The length of an MPEG layer 3 frame; 0 for one that does not say, undefined where there is none. */
function mp3FrameBytes(bytes: Uint8Array, at: number): number | undefined {
	const [sync = 0, kind = 0, sizes = 0] = bytes.subarray(at, at + 3);
	const version = (kind >> 3) & 3;
	const layer = (kind >> 1) & 3;
	const rate = rates[(sizes >> 2) & 3];
	const speed = kilobits[version === 3 ? 'first' : 'later'][sizes >> 4];
	if (sync !== 0xff || kind < 0xe0 || version === 1 || layer !== 1 || rate === undefined || speed === undefined)
		return undefined;
	if (speed === 0) return 0;
	const halvings = version === 3 ? 1 : version === 2 ? 2 : 4;
	const samplesInBytes = version === 3 ? 144 : 72;
	return Math.floor((samplesInBytes * speed * 1000) / (rate / halvings)) + ((sizes >> 1) & 1);
}

function tag(bytes: Uint8Array, at: number): string {
	return String.fromCharCode(...bytes.subarray(at, at + 4));
}
