import type {ByteSource} from './byte-source.ts';

/** The file ended, or a length in it leads beyond the bound. */
export class Overrun extends Error {}

const chunkBytes = 1 << 18;

/**
 * Reads numbers and texts from the front of a source, a chunk at a time, and never more than `limit` bytes in all:
 * a length that lies costs nothing but an `Overrun`.
 */
export class ByteReader {
	readonly #source: ByteSource;
	readonly #limit: number;
	#chunk: Buffer = Buffer.alloc(0);
	/** Of the chunk's first byte, in the file. */
	#start = 0;
	/** Next byte, in the chunk. */
	#next = 0;

	constructor(source: ByteSource, limit: number) {
		this.#source = source;
		this.#limit = limit;
	}

	/** Bytes read so far. */
	get position(): number {
		return this.#start + this.#next;
	}

	async u8(): Promise<number> {
		await this.#need(1);
		return this.#chunk.readUInt8(this.#advance(1));
	}

	async i8(): Promise<number> {
		await this.#need(1);
		return this.#chunk.readInt8(this.#advance(1));
	}

	async u16(): Promise<number> {
		await this.#need(2);
		return this.#chunk.readUInt16LE(this.#advance(2));
	}

	async i16(): Promise<number> {
		await this.#need(2);
		return this.#chunk.readInt16LE(this.#advance(2));
	}

	async u32(): Promise<number> {
		await this.#need(4);
		return this.#chunk.readUInt32LE(this.#advance(4));
	}

	async i32(): Promise<number> {
		await this.#need(4);
		return this.#chunk.readInt32LE(this.#advance(4));
	}

	async f32(): Promise<number> {
		await this.#need(4);
		return this.#chunk.readFloatLE(this.#advance(4));
	}

	/** Exact up to 2^53; what is larger is no length or count that a file could have. */
	async u64(): Promise<number> {
		await this.#need(8);
		return Number(this.#chunk.readBigUInt64LE(this.#advance(8)));
	}

	async i64(): Promise<number> {
		await this.#need(8);
		return Number(this.#chunk.readBigInt64LE(this.#advance(8)));
	}

	async f64(): Promise<number> {
		await this.#need(8);
		return this.#chunk.readDoubleLE(this.#advance(8));
	}

	/** `latin1` keeps bytes apart that are no UTF-8. */
	async text(bytes: number, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string> {
		await this.#need(bytes);
		const from = this.#advance(bytes);
		return this.#chunk.toString(encoding, from, from + bytes);
	}

	/** Passes over bytes without looking at them; those beyond the chunk are not even read. */
	async skip(bytes: number): Promise<void> {
		const target = this.position + bytes;
		if (!(bytes >= 0) || target > this.#limit) throw new Overrun();
		if (target <= this.#start + this.#chunk.length) this.#next += bytes;
		else {
			this.#start = target;
			this.#chunk = Buffer.alloc(0);
			this.#next = 0;
		}
	}

	#advance(bytes: number): number {
		const from = this.#next;
		this.#next += bytes;
		return from;
	}

	async #need(bytes: number): Promise<void> {
		if (this.#chunk.length - this.#next >= bytes) return;
		if (!(bytes >= 0) || this.position + bytes > this.#limit) throw new Overrun();
		const rest = this.#chunk.subarray(this.#next);
		const position = this.position;
		const wanted = Math.min(Math.max(bytes - rest.length, chunkBytes), this.#limit - position - rest.length);
		const fresh = Buffer.allocUnsafe(wanted);
		const {bytesRead} = await this.#source.read(fresh, 0, fresh.length, position + rest.length);
		this.#chunk = Buffer.concat([rest, fresh.subarray(0, bytesRead)]);
		this.#start = position;
		this.#next = 0;
		if (this.#chunk.length < bytes) throw new Overrun();
	}
}
