import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {FrameDecoder, frameHeadBytes, writeFrameHead} from '../../../../src/lib/frames/frame.ts';

const frames = fc.array(
	fc.record({
		kind: fc.integer({min: 0, max: 255}),
		stream: fc.integer({min: 0, max: 0xff_ff_ff_ff}),
		payload: fc.uint8Array({maxLength: 300}),
	}),
	{maxLength: 20},
);

function encode(kind: number, stream: number, payload: Uint8Array): Buffer {
	const frame = Buffer.alloc(frameHeadBytes + payload.length);
	writeFrameHead(frame, payload.length, kind, stream);
	frame.set(payload, frameHeadBytes);
	return frame;
}

function facts(frame: {readonly kind: number; readonly stream: number; readonly payload: Uint8Array}): unknown {
	return [frame.kind, frame.stream, new Uint8Array(frame.payload)];
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
	const chunks: Buffer[] = [];
	let offset = 0;
	for (let turn = 0; offset < bytes.length; turn++) {
		const size = sizes[turn % sizes.length]!;
		chunks.push(Buffer.from(bytes.subarray(offset, offset + size)));
		offset += size;
	}
	return chunks;
}

test('frames come out as they went in, however the bytes are cut', () => {
	fc.assert(
		fc.property(frames, fc.array(fc.integer({min: 1, max: 64}), {minLength: 1, maxLength: 8}), (sent, sizes) => {
			const decoder = new FrameDecoder();
			const bytes = Buffer.concat(sent.map(({kind, stream, payload}) => encode(kind, stream, payload)));
			const received = cut(bytes, sizes).flatMap(chunk => decoder.push(chunk));
			expect(received.map(facts)).toEqual(sent.map(facts));
		}),
	);
});

test('a payload that lies whole in its chunk is handed out without a copy', () => {
	const decoder = new FrameDecoder();
	const chunk = encode(1, 2, Buffer.from('whole'));
	const [frame] = decoder.push(chunk);
	expect(frame!.payload.buffer).toBe(chunk.buffer);
	expect(decoder.bytesCopied).toBe(0);
});

test('a payload that spans chunks is copied once and stands aligned', () => {
	const decoder = new FrameDecoder();
	const payload = new Uint8Array(1000).fill(7);
	const received = cut(encode(1, 2, payload), [109]).flatMap(chunk => decoder.push(chunk));
	expect(received[0]!.payload.byteOffset % 8).toBe(0);
	expect(decoder.bytesCopied).toBe(1000);
});

test('a length beyond the limit is refused before its payload is awaited or room is made for it', () => {
	const head = Buffer.alloc(frameHeadBytes);
	writeFrameHead(head, 0xff_ff_ff_ff, 1, 1);
	expect(() => new FrameDecoder().push(head)).toThrow(RangeError);
	writeFrameHead(head, 101, 1, 1);
	expect(() => new FrameDecoder(100).push(head)).toThrow('a frame of 101 bytes, where 100 is the limit');
	writeFrameHead(head, 100, 1, 1);
	expect(new FrameDecoder(100).push(head)).toEqual([]);
});
