import {open, type FileHandle} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import type {AnyPacket} from '../../contract/stage.ts';
import {Channel} from '../../lib/channel.ts';
import type {Output} from '../terminal.ts';
import type {PacketSink} from './output.ts';
import {packetFrames} from './packet-frames.ts';

/** Packets for another mofa, one at a time, as fast as it takes them. */
export class FrameSink implements PacketSink {
	readonly #packets = new Channel<AnyPacket>();
	readonly #frames: AsyncGenerator<Uint8Array>;
	readonly #output: Pick<Output, 'write'>;
	#begun = false;

	constructor(output: Pick<Output, 'write'>, signal: AbortSignal) {
		this.#output = output;
		this.#frames = packetFrames(this.#packets, signal);
	}

	async write(packet: AnyPacket): Promise<void> {
		await this.#begin();
		this.#packets.push(packet);
		await this.#next();
	}

	async close(outcome: 'done' | 'cut'): Promise<void> {
		if (outcome === 'cut') {
			// Without an end, whoever reads them sees that they were cut.
			await this.#frames.return(undefined);
			return;
		}
		await this.#begin();
		this.#packets.end();
		await this.#next();
	}

	/** The mark, and what says that packets follow. */
	async #begin(): Promise<void> {
		if (this.#begun) return;
		this.#begun = true;
		await this.#next();
		await this.#next();
	}

	async #next(): Promise<void> {
		const {done, value} = await this.#frames.next();
		if (done !== true) await this.#output.write(value);
	}
}

/** A file in the place of standard output: made with the first packet, and left whole after each. */
export class FrameFile implements PacketSink {
	readonly #file: string;
	readonly #frames: FrameSink;
	#handle: FileHandle | undefined;

	constructor(file: string, signal: AbortSignal) {
		this.#file = file;
		this.#frames = new FrameSink({write: bytes => this.#write(bytes)}, signal);
	}

	write(packet: AnyPacket): Promise<void> {
		return this.#frames.write(packet);
	}

	async close(outcome: 'done' | 'cut'): Promise<void> {
		try {
			await this.#frames.close(outcome);
		} finally {
			await this.#handle?.close();
		}
	}

	async #write(bytes: string | Uint8Array): Promise<void> {
		try {
			this.#handle ??= await open(this.#file, 'w');
			await this.#handle.writeFile(bytes);
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			throw new MofaError('file-error', {path: this.#file, problem}, {cause: error});
		}
	}
}
