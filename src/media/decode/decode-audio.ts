import {setImmediate as others} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import type {Audio} from '../../contract/media.ts';
import {downMix} from '../down-mix.ts';
import {PcmReader} from '../pcm-reader.ts';
import type {PcmEncoding} from '../pcm.ts';
import {oggCodec, sniffAudio, sniffBytes, type AudioKind} from '../sniff-audio.ts';
import {WavReader} from '../wav-reader.ts';
import type {CompressedKind, Planes} from './decoders.ts';
import {otherThanSound} from './other-than-sound.ts';

export interface RawFormat {
	readonly sampleRate: number;
	readonly channels: number;
	readonly encoding: PcmEncoding;
}

export interface DecodeOptions {
	/** Names the input in errors: a path, `stdin`, the field of a request. */
	readonly source: string;
	/** The bytes are bare samples. */
	readonly raw?: RawFormat | undefined;
	/** Makes WAV of what nothing here decodes, as `findFfmpeg` gives it; null where it could not be found. */
	readonly transcode:
		| ((bytes: AsyncIterable<Uint8Array>, kind: string | undefined) => AsyncIterable<Uint8Array>)
		| null;
	/** Hears that the input ends before it says it does, or inside a sample; what came before was given. */
	readonly onCut?: (() => void) | undefined;
}

/** Longer than any recording of one day, shorter than what a hostile file of a few bytes can claim. */
const mostSeconds = 24 * 3600;
/** Of decoding, before other work of this process gets its turn. */
const turnMs = 8;
/** Of a packed file in one go: some milliseconds of decoding. */
const stepBytes: Readonly<Record<CompressedKind, number>> = {
	mp3: 8192,
	// A frame of a few bytes can stand for 65,535 samples.
	flac: 1024,
	vorbis: 1024,
	opus: 1024,
	'webm-opus': 1024,
};

/**
 * Sound of any kind, in one channel, in pieces of a second at most, as its bytes come; what it is, its first bytes tell.
 * Keeps no more than a few pieces, however long it is. Throws `invalid-request` for what is no sound or holds none, and
 * `backend-unavailable` for what only ffmpeg could read where there is no ffmpeg.
 */
export async function* decodeAudio(bytes: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<Audio> {
	let seconds = 0;
	for await (const {samples, sampleRate} of decoded(bytes, options)) {
		seconds += samples.length / sampleRate;
		if (seconds > mostSeconds) throw invalid(options, `at most ${mostSeconds / 3600} hours of sound`);
		for (let at = 0; at < samples.length; at += sampleRate)
			yield {samples: samples.subarray(at, at + sampleRate), sampleRate, channels: 1};
	}
	if (seconds === 0) throw invalid(options, 'sound, but there is not a single sample in it');
}

interface Mono {
	readonly samples: Float32Array;
	readonly sampleRate: number;
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<Mono> {
	const {head, all} = await peek(bytes);
	if (head.length === 0) throw invalid(options, 'sound, not 0 bytes');
	if (options.raw !== undefined) return yield* decodeRaw(all, options.raw, options);
	const kind = sniffAudio(head);
	if (kind === 'wav' || kind === 'rf64') return yield* decodeWav(all, options);
	const packed = kind === undefined ? undefined : packedKind(kind, head);
	if (packed !== undefined) return yield* decodePacked(all, packed, options);
	const other = kind === undefined ? otherThanSound(head) : null;
	if (other !== null) {
		await all.return(undefined);
		throw invalid(options, `sound, not ${other}`);
	}
	yield* decodeElsewhere(all, kind, options);
}

/** Enough of the beginning to tell what it is, and the whole with it. */
async function peek(
	bytes: AsyncIterable<Uint8Array>,
): Promise<{readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array>}> {
	const iterator = bytes[Symbol.asyncIterator]();
	const first: Uint8Array[] = [];
	let length = 0;
	let ended = false;
	while (length < sniffBytes && !ended && !isLive(first[0])) {
		const {done, value} = await iterator.next();
		if (done === true) ended = true;
		else {
			first.push(value);
			length += value.length;
		}
	}
	async function* all(): AsyncGenerator<Uint8Array> {
		try {
			yield* first.splice(0);
			for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
			ended = true;
		} finally {
			if (!ended) await iterator.return?.();
		}
	}
	return {head: Buffer.concat(first), all: all()};
}

/** A WAV that somebody speaks into is not held back until it is longer. */
function isLive(first: Uint8Array | undefined): boolean {
	return first !== undefined && first.length >= 12 && sniffAudio(first) === 'wav';
}

function packedKind(kind: AudioKind, head: Uint8Array): CompressedKind | undefined {
	if (kind === 'mp3' || kind === 'flac') return kind;
	if (kind === 'webm') return Buffer.from(head).includes('A_OPUS') ? 'webm-opus' : undefined;
	if (kind !== 'ogg') return undefined;
	const codec = oggCodec(head);
	return codec === 'speex' ? undefined : codec;
}

async function* decodeRaw(
	bytes: AsyncIterable<Uint8Array>,
	format: RawFormat,
	{onCut}: DecodeOptions,
): AsyncGenerator<Mono> {
	const reader = new PcmReader(format);
	for await (const piece of bytes)
		yield {samples: downMix(reader.push(piece), format.channels), sampleRate: format.sampleRate};
	if (reader.heldBytes > 0) onCut?.();
}

async function* decodeWav(bytes: AsyncIterable<Uint8Array>, {source, onCut}: DecodeOptions): AsyncGenerator<Mono> {
	const reader = new WavReader(source);
	for await (const piece of bytes) {
		const samples = reader.push(piece);
		if (reader.header === undefined || samples.length === 0) continue;
		yield {samples: downMix(samples, reader.header.channels), sampleRate: reader.header.sampleRate};
	}
	if (reader.end().cut) onCut?.();
}

async function* decodePacked(
	bytes: AsyncIterable<Uint8Array>,
	kind: CompressedKind,
	options: DecodeOptions,
): AsyncGenerator<Mono> {
	const {openDecoder} = await import('./decoders.ts');
	const decoder = await openDecoder(kind);
	const step = stepBytes[kind];
	let samples = 0;
	const mono = (planes: Planes): readonly Mono[] => {
		samples += planes.samplesDecoded;
		return planes.samplesDecoded === 0 ? [] : [{samples: mixPlanes(planes), sampleRate: planes.sampleRate}];
	};
	try {
		let began = performance.now();
		for await (const piece of bytes)
			for (let at = 0; at < piece.length; at += step) {
				yield* mono(await decoder.push(piece.subarray(at, at + step)));
				if (performance.now() - began < turnMs) continue;
				await others();
				began = performance.now();
			}
		yield* mono(await decoder.end());
	} catch (error) {
		if (MofaError.is(error) || (error instanceof Error && error.name === 'AbortError')) throw error;
		const problem = error instanceof Error ? error.message : String(error);
		throw invalid(options, `a whole ${names[kind]} file (${problem})`, error);
	} finally {
		decoder.free();
	}
	if (samples === 0) throw invalid(options, `a whole ${names[kind]} file; nothing in it could be decoded`);
}

const names: Readonly<Record<CompressedKind, string>> = {
	mp3: 'MP3',
	flac: 'FLAC',
	vorbis: 'Ogg Vorbis',
	opus: 'Ogg Opus',
	'webm-opus': 'WebM',
};

function mixPlanes({channelData, samplesDecoded}: Planes): Float32Array {
	const [first = new Float32Array(0)] = channelData;
	if (channelData.length === 1) return first.subarray(0, samplesDecoded);
	const mixed = new Float32Array(samplesDecoded);
	for (const plane of channelData)
		for (let at = 0; at < samplesDecoded; at += 1) mixed[at] = (mixed[at] ?? 0) + (plane[at] ?? 0) / channelData.length;
	return mixed;
}

async function* decodeElsewhere(
	bytes: AsyncGenerator<Uint8Array>,
	kind: AudioKind | undefined,
	options: DecodeOptions,
): AsyncGenerator<Mono> {
	const {transcode, source} = options;
	if (transcode === null) {
		await bytes.return(undefined);
		const what = kind === undefined ? `${source} is no sound that mofa reads itself` : `${source} is ${kind}`;
		const hint = `${what}, which needs ffmpeg on the PATH; mofa reads wav, mp3, flac, ogg, opus and webm itself`;
		throw new MofaError('backend-unavailable', {backend: 'ffmpeg', reason: 'not-installed', hint});
	}
	try {
		yield* decodeWav(transcode(bytes, kind), options);
	} catch (error) {
		if (!(error instanceof Error) || error.name !== 'FfmpegFailure') throw error;
		throw invalid(options, `a sound file (ffmpeg: ${error.message})`, error);
	}
}

function invalid({source}: DecodeOptions, expected: string, cause?: unknown): MofaError<'invalid-request'> {
	return new MofaError('invalid-request', {path: source, expected}, cause === undefined ? {} : {cause});
}
