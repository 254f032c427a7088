import {expect, test} from 'vitest';
import {wavHeader} from '../../../src/media/wav-encoder.ts';
import {WavReader} from '../../../src/media/wav-reader.ts';
import {makeWav} from './make-wav.ts';

test.each([
	[8000, 1],
	[48_000, 2],
])('the header at %i Hz with %i channels is what others write', (sampleRate, channels) => {
	const data = new Uint8Array(400);
	const header = wavHeader({sampleRate, channels}, data.length);
	expect(Buffer.concat([header, data])).toEqual(Buffer.from(makeWav({sampleRate, channels, data})));
});

test.each([null, 2 ** 32 - 2, 2 ** 40])(
	'a length that is not known or does not fit (%s) is written as a stream',
	bytes => {
		const header = Buffer.from(wavHeader({sampleRate: 16_000, channels: 1}, bytes));
		expect(header).toHaveLength(44);
		expect(header.readUInt32LE(4)).toBe(0xff_ff_ff_ff);
		expect(header.readUInt32LE(40)).toBe(0xff_ff_ff_ff);
		const reader = new WavReader('speech');
		reader.push(header);
		expect(reader.header).toEqual({sampleRate: 16_000, channels: 1, encoding: 's16le', dataBytes: null});
	},
);
