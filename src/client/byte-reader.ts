/** Takes lines and counted bytes off a stream of buffers. */
export class ByteReader {
	readonly #chunks: AsyncIterator<Buffer>;
	#rest: Buffer = Buffer.alloc(0);

	constructor(chunks: AsyncIterator<Buffer>) {
		this.#chunks = chunks;
	}

	/** The next line without its CRLF. Throws where it is longer than `limit`, or the stream ends inside it. */
	async line(limit: number): Promise<string> {
		for (;;) {
			const end = this.#rest.indexOf('\r\n');
			if (end !== -1) {
				const line = this.#rest.toString('latin1', 0, end);
				this.#rest = this.#rest.subarray(end + 2);
				return line;
			}
			if (this.#rest.length > limit) throw new Error('a line of its answer has no end');
			const chunk = await this.#next();
			if (chunk === undefined) throw cutOff();
			this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
		}
	}

	/** From one byte to `most` of them, as they come; undefined at the end of the stream. */
	async some(most: number): Promise<Buffer | undefined> {
		const from = this.#rest.length > 0 ? this.#rest : await this.#next();
		if (from === undefined) return undefined;
		this.#rest = from.subarray(most);
		return from.subarray(0, most);
	}

	async #next(): Promise<Buffer | undefined> {
		const {done, value} = await this.#chunks.next();
		return done === true ? undefined : value;
	}
}

/** The stream ended where more had been promised. */
export function cutOff(): Error {
	return Object.assign(new Error('the answer was cut off'), {code: 'ECONNRESET'});
}
