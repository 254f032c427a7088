import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {PcmReader} from '../../../src/media/pcm-reader.ts';
import {fromPcm, isPcmEncoding, pcmEncodings, sampleBytes, toPcm16, type PcmEncoding} from '../../../src/media/pcm.ts';
import {cut, joined} from './make-wav.ts';

const encodings = pcmEncodings.filter(isPcmEncoding);
const every = Uint8Array.from({length: 256}, (_, index) => index);
/** Sums over all 256 codes of the 16-bit values that the ITU's tables give. */
const signed = (encoding: PcmEncoding): number[] => [...fromPcm(every, encoding)].map(sample => sample * 2 ** 15);

test('16-bit samples come back bit for bit', () => {
	const bytes = new Uint8Array(Int16Array.from({length: 65_536}, (_, index) => index - 32_768).buffer);
	expect(Buffer.from(toPcm16(fromPcm(bytes, 's16le'))).equals(Buffer.from(bytes))).toBe(true);
});

test('what is too loud is clamped, and not-a-number is silence', () => {
	const samples = Float32Array.of(1, 1.5, -1, -7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0.5);
	const bytes = Buffer.from(toPcm16(samples));
	const values = Array.from({length: samples.length}, (_, index) => bytes.readInt16LE(index * 2));
	expect(values).toEqual([32_767, 32_767, -32_768, -32_768, 32_767, -32_768, 0, 16_384]);
});

test.each([
	['u8', [0, 64, 128, 255], [-1, -0.5, 0, 127 / 128]],
	['s16le', [0, 0x80, 0, 0x40], [-1, 0.5]],
	['s24le', [0, 0, 0x80, 0xff, 0xff, 0xff, 0, 0, 0x40], [-1, -1 / 2 ** 23, 0.5]],
	['s32le', [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]],
	['f32le', [0, 0, 0, 0xbf, 0, 0, 0xc0, 0x7f], [-0.5, 0]],
	['f64le', [0, 0, 0, 0, 0, 0, 0xe0, 0xbf, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f], [-0.5, 0]],
] as const)('%s is read as the numbers it is', (encoding, bytes, samples) => {
	expect([...fromPcm(Uint8Array.from(bytes), encoding)]).toEqual([...Float32Array.from(samples)]);
});

test('A-law and µ-law are what the tables of G.711 say', () => {
	const weighed = (values: number[]): number => values.reduce((sum, value, code) => sum + code * value, 0);
	expect(signed('alaw').slice(0, 4)).toEqual([-5504, -5248, -6016, -5760]);
	expect(signed('mulaw').slice(0, 4)).toEqual([-32_124, -31_100, -30_076, -29_052]);
	expect(weighed(signed('alaw'))).toBe(100_139_008);
	expect(weighed(signed('mulaw'))).toBe(98_107_392);
});

test('pieces of any size give the samples of the whole, and keep less than a frame', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...encodings),
			fc.integer({min: 1, max: 6}),
			fc.uint8Array({maxLength: 200}),
			fc.array(fc.nat(200), {maxLength: 12}),
			(encoding, channels, bytes, places) => {
				const reader = new PcmReader({encoding, channels});
				const frameBytes = sampleBytes(encoding) * channels;
				const frames = Math.floor(bytes.length / frameBytes);
				// As a stream of node gives them, and changed as soon as they are read.
				const blocks = cut(bytes, places).map(piece => {
					const buffer = Buffer.from(piece);
					const block = reader.push(buffer);
					expect(reader.heldBytes).toBeLessThan(frameBytes);
					buffer.fill(0x55);
					return block;
				});
				expect(joined(blocks)).toEqual(fromPcm(bytes.subarray(0, frames * frameBytes), encoding));
				expect(reader.frames).toBe(frames);
				expect(reader.heldBytes).toBe(bytes.length % frameBytes);
			},
		),
	);
});
