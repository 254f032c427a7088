import type {OpusPackets} from './decoders.ts';
import {readOpusHead, type OpusStream} from './opus-head.ts';

/** Elements by their number, RFC 9559. Those that hold others are walked into; all but these are passed over. */
const elements = {
	segment: 0x18_53_80_67,
	tracks: 0x16_54_ae_6b,
	track: 0xae,
	trackNumber: 0xd7,
	codec: 0x86,
	codecPrivate: 0x63_a2,
	cluster: 0x1f_43_b6_75,
	blockGroup: 0xa0,
	block: 0xa1,
	simpleBlock: 0xa3,
} as const;
const holders: ReadonlySet<number> = new Set([
	elements.segment,
	elements.tracks,
	elements.track,
	elements.cluster,
	elements.blockGroup,
]);
const leaves: ReadonlySet<number> = new Set([
	elements.trackNumber,
	elements.codec,
	elements.codecPrivate,
	elements.block,
	elements.simpleBlock,
]);
/** No packet of sound is as long; a block of video is passed over by its track only after it was read. */
const longestLeaf = 16 * 1024 ** 2;
const longestHead = 12;

interface Track {
	readonly number: number;
	readonly codec: string;
	readonly codecPrivate: Uint8Array;
}

/** The Opus packets of a WebM or Matroska file, of its first such track, as its bytes come. Keeps one block. */
export class WebmReader implements OpusPackets {
	#held: Buffer = Buffer.alloc(0);
	/** Bytes to pass over. */
	#skip = 0;
	#track: Track = noTrack;
	#chosen: {readonly number: number; readonly stream: OpusStream} | undefined;

	get stream(): OpusStream | undefined {
		return this.#chosen?.stream;
	}

	push(bytes: Uint8Array): readonly Uint8Array[] {
		const packets: Uint8Array[] = [];
		this.#held = Buffer.concat([this.#held, bytes]);
		while (this.#step(packets));
		return packets;
	}

	end(): readonly Uint8Array[] {
		return [];
	}

	/** One element or a part of what is passed over; false when more bytes must come. */
	#step(packets: Uint8Array[]): boolean {
		if (this.#skip > 0) {
			const skipped = Math.min(this.#skip, this.#held.length);
			this.#held = this.#held.subarray(skipped);
			this.#skip -= skipped;
			return this.#skip === 0;
		}
		const head = readHead(this.#held);
		if (head === undefined) {
			if (this.#held.length >= longestHead) throw new Error('an element that has no end');
			return false;
		}
		const {id, length, bytes} = head;
		if (holders.has(id)) {
			if (id === elements.track) this.#track = noTrack;
			this.#held = this.#held.subarray(bytes);
			return true;
		}
		if (length === undefined) throw new Error('an element without a length');
		if (!leaves.has(id)) {
			this.#held = this.#held.subarray(bytes);
			this.#skip = length;
			return true;
		}
		if (length > longestLeaf) throw new Error(`an element of ${length} bytes`);
		if (this.#held.length < bytes + length) return false;
		this.#leaf(id, this.#held.subarray(bytes, bytes + length), packets);
		this.#held = this.#held.subarray(bytes + length);
		return true;
	}

	#leaf(id: number, content: Buffer, packets: Uint8Array[]): void {
		if (id === elements.block || id === elements.simpleBlock) {
			const packet = this.#packetOf(content);
			if (packet !== undefined) packets.push(packet);
			return;
		}
		if (id === elements.trackNumber)
			this.#track = {...this.#track, number: content.readUIntBE(0, Math.min(6, content.length))};
		else if (id === elements.codec)
			this.#track = {...this.#track, codec: content.toString('latin1').replace(/\0+$/, '')};
		else this.#track = {...this.#track, codecPrivate: Uint8Array.from(content)};
		const {number, codec, codecPrivate} = this.#track;
		if (this.#chosen === undefined && codec === 'A_OPUS' && number > 0 && codecPrivate.length > 0)
			this.#chosen = {number, stream: readOpusHead(codecPrivate)};
	}

	#packetOf(block: Buffer): Uint8Array | undefined {
		const track = readNumber(block, 0);
		if (track === undefined || track.value !== this.#chosen?.number) return undefined;
		const flags = block[track.bytes + 2] ?? 0;
		if ((flags & 0x06) !== 0) throw new Error('blocks that hold several packets');
		return Uint8Array.from(block.subarray(track.bytes + 3));
	}
}

const noTrack: Track = {number: 0, codec: '', codecPrivate: new Uint8Array(0)};

interface Head {
	readonly id: number;
	/** Undefined where the writer could not know. */
	readonly length: number | undefined;
	/** Of the head itself. */
	readonly bytes: number;
}

function readHead(from: Buffer): Head | undefined {
	const idBytes = Math.clz32(from[0] ?? 0) - 23;
	if (from.length === 0 || from.length < idBytes) return undefined;
	if (idBytes > 4) throw new Error('an element that has no number');
	const length = readNumber(from, idBytes);
	if (length === undefined) return undefined;
	return {id: from.readUIntBE(0, idBytes), length: length.value, bytes: idBytes + length.bytes};
}

/** A number of one to eight bytes, whose leading zeros say how many; undefined value: all ones, which says nothing. */
function readNumber(
	from: Buffer,
	at: number,
): {readonly value: number | undefined; readonly bytes: number} | undefined {
	const first = from[at];
	if (first === undefined) return undefined;
	const bytes = Math.clz32(first) - 23;
	if (bytes > 8) throw new Error('a number of more than eight bytes');
	if (from.length < at + bytes) return undefined;
	let value = first & (0xff >> bytes);
	let ones = value === 0xff >> bytes;
	for (let index = 1; index < bytes; index += 1) {
		const next = from[at + index] ?? 0;
		value = value * 256 + next;
		ones &&= next === 0xff;
	}
	return {value: ones ? undefined : value, bytes};
}
