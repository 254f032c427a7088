import {crc32, deflateSync} from 'node:zlib';
import type {Image} from '../../src/contract/media.ts';

export const image = (bytes: Uint8Array): Image => ({bytes, mediaType: 'image/png'});

/** A GIF of one pixel in so many frames. */
export function numberedGif(frames: number): Uint8Array {
	const header = Buffer.from('47494638396101000100800000ff00000000ff', 'hex');
	const frame = Buffer.from('21f904000a0000002c00000000010001000002024401 00'.replace(' ', ''), 'hex');
	return Buffer.concat([header, ...Array.from({length: frames}, () => frame), Buffer.from('3b', 'hex')]);
}

/** Black pixels, some thousand times smaller than what they decode to. */
export function hugePng(side: number): Uint8Array {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(side, 0);
	header.writeUInt32BE(side, 4);
	header.set([8, 0, 0, 0, 0], 8);
	const rows = deflateSync(Buffer.alloc((side + 1) * side), {level: 1});
	const signature = Buffer.from('89504e470d0a1a0a', 'hex');
	return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(name: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const sum = Buffer.alloc(4);
	sum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, sum]);
}

/** One pixel. */
export function bmp(): Uint8Array {
	const bytes = Buffer.alloc(58);
	bytes.write('BM', 'latin1');
	bytes.writeUInt32LE(58, 2);
	bytes.writeUInt32LE(54, 10);
	bytes.writeUInt32LE(40, 14);
	bytes.writeInt32LE(1, 18);
	bytes.writeInt32LE(1, 22);
	bytes.writeUInt16LE(1, 26);
	bytes.writeUInt16LE(24, 28);
	return bytes;
}

/** The first bytes of a PNG that says it is so large; nothing of it can be decoded. */
export function pngHead(width: number, height: number): Buffer {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 2, 0, 0, 0], 8);
	return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header)]);
}
