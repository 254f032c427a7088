import {MofaError} from '../../contract/error.ts';
import type {ByteSource} from '../gguf/byte-source.ts';
import type {FileLocation, Hub} from '../hub/hub.ts';

/** First piece read, and the most that one request asks for. Headers are 20 kB or, with a vocabulary inside, 10 MB. */
const firstPiece = 1 << 16;
const growth = 4;
const mostTries = 3;
const largestPiece = 1 << 23;

/** A file of the Hub as bytes to read from the front: each request asks for four times as much as the one before. */
export class RemoteSource implements ByteSource {
	readonly #hub: Hub;
	readonly #location: FileLocation;
	readonly #signal: AbortSignal;
	#piece: Buffer = Buffer.alloc(0);
	#start = 0;
	#next = firstPiece;

	constructor(hub: Hub, location: FileLocation, signal: AbortSignal) {
		this.#hub = hub;
		this.#location = location;
		this.#signal = signal;
	}

	async read(into: Buffer, offset: number, length: number, position: number): Promise<{readonly bytesRead: number}> {
		const end = Math.min(position + length, this.#location.bytes);
		let at = position;
		while (at < end) {
			if (at < this.#start || at >= this.#start + this.#piece.length) await this.#fetch(at);
			const copied = this.#piece.copy(into, offset + at - position, at - this.#start, end - this.#start);
			if (copied === 0) break;
			at += copied;
		}
		return {bytesRead: at - position};
	}

	async #fetch(position: number): Promise<void> {
		const end = Math.min(position + this.#next, this.#location.bytes);
		this.#piece = await this.#readOn(position, end);
		this.#start = position;
		this.#next = Math.min(this.#next * growth, largestPiece);
	}

	/** A connection that breaks while a header comes is no reason to give a model up. */
	async #readOn(position: number, end: number): Promise<Buffer> {
		for (let tries = 1; ; tries += 1) {
			try {
				return await this.#hub.read(this.#location, position, end, this.#signal);
			} catch (error) {
				if (!MofaError.is(error, 'network') || tries === mostTries) throw error;
			}
		}
	}
}
