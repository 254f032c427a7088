import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {oggCodec, sniffAudio} from '../../../src/media/sniff-audio.ts';
import {makeWav} from './make-wav.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
/** MPEG 1 layer 3, 128 kbit/s, 44.1 kHz: frames of 417 bytes. */
const mp3Frame = Buffer.concat([latin('\u{FF}\u{FB}\u{90}\0'), Buffer.alloc(413)]);
/** MPEG 2 layer 3, 64 kbit/s, 22.05 kHz, as speech is: 208 bytes. */
const mp3Speech = Buffer.concat([latin('\u{FF}\u{F3}\u{80}\u{C0}'), Buffer.alloc(204)]);
const id3 = (bytes: number): Uint8Array =>
	Buffer.concat([latin('ID3\u{4}\0\0\0\0'), Uint8Array.of(bytes >> 7, bytes & 127), Buffer.alloc(bytes, 0x20)]);
const ogg = (first: string): Uint8Array =>
	Buffer.concat([latin('OggS\0\u{2}'), Buffer.alloc(20), latin(`\u{1}\u{13}${first}`)]);
const ebml = (type: string): Uint8Array => latin(`\u{1A}E\u{DF}\u{A3}\u{9F}B\u{86}\u{81}\u{1}B\u{82}\u{88}${type}`);

test.each([
	['wav', makeWav()],
	['rf64', makeWav({riff: 'RF64'})],
	['rf64', makeWav({riff: 'BW64'})],
	['flac', latin('fLaC\0\0\0\u{22}')],
	['flac', Buffer.concat([id3(300), latin('fLaC\0\0\0\u{22}')])],
	['ogg', ogg('OpusHead')],
	['m4a', latin('\0\0\0\u{20}ftypM4A \0\0\0\0')],
	['m4a', latin('\0\0\0\u{20}ftypisom\0\0\0\0')],
	['webm', ebml('webm')],
	['webm', ebml('matroska')],
	['mp3', Buffer.concat([mp3Frame, mp3Frame])],
	['mp3', Buffer.concat([mp3Speech, mp3Speech])],
	['mp3', mp3Frame.subarray(0, 4)],
	['mp3', Buffer.concat([id3(200), mp3Frame])],
	['mp3', Buffer.concat([id3(200), Buffer.alloc(40), mp3Frame, mp3Frame])],
	['mp3', id3(9000).subarray(0, 4096)],
] as const)('%s is known by its first bytes (%#)', (kind, bytes) => {
	expect(sniffAudio(bytes)).toBe(kind);
});

test.each([
	['nothing', new Uint8Array(0)],
	['text', latin('what is mofa?')],
	['UTF-16', latin('\u{FF}\u{FE}w\0h\0a\0t\0')],
	['silence', new Uint8Array(5000)],
	['a web page', latin('<!doctype html>')],
	['a picture', latin('\u{FF}\u{D8}\u{FF}\u{E0}\0\u{10}JFIF')],
	['webp', latin('RIFF\0\0\0\0WEBPVP8 ')],
	['avif', latin('\0\0\0\u{20}ftypavif\0\0\0\0')],
	['AAC without a container', latin('\u{FF}\u{F1}\u{50}\u{80}\0\0\0\0')],
	['a frame of MP3 that nothing follows', Buffer.concat([mp3Frame, Buffer.alloc(500, 0x20)])],
])('%s is none of them', (_, bytes) => {
	expect(sniffAudio(bytes)).toBeUndefined();
});

test('an Ogg file says which codec is inside', () => {
	expect(oggCodec(ogg('OpusHead\u{1}'))).toBe('opus');
	expect(oggCodec(ogg('\u{1}vorbis'))).toBe('vorbis');
	expect(oggCodec(ogg('\u{7F}FLAC'))).toBe('flac');
	expect(oggCodec(ogg('Speex   '))).toBe('speex');
	expect(oggCodec(ogg('\u{80}theora'))).toBeUndefined();
	expect(oggCodec(latin('fLaC'))).toBeUndefined();
});

test('any bytes are looked at without harm', () => {
	fc.assert(
		fc.property(
			fc.constantFrom('', 'ID3', 'OggS', '\u{FF}\u{FB}', '\u{1A}E\u{DF}\u{A3}'),
			fc.uint8Array(),
			(head, tail) => {
				const bytes = Buffer.concat([latin(head), tail]);
				expect([sniffAudio(bytes), oggCodec(bytes)]).toHaveLength(2);
			},
		),
	);
});

const media = path.resolve(import.meta.dirname, '../../../../shared/media');
const present = existsSync(media);
if (!present) console.warn(`SKIPPED: a test of real files needs ${media}`);

test.skipIf(!present)('recordings are WAV and pictures are not', () => {
	expect(sniffAudio(readFileSync(path.join(media, 'jfk.wav')).subarray(0, 64))).toBe('wav');
	expect(sniffAudio(readFileSync(path.join(media, 'cat.jpg')))).toBeUndefined();
	expect(sniffAudio(readFileSync(path.join(media, 'two_lines_text.png')))).toBeUndefined();
});
