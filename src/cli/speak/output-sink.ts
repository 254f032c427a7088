import {wavHeader} from '../../media/wav-encoder.ts';
import type {Output} from '../terminal.ts';
import type {SoundFormat} from './player.ts';
import type {Sink} from './sink.ts';

/** WAV for whoever reads standard output, from the first sentence on. */
export class OutputSink implements Sink {
	readonly #output: Output;

	constructor(output: Output) {
		this.#output = output;
	}

	open(format: SoundFormat): Promise<void> {
		return this.#output.write(wavHeader(format, null));
	}

	write(pcm: Uint8Array): Promise<void> {
		return this.#output.write(pcm);
	}

	async close(): Promise<void> {}
}
