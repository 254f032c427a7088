import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import {fromPcm} from '../../../src/media/pcm.ts';
import {parseWav} from '../../../src/media/wav.ts';
import {WavReader} from '../../../src/media/wav-reader.ts';
import {chunk, cut, joined, makeWav, type WavParts} from './make-wav.ts';

const noise = Uint8Array.from({length: 96}, (_, index) => (index * 37 + 11) % 251);
const list = chunk('LIST', Buffer.from('INFOISFT\u{5}\0\0\0Lavf\0'));
const unknown = 0xff_ff_ff_ff;

function read(bytes: Uint8Array, places: readonly number[] = []) {
	const reader = new WavReader('question.wav');
	const samples = joined(cut(bytes, places).map(piece => reader.push(Buffer.from(piece))));
	return {samples, header: reader.header, ...reader.end()};
}

function problem(bytes: Uint8Array, places: readonly number[] = []): string {
	try {
		read(bytes, places);
	} catch (error) {
		if (!MofaError.is(error, 'invalid-request')) throw error;
		expect(error.data.path).toBe('question.wav');
		return error.data.expected;
	}
	return 'no problem';
}

/** The two long sizes of RF64: of the file, of the samples. */
function longSizes(riff: bigint, data: bigint): Buffer {
	const bytes = Buffer.alloc(28);
	bytes.writeBigUInt64LE(riff, 0);
	bytes.writeBigUInt64LE(data, 8);
	return chunk('ds64', bytes);
}

const kinds: readonly (readonly [string, WavParts])[] = [
	['u8', {bits: 8}],
	['s16le', {bits: 16, channels: 2}],
	['s16le', {bits: 12, sampleRate: 8000}],
	['s24le', {bits: 24, sampleRate: 44_100}],
	['s24le', {bits: 20, channels: 2}],
	['s32le', {bits: 24, blockBytes: 4}],
	['s32le', {bits: 32, channels: 6, sampleRate: 48_000}],
	['f32le', {format: 3, bits: 32, channels: 3}],
	['f64le', {format: 3, bits: 64}],
	['alaw', {format: 6, bits: 8, sampleRate: 8000}],
	['mulaw', {format: 7, bits: 8, channels: 2}],
	['s24le', {extensible: true, bits: 24, channels: 8, sampleRate: 192_000}],
	['f32le', {extensible: true, format: 3, bits: 32}],
];

test.each(kinds)('%s is read from %o', (encoding, parts) => {
	const {samples, header, frames, cut} = read(makeWav({...parts, data: noise, middle: [list], last: [list]}));
	const {channels = 1, sampleRate = 16_000} = parts;
	expect(header).toEqual({encoding, channels, sampleRate, dataBytes: noise.length});
	expect(samples).toEqual(fromPcm(noise, header?.encoding ?? 'u8'));
	expect(frames).toBe(samples.length / channels);
	expect(cut).toBe(false);
});

test('a file cut into any pieces gives the same samples', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...kinds),
			fc.array(fc.constantFrom(list, chunk('odd ', Buffer.from('abc')), chunk('none', Buffer.alloc(0))), {
				maxLength: 4,
			}),
			fc.uint8Array({maxLength: 100}),
			fc.array(fc.nat(300), {maxLength: 20}),
			([, parts], others, data, places) => {
				const bytes = makeWav({...parts, data, first: others, middle: others, last: [list]});
				expect(read(bytes, places)).toEqual(read(bytes));
			},
		),
	);
});

test('a file ended anywhere gives what is whole and says so, or says that the header ends', () => {
	const bytes = makeWav({channels: 2, data: noise, middle: [list]});
	const start = bytes.length - noise.length;
	for (let length = 1; length < bytes.length; length += 1) {
		const part = bytes.subarray(0, length);
		if (length < start) {
			expect(problem(part)).toContain(`ends after ${length} bytes`);
			continue;
		}
		const frames = Math.floor((length - start) / 4);
		expect(read(part, [50, 51])).toMatchObject({
			frames,
			cut: true,
			samples: fromPcm(noise.subarray(0, frames * 4), 's16le'),
		});
	}
	expect(read(bytes).cut).toBe(false);
});

test.each([
	['all ones', {dataBytes: unknown, riffBytes: unknown}],
	['all ones, less the header', {dataBytes: unknown - 36, riffBytes: unknown}],
	['nought', {dataBytes: 0, riffBytes: 0}],
	['nought, as written before the samples were', {dataBytes: 0, riffBytes: 36}],
	['what sox writes to a pipe', {dataBytes: 0x7f_ff_f0_00, riffBytes: 0x7f_ff_f0_24}],
	['what arecord writes to a pipe', {dataBytes: 0x80_00_00_00, riffBytes: 0x80_00_00_24}],
	['RF64 with no size', {riff: 'RF64', riffBytes: unknown, dataBytes: unknown, first: [longSizes(0n, 0n)]}],
	[
		'RF64 with an absurd size',
		{riff: 'RF64', riffBytes: unknown, dataBytes: unknown, first: [longSizes(0n, 2n ** 64n - 1n)]},
	],
] as const)('a stream whose size is %s is read to its end', (_, parts) => {
	expect(read(makeWav({...parts, data: noise}))).toMatchObject({
		header: {dataBytes: null},
		frames: noise.length / 2,
		cut: false,
	});
	expect(read(makeWav({...parts, data: noise}).subarray(0, -1))).toMatchObject({
		frames: noise.length / 2 - 1,
		cut: true,
	});
});

test('an empty file is empty, and the words after its samples are not sound', () => {
	expect(read(makeWav({last: [list]}))).toMatchObject({frames: 0, cut: false, header: {dataBytes: 0}});
	expect(read(makeWav())).toMatchObject({frames: 0, cut: false});
});

test.each(['RF64', 'BW64'])('%s says its size in 64 bits', riff => {
	const sizes = (data: bigint): WavParts => ({
		riff,
		riffBytes: unknown,
		dataBytes: unknown,
		first: [longSizes(data + 80n, data)],
		data: noise,
		last: [list],
	});
	expect(read(makeWav(sizes(96n)))).toMatchObject({header: {dataBytes: 96}, frames: 48, cut: false});
	expect(read(makeWav(sizes(6_000_000_000n)))).toMatchObject({header: {dataBytes: 6e9}, cut: true});
});

test.each([
	['nothing', new Uint8Array(0), 'audio, not 0 bytes'],
	['another file', Buffer.from('<!doctype html><html>'), 'a WAV file'],
	['another RIFF', Buffer.from('RIFF\0\0\0\0WEBPVP8 '), 'a WAV file'],
	['big-endian', makeWav({riff: 'RIFX'}), 'a little-endian WAV file, not RIFX'],
	['rate 0', makeWav({sampleRate: 0}), 'a sample rate of 1000 to 768000 Hz, not 0'],
	['an absurd rate', makeWav({sampleRate: 4_000_000_000}), 'a sample rate of 1000 to 768000 Hz, not 4000000000'],
	['no channels', makeWav({channels: 0}), '1 to 64 channels, not 0'],
	['absurd channels', makeWav({channels: 65_535}), '1 to 64 channels, not 65535'],
	['no bits', makeWav({bits: 0}), 'samples of 8, 16, 24 or 32 bit, not 0'],
	['absurd bits', makeWav({bits: 65_535}), 'samples of 8, 16, 24 or 32 bit, not 65535'],
	['half floats', makeWav({format: 3, bits: 16}), 'floating-point samples of 32 or 64 bit, not 16'],
	['ADPCM', makeWav({format: 2, bits: 4}), 'uncompressed samples, not MS ADPCM (format 0x0002)'],
	['an unknown format', makeWav({format: 0x161}), 'uncompressed samples, not format 0x0161'],
	[
		'samples before their format',
		Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('data', noise)]),
		'a WAV file that says its format before its samples',
	],
	[
		'a short format',
		Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('fmt ', Buffer.alloc(14))]),
		'a WAV format of at least 16 bytes, not 14',
	],
	[
		'a chunk of 4 GiB',
		makeWav({first: [chunk('LIST', noise, unknown)]}),
		`a WAV file with samples; the input ends after ${44 + 104} bytes, before the first`,
	],
])('%s is named', (_, bytes, expected) => {
	expect(problem(bytes)).toBe(expected);
	expect(problem(bytes, [1, 5, 13, 21, 23])).toBe(expected);
});

test('any bytes are read or refused, never worse', () => {
	fc.assert(
		fc.property(
			fc.uint8Array({maxLength: 120}),
			fc.array(fc.tuple(fc.nat(59), fc.nat(255)), {maxLength: 6}),
			(tail, changes) => {
				const bytes = makeWav({data: tail, middle: [list]});
				for (const [at, value] of changes) bytes[at] = value;
				expect(problem(bytes)).toBeTypeOf('string');
				expect(() => parseWav(bytes)).not.toThrow();
			},
		),
	);
});

test('three hours pass through without staying', () => {
	const reader = new WavReader('long.wav');
	reader.push(makeWav({dataBytes: unknown, riffBytes: unknown}));
	// One piece of an odd length again and again: 345.6 MB in all.
	const piece = new Uint8Array(999_999);
	const pieces = Math.ceil((3 * 3600 * 16_000 * 2) / piece.length);
	const collectGarbage = garbageCollector();
	collectGarbage();
	const before = process.memoryUsage().arrayBuffers;
	let most = 0;
	let frames = 0;
	for (let index = 0; index < pieces; index += 1) {
		frames += reader.push(piece).length;
		if (index % 20 !== 19) continue;
		collectGarbage();
		most = Math.max(most, process.memoryUsage().arrayBuffers - before);
	}
	expect(reader.end()).toEqual({frames, cut: (pieces * piece.length) % 2 === 1});
	expect(frames).toBe(Math.floor((pieces * piece.length) / 2));
	// Kept, the samples would be 691 MB, or the bytes 346 MB. What is collected is counted out one collection later: 40 MB.
	expect(most).toBeLessThan(100e6);
});

function garbageCollector(): () => void {
	setFlagsFromString('--expose-gc');
	return runInNewContext('gc');
}

const recordings = path.resolve(import.meta.dirname, '../../../../shared/media');
const present = existsSync(recordings);
if (!present) console.warn(`SKIPPED: tests of real recordings need ${recordings}`);

test.skipIf(!present)('real recordings are 16 kHz, mono, as long as they say, and not silent', () => {
	const words = path.join(recordings, 'spoken-words');
	const files = readdirSync(words, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.wav'));
	expect(files.length).toBeGreaterThan(36);
	for (const file of files) {
		const {header, frames, cut, samples} = read(readFileSync(path.join(words, file)), [7, 45, 47, 3001]);
		expect(header).toMatchObject({sampleRate: 16_000, channels: 1, encoding: 's16le'});
		expect(cut).toBe(false);
		expect(frames).toBeLessThanOrEqual(16_000);
		expect(Math.max(...samples)).toBeGreaterThan(0.001);
	}
	const jfk = read(readFileSync(path.join(recordings, 'jfk.wav')), [70, 100_001]);
	expect(jfk).toMatchObject({header: {sampleRate: 16_000, channels: 1}, frames: 11 * 16_000, cut: false});
});
