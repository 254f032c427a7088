import type {OpusPackets} from './decoders.ts';
import {readOpusHead, type OpusStream} from './opus-head.ts';

const capture = Buffer.from('OggS');
const headBytes = 27;
const flags = {continued: 1} as const;
/** No packet of sound is as long; the comments before it may hold a picture, and are passed over. */
const longestPacket = 64 * 1024;

/** The Opus packets of an Ogg file, of its first such stream, as its bytes come. Damaged pages are passed over. Keeps one page. */
export class OggOpusReader implements OpusPackets {
	#held: Buffer = Buffer.alloc(0);
	#chosen: {readonly serial: number; readonly stream: OpusStream} | undefined;
	/** The comments come second. */
	#packets = 0;
	/** Of a packet that goes on in the next page; null where its beginning was lost or it is no sound. */
	#begun: readonly Uint8Array[] | null = [];

	get stream(): OpusStream | undefined {
		return this.#chosen?.stream;
	}

	push(bytes: Uint8Array): readonly Uint8Array[] {
		const packets: Uint8Array[] = [];
		this.#held = Buffer.concat([this.#held, bytes]);
		while (this.#step(packets));
		return packets;
	}

	/** A page that is not whole is none. */
	end(): readonly Uint8Array[] {
		return [];
	}

	/** One page, or what lies before it; false when more bytes must come. */
	#step(packets: Uint8Array[]): boolean {
		const at = this.#held.indexOf(capture);
		if (at !== 0) {
			// The last bytes may be the beginning of the next page's name.
			this.#held = this.#held.subarray(at === -1 ? Math.max(0, this.#held.length - capture.length + 1) : at);
			return at !== -1;
		}
		const lengths = this.#held.subarray(headBytes, headBytes + (this.#held[26] ?? 0));
		const start = headBytes + lengths.length;
		const end = lengths.reduce((sum, length) => sum + length, start);
		if (this.#held.length < headBytes || lengths.length < (this.#held[26] ?? 0) || this.#held.length < end)
			return false;
		const page = this.#held.subarray(0, end);
		const whole = checksum(page) === page.readUInt32LE(22);
		if (whole) this.#page(page, lengths, start, packets);
		else this.#begun = null;
		this.#held = this.#held.subarray(whole ? end : 1);
		return true;
	}

	#page(page: Buffer, lengths: Uint8Array, start: number, packets: Uint8Array[]): void {
		const serial = page.readUInt32LE(14);
		if (this.#chosen !== undefined && this.#chosen.serial !== serial) return;
		if (((page[5] ?? 0) & flags.continued) === 0) this.#begun = [];
		let at = start;
		for (const length of lengths) {
			this.#begun = this.#joined(page.subarray(at, at + length));
			at += length;
			if (length === 255) continue;
			if (this.#begun !== null) this.#packet(Buffer.concat(this.#begun), serial, packets);
			else if (this.#packets === 1) this.#packets = 2;
			this.#begun = [];
		}
	}

	#joined(part: Uint8Array): readonly Uint8Array[] | null {
		if (this.#begun === null) return null;
		const joined = [...this.#begun, Uint8Array.from(part)];
		return joined.length * 255 > longestPacket ? null : joined;
	}

	#packet(packet: Uint8Array, serial: number, packets: Uint8Array[]): void {
		if (this.#chosen === undefined) this.#chosen = {serial, stream: readOpusHead(packet)};
		else if (this.#packets > 1 && packet.length > 0) packets.push(packet);
		this.#packets += 1;
	}
}

const remainders = Uint32Array.from({length: 256}, (_, byte) => {
	let remainder = byte << 24;
	for (let bit = 0; bit < 8; bit += 1) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04_c1_1d_b7 : 0);
	return remainder;
});

/** Of a whole page, its own place for the sum taken as nought. */
function checksum(page: Uint8Array): number {
	let sum = 0;
	for (let at = 0; at < page.length; at += 1) {
		const byte = at >= 22 && at < 26 ? 0 : (page[at] ?? 0);
		sum = (sum << 8) ^ (remainders[(sum >>> 24) ^ byte] ?? 0);
	}
	return sum >>> 0;
}
