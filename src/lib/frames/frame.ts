/**
 * Values on a byte stream, to runners and over HTTP: `[u32 payload length][u8 kind][u32 stream][payload]`, little-endian.
 * It knows neither what the kinds mean nor what is inside a payload.
 */

export interface Frame {
	readonly kind: number;
	readonly stream: number;
	/** A view, possibly into the chunk it arrived in; nothing else will write there. */
	readonly payload: Buffer;
}

export const frameHeadBytes = 9;

/** Room for minutes of audio or a large picture in one piece; far below what a hostile length could ask for. */
export const defaultMaxPayload: number = 256 * 1024 * 1024;

/** Writes the head of a frame at the start of `target`. */
export function writeFrameHead(target: Buffer, payloadBytes: number, kind: number, stream: number): void {
	target.writeUInt32LE(payloadBytes, 0);
	target.writeUInt8(kind, 4);
	target.writeUInt32LE(stream, 5);
}

/**
 * Cuts a byte stream into frames. A payload that lies whole in one chunk is handed out without a copy;
 * one that spans chunks is copied once, into a buffer of exactly its size.
 */
export class FrameDecoder {
	/** Bytes copied so far because a frame did not lie in one chunk. */
	bytesCopied = 0;
	readonly #maxPayload: number;
	readonly #head: Buffer = Buffer.alloc(frameHeadBytes);
	#headFilled = 0;
	#partial: {readonly kind: number; readonly stream: number; readonly payload: Buffer; filled: number} | undefined;

	constructor(maxPayload: number = defaultMaxPayload) {
		this.#maxPayload = maxPayload;
	}

	/** The frames that `chunk` completes, in order. Throws a RangeError on a length beyond the limit; nothing after that can be trusted. */
	push(chunk: Uint8Array): Frame[] {
		const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		const frames: Frame[] = [];
		let offset = 0;
		while (offset < bytes.length) {
			offset +=
				this.#partial === undefined ? this.#startFrame(bytes, offset, frames) : this.#fill(bytes, offset, frames);
		}
		return frames;
	}

	/** Reads a head, and the payload too when all of it is here. Returns the bytes used. */
	#startFrame(bytes: Buffer, offset: number, frames: Frame[]): number {
		let used = 0;
		let head = bytes.subarray(offset, offset + frameHeadBytes);
		if (this.#headFilled > 0 || head.length < frameHeadBytes) {
			used = head.copy(this.#head, this.#headFilled, 0, frameHeadBytes - this.#headFilled);
			this.#headFilled += used;
			if (this.#headFilled < frameHeadBytes) return used;
			this.#headFilled = 0;
			head = this.#head;
		} else {
			used = frameHeadBytes;
		}
		const length = head.readUInt32LE(0);
		if (length > this.#maxPayload)
			throw new RangeError(`a frame of ${length} bytes, where ${this.#maxPayload} is the limit`);
		const kind = head.readUInt8(4);
		const stream = head.readUInt32LE(5);
		const start = offset + used;
		if (bytes.length - start >= length) {
			frames.push({kind, stream, payload: bytes.subarray(start, start + length)});
			return used + length;
		}
		// Not from the shared pool: the payload starts aligned, so its attachments need no second copy.
		this.#partial = {kind, stream, payload: Buffer.allocUnsafeSlow(length), filled: 0};
		return used;
	}

	#fill(bytes: Buffer, offset: number, frames: Frame[]): number {
		const partial = this.#partial;
		if (partial === undefined) return 0;
		const copied = bytes.copy(partial.payload, partial.filled, offset);
		partial.filled += copied;
		this.bytesCopied += copied;
		if (partial.filled === partial.payload.length) {
			frames.push({kind: partial.kind, stream: partial.stream, payload: partial.payload});
			this.#partial = undefined;
		}
		return copied;
	}
}
