/** Where the contents of a program's memory at its beginning stand in its file; everything else is zero. */
export interface ProgramImage {
	/** The file. */
	readonly bytes: Uint8Array;
	/** Ascending and apart. */
	readonly parts: readonly ImagePart[];
}

export interface ImagePart {
	/** In the memory. */
	readonly at: number;
	/** In the file. */
	readonly from: number;
	readonly length: number;
}

const section = {imports: 2, memories: 5, globals: 6, start: 8, data: 11} as const;
const functionImport = 0;
const constants: ReadonlySet<number> = new Set([0x41, 0x42]);
const endOfExpression = 0x0b;
const headerBytes = 8;

/**
 * Null where a memory as at the beginning does not yet make a program that has returned as at its beginning: of what C is
 * compiled to, memory and the stack pointer are all that changes, and the stack pointer is back where it was when everything
 * has returned. So one global may change, and none of it may come from outside. `bytes` have been compiled: they are in order.
 */
export function programImage(bytes: Uint8Array): ProgramImage | null {
	const reader = new Reader(bytes, headerBytes);
	let parts: readonly ImagePart[] | null = [];
	while (!reader.atEnd) {
		const kind = reader.byte();
		const length = reader.number();
		const inner = new Reader(bytes, reader.at);
		reader.at += length;
		if (kind === section.imports && !importsFunctionsOnly(inner)) return null;
		if (kind === section.memories && inner.number() !== 1) return null;
		if (kind === section.globals && !(changingGlobals(inner) <= 1)) return null;
		if (kind === section.start) return null;
		if (kind === section.data) parts = dataParts(inner);
		if (parts === null) return null;
	}
	return {bytes, parts};
}

class Reader {
	readonly #bytes: Uint8Array;
	at: number;

	constructor(bytes: Uint8Array, at: number) {
		this.#bytes = bytes;
		this.at = at;
	}

	get atEnd(): boolean {
		return this.at >= this.#bytes.length;
	}

	byte(): number {
		return this.#bytes[this.at++] ?? 0;
	}

	/** LEB128, without a sign. */
	number(): number {
		let value = 0;
		for (let weight = 1; ; weight *= 128) {
			const byte = this.byte();
			value += (byte & 127) * weight;
			if (byte < 128) return value;
		}
	}

	/** A whole number that stands as it is, read without its sign; undefined for what is computed. */
	constant(): number | undefined {
		if (!constants.has(this.byte())) return undefined;
		const value = this.number();
		return this.byte() === endOfExpression ? value : undefined;
	}
}

function importsFunctionsOnly(reader: Reader): boolean {
	for (let left = reader.number(); left > 0; left -= 1) {
		for (const _name of ['module', 'field']) {
			const length = reader.number();
			reader.at += length;
		}
		if (reader.byte() !== functionImport) return false;
		reader.number();
	}
	return true;
}

/** NaN for what it cannot read. */
function changingGlobals(reader: Reader): number {
	let changing = 0;
	for (let left = reader.number(); left > 0; left -= 1) {
		reader.byte();
		changing += reader.byte();
		if (reader.constant() === undefined) return Number.NaN;
	}
	return changing;
}

/** Null where some are laid out by the program itself, one over the other, or where only it knows. */
function dataParts(reader: Reader): readonly ImagePart[] | null {
	const parts: ImagePart[] = [];
	let end = 0;
	for (let left = reader.number(); left > 0; left -= 1) {
		const at = reader.number() === 0 ? reader.constant() : undefined;
		if (at === undefined || at < end) return null;
		const length = reader.number();
		parts.push({at, from: reader.at, length});
		reader.at += length;
		end = at + length;
	}
	return parts;
}
