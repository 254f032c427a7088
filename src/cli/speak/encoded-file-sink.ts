import {open} from 'node:fs/promises';
import {pipeline} from 'node:stream/promises';
import {MofaError} from '../../contract/error.ts';
import {Channel} from '../../lib/channel.ts';
import {fromPcm} from '../../media/pcm.ts';
import {encodeSound} from '../../media/encode/encode-sound.ts';
import type {SoundFormat} from './player.ts';
import type {Sink} from './sink.ts';

/** Turns the bytes of a WAV file into those of another format. */
export type Encoder = (wav: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** A file in another format than WAV: mp3, or what `encoder` makes. */
export class EncodedFileSink implements Sink {
	readonly #file: string;
	readonly #encoder: Encoder | null;
	readonly #samples: Channel<Float32Array> = new Channel();
	#writing: Promise<void> = Promise.resolve();

	constructor(file: string, encoder: Encoder | null) {
		this.#file = file;
		this.#encoder = encoder;
	}

	async open(format: SoundFormat): Promise<void> {
		const handle = await open(this.#file, 'w').catch((error: unknown) => this.#fail(error));
		const bytes =
			this.#encoder === null
				? encodeSound('mp3', format, this.#samples)
				: this.#encoder(encodeSound('wav', format, this.#samples));
		this.#writing = pipeline(bytes, handle.createWriteStream());
		// Told by `close`, or by the next `write`.
		this.#writing.catch(() => this.#samples.end());
	}

	async write(pcm: Uint8Array): Promise<void> {
		this.#samples.push(fromPcm(pcm, 's16le'));
	}

	async close(): Promise<void> {
		this.#samples.end();
		await this.#writing.catch((error: unknown) => this.#fail(error));
	}

	#fail(error: unknown): never {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: this.#file, problem}, {cause: error});
	}
}
