import {crc32} from 'node:zlib';

export interface PngChunk {
	readonly type: string;
	readonly data: Uint8Array;
	/** The chunk with its length and its checksum. */
	readonly whole: Uint8Array;
}

/** Words for what was wrong, for after "expected". */
export class PngProblem extends Error {}

export const pngSignature: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const overhead = 12;

export function isPng(bytes: Uint8Array): boolean {
	return pngSignature.every((byte, at) => bytes[at] === byte);
}

/** The chunks up to and with IEND, as views of `bytes`; what follows it is none of the picture. Throws `PngProblem`. */
export function readChunks(bytes: Uint8Array): readonly PngChunk[] {
	const chunks: PngChunk[] = [];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (let at = pngSignature.length; at + overhead <= bytes.length;) {
		const length = view.getUint32(at);
		const end = at + overhead + length;
		if (end > bytes.length) break;
		const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
		if (view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4)))
			throw new PngProblem(`a PNG that is whole, but the checksum of its ${printable(type)} is wrong`);
		chunks.push({type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end)});
		if (type === 'IEND') return chunks;
		at = end;
	}
	throw new PngProblem('a PNG that is whole, but it ends before it says it does');
}

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
	const whole = new Uint8Array(overhead + data.length);
	const view = new DataView(whole.buffer);
	view.setUint32(0, data.length);
	whole.set(Buffer.from(type, 'latin1'), 4);
	whole.set(data, 8);
	view.setUint32(8 + data.length, crc32(whole.subarray(4, 8 + data.length)));
	return whole;
}

const printable = (type: string): string => (/^[a-z]{4}$/i.test(type) ? type : 'chunk');
