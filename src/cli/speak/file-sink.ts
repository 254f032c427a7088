import {open, type FileHandle} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import {wavHeader} from '../../media/wav-encoder.ts';
import type {SoundFormat} from './player.ts';
import type {Sink} from './sink.ts';

/** A WAV file. Its header says how long it is when it is; a device or a pipe by that name is told that nobody knows. */
export class FileSink implements Sink {
	readonly #file: string;
	#handle: FileHandle | undefined;
	#format: SoundFormat = {sampleRate: 0, channels: 1};
	#pcmBytes = 0;

	constructor(file: string) {
		this.#file = file;
	}

	open(format: SoundFormat): Promise<void> {
		return this.#trying(async () => {
			this.#format = format;
			this.#handle = await open(this.#file, 'w');
			await this.#handle.writeFile(wavHeader(format, null));
		});
	}

	write(pcm: Uint8Array): Promise<void> {
		return this.#trying(async () => {
			await this.#handle?.writeFile(pcm);
			this.#pcmBytes += pcm.length;
		});
	}

	close(): Promise<void> {
		return this.#trying(async () => {
			const handle = this.#handle;
			if (handle === undefined) return;
			try {
				if ((await handle.stat()).isFile()) await handle.write(wavHeader(this.#format, this.#pcmBytes), 0, null, 0);
			} finally {
				await handle.close();
			}
		});
	}

	async #trying(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			throw new MofaError('file-error', {path: this.#file, problem}, {cause: error});
		}
	}
}
