/** One part of a form. */
export interface Part {
	readonly name: string;
	/** Null for a plain field. */
	readonly fileName: string | null;
	/** To be read before the next part is asked for; what is not read is passed over. */
	readonly bytes: AsyncIterable<Uint8Array>;
}

export interface MultipartOptions {
	/** What is thrown for a body that is no form; `problem` says what came instead. */
	readonly invalid: (problem: string) => Error;
}

const mostParts = 200;
const longestHead = 16 * 1024;
const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/** The boundary that a `multipart/form-data` content type names; undefined for any other. */
export function multipartBoundary(contentType: string): string | undefined {
	if (!/^multipart\/form-data\b/i.test(contentType)) return undefined;
	const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType) ?? [];
	return quoted ?? plain;
}

/** The parts of a form as they come, RFC 7578. Keeps one piece of the body and one part's head, however long the form is. */
export async function* readMultipart(
	bytes: AsyncIterable<Uint8Array>,
	boundary: string,
	{invalid}: MultipartOptions,
): AsyncGenerator<Part> {
	const reader = new FormReader(bytes, Buffer.from(`\r\n--${boundary}`), invalid);
	try {
		await reader.skip();
		for (let count = 0; await reader.begins(); count += 1) {
			if (count >= mostParts) throw invalid(`more than ${mostParts} parts`);
			const head = await reader.head();
			yield {...nameOf(head, invalid), bytes: reader.content()};
			await reader.skip();
		}
	} finally {
		await reader.close();
	}
}

class FormReader {
	readonly #chunks: AsyncIterator<Uint8Array>;
	readonly #delimiter: Buffer;
	readonly #invalid: (problem: string) => Error;
	/** The first boundary has no line before it. */
	#held: Buffer = lineEnd;
	#inPart = true;

	constructor(bytes: AsyncIterable<Uint8Array>, delimiter: Buffer, invalid: (problem: string) => Error) {
		this.#chunks = bytes[Symbol.asyncIterator]();
		this.#delimiter = delimiter;
		this.#invalid = invalid;
	}

	/** Up to and with the next boundary. */
	async skip(): Promise<void> {
		for (let piece = await this.#next(); piece !== undefined; piece = await this.#next());
	}

	/** After a boundary: whether a part follows; two dashes end the form. */
	async begins(): Promise<boolean> {
		while (this.#held.length < 2) await this.#more();
		if (this.#held.toString('latin1', 0, 2) === '--') return false;
		this.#inPart = true;
		return true;
	}

	async head(): Promise<string> {
		let end = this.#held.indexOf(headEnd);
		while (end === -1) {
			if (this.#held.length > longestHead) throw this.#invalid('a part whose head has no end');
			await this.#more();
			end = this.#held.indexOf(headEnd);
		}
		const head = this.#held.toString('utf8', 0, end);
		this.#held = this.#held.subarray(end + headEnd.length);
		return head;
	}

	async *content(): AsyncGenerator<Uint8Array> {
		for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) yield piece;
	}

	async close(): Promise<void> {
		await this.#chunks.return?.();
	}

	/** The next bytes of this part; undefined at its end, after which the boundary has been read. */
	async #next(): Promise<Uint8Array | undefined> {
		while (this.#inPart) {
			const at = this.#held.indexOf(this.#delimiter);
			if (at === 0) {
				this.#held = this.#held.subarray(this.#delimiter.length);
				this.#inPart = false;
				return undefined;
			}
			const end = at === -1 ? this.#held.length - this.#delimiter.length + 1 : at;
			if (end > 0) {
				const piece = this.#held.subarray(0, end);
				this.#held = this.#held.subarray(end);
				return piece;
			}
			await this.#more();
		}
		return undefined;
	}

	async #more(): Promise<void> {
		const {done, value} = await this.#chunks.next();
		if (done === true) throw this.#invalid('a form that ends before its last boundary');
		this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
	}
}

function nameOf(head: string, invalid: (problem: string) => Error): {name: string; fileName: string | null} {
	const line = head.split('\r\n').find(text => /^content-disposition:/i.test(text)) ?? '';
	const name = parameter(line, 'name');
	if (name === undefined) throw invalid('a part without a name');
	return {name, fileName: parameter(line, 'filename') ?? null};
}

/** Quoted as browsers do it, with `%22` for a quote, or with a backslash before it. */
function parameter(line: string, name: string): string | undefined {
	const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(line) ?? [];
	return quoted?.replaceAll(/\\(.)/g, '$1').replaceAll(/%22/g, '"') ?? plain;
}
