import {FLACDecoder} from '@wasm-audio-decoders/flac';
import {OggVorbisDecoder} from '@wasm-audio-decoders/ogg-vorbis';
import {MPEGDecoder} from 'mpg123-decoder';
import {OpusDecoder} from 'opus-decoder';
import {OggOpusReader} from './ogg-opus-reader.ts';
import type {OpusStream} from './opus-head.ts';
import {WebmReader} from './webm-reader.ts';

/** The decoders in WebAssembly, which nobody loads before a file needs one. */
export type CompressedKind = 'mp3' | 'flac' | 'vorbis' | 'opus' | 'webm-opus';

/** Samples of each channel. */
export interface Planes {
	readonly channelData: readonly Float32Array[];
	readonly samplesDecoded: number;
	readonly sampleRate: number;
}

/** Damaged frames are passed over. Throws an Error where nothing can come any more. */
export interface PackedDecoder {
	/** `bytes` may be cut anywhere. */
	push(bytes: Uint8Array): Promise<Planes>;
	/** What waited for more. */
	end(): Promise<Planes>;
	free(): void;
}

const nothing: Planes = {channelData: [], samplesDecoded: 0, sampleRate: 48_000};

export async function openDecoder(kind: CompressedKind): Promise<PackedDecoder> {
	if (kind === 'mp3') return openMp3();
	if (kind === 'opus') return new OpusFrames(new OggOpusReader());
	if (kind === 'webm-opus') return new OpusFrames(new WebmReader());
	const decoder = kind === 'flac' ? new FLACDecoder() : new OggVorbisDecoder();
	await decoder.ready;
	return {
		push: bytes => quietly(() => decoder.decode(bytes)),
		end: () => quietly(() => decoder.flush()),
		free: () => decoder.free(),
	};
}

async function openMp3(): Promise<PackedDecoder> {
	const decoder = new MPEGDecoder();
	await decoder.ready;
	return {
		push: bytes => quietly(async () => decoder.decode(bytes)),
		end: async () => nothing,
		free: () => decoder.free(),
	};
}

/** The decoders write to the console about every damaged frame; until the first wait they have it to themselves. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
	const output = globalThis.console;
	const {error} = output;
	output.error = () => undefined;
	try {
		return work();
	} finally {
		output.error = error;
	}
}

/** Cuts packets out of a container. */
export interface OpusPackets {
	readonly stream: OpusStream | undefined;
	push(bytes: Uint8Array): readonly Uint8Array[];
	end(): readonly Uint8Array[];
}

class OpusFrames implements PackedDecoder {
	readonly #packets: OpusPackets;
	#decoder: OpusDecoder | undefined;

	constructor(packets: OpusPackets) {
		this.#packets = packets;
	}

	push(bytes: Uint8Array): Promise<Planes> {
		return this.#decode(this.#packets.push(bytes));
	}

	end(): Promise<Planes> {
		return this.#decode(this.#packets.end());
	}

	free(): void {
		this.#decoder?.free();
	}

	async #decode(packets: readonly Uint8Array[]): Promise<Planes> {
		const {stream} = this.#packets;
		if (stream === undefined || packets.length === 0) return nothing;
		this.#decoder ??= new OpusDecoder({
			channels: stream.channels,
			preSkip: stream.preSkip,
			streamCount: stream.streamCount,
			coupledStreamCount: stream.coupledStreamCount,
			channelMappingTable: [...stream.channelMappingTable],
		});
		const decoder = this.#decoder;
		await decoder.ready;
		return quietly(async () => decoder.decodeFrames([...packets]));
	}
}
