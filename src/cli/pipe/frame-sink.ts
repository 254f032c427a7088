import type {AnyPacket} from '../../contract/stage.ts';
import {Channel} from '../../lib/channel.ts';
import type {Output} from '../terminal.ts';
import type {PacketSink} from './output.ts';
import {packetFrames} from './packet-frames.ts';

/** Packets for another mofa, one at a time, as fast as it takes them. */
export class FrameSink implements PacketSink {
	readonly #packets = new Channel<AnyPacket>();
	readonly #frames: AsyncGenerator<Uint8Array>;
	readonly #output: Output;
	#begun = false;

	constructor(output: Output, signal: AbortSignal) {
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
