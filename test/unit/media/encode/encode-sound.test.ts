import {expect, test} from 'vitest';
import {findEncoder, ffmpegFormats} from '../../../../src/lib/ffmpeg.ts';
import {decodeAudio} from '../../../../src/media/decode/decode-audio.ts';
import {encodeSound, type OwnFormat} from '../../../../src/media/encode/encode-sound.ts';
import {sniffAudio} from '../../../../src/media/sniff-audio.ts';
import {findFfmpeg} from '../../../../src/lib/ffmpeg.ts';

const search = process.env['PATH'] ?? '';
const transcode = await findFfmpeg(search);
if (transcode === null) console.warn('SKIPPED: no ffmpeg here, so flac, opus and aac are not tried');

const tone = (hertz: number, rate: number, seconds: number): Float32Array =>
	Float32Array.from({length: Math.round(rate * seconds)}, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));

async function* inPieces(samples: Float32Array, size: number): AsyncGenerator<Float32Array> {
	for (let at = 0; at < samples.length; at += size) yield samples.subarray(at, at + size);
}

async function encoded(format: OwnFormat, sampleRate: number, channels: 1 | 2, samples: Float32Array): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	for await (const bytes of encodeSound(format, {sampleRate, channels}, inPieces(samples, 1777 * channels)))
		pieces.push(Uint8Array.from(bytes));
	return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

/** Crossings of zero a second, over the middle of what was decoded, and its length in seconds. */
async function heard(bytes: Uint8Array): Promise<{readonly hertz: number; readonly seconds: number}> {
	const samples: number[] = [];
	let rate = 0;
	for await (const audio of decodeAudio(once(bytes), {source: 'sound', transcode})) {
		rate = audio.sampleRate;
		for (let at = 0; at < audio.samples.length; at += audio.channels) samples.push(audio.samples[at] ?? 0);
	}
	const middle = samples.slice(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
	const ups = middle.filter((sample, at) => at > 0 && sample >= 0 && (middle[at - 1] ?? 0) < 0).length;
	return {hertz: (ups * rate) / middle.length, seconds: samples.length / rate};
}

test.each([
	[8000, 1],
	[16_000, 1],
	[22_050, 1],
	[24_000, 1],
	[44_100, 2],
	[48_000, 1],
	// Not a rate that MP3 knows.
	[20_000, 1],
] as const)('a tone at %d Hz, %d channel(s), comes back out of mp3', async (rate, channels) => {
	const mono = tone(440, rate, 2);
	const samples = channels === 1 ? mono : Float32Array.from({length: mono.length * 2}, (_, at) => mono[at >> 1] ?? 0);
	const bytes = await encoded('mp3', rate, channels, samples);
	expect(sniffAudio(bytes)).toBe('mp3');
	expect(bytes.length).toBeLessThan(40_000);
	const {hertz, seconds} = await heard(bytes);
	expect(hertz).toBeGreaterThan(436);
	expect(hertz).toBeLessThan(444);
	// Frames have a fixed size, and the encoder looks ahead.
	expect(seconds).toBeGreaterThan(1.99);
	expect(seconds).toBeLessThan(2.3);
});

test('what comes of a piece comes before the next is asked for', async () => {
	let asked = 0;
	const pieces = (async function* () {
		for (; asked < 5; asked += 1) yield tone(440, 24_000, 1);
	})();
	const bytes = encodeSound('mp3', {sampleRate: 24_000, channels: 1}, pieces);
	await bytes.next();
	expect(asked).toBe(0);
	await bytes.return(undefined);
});

test('no samples are still a file', async () => {
	expect((await encoded('wav', 16_000, 1, new Float32Array())).length).toBe(44);
	expect((await encoded('mp3', 16_000, 1, new Float32Array())).length).toBeLessThan(1000);
});

test.skipIf(transcode === null).each(ffmpegFormats)('a tone comes back out of %s', async format => {
	const encoder = await findEncoder(format, search);
	const wav = encodeSound('wav', {sampleRate: 24_000, channels: 1}, inPieces(tone(440, 24_000, 2), 1000));
	const pieces: Uint8Array[] = [];
	for await (const bytes of encoder?.(wav) ?? []) pieces.push(bytes);
	const {hertz, seconds} = await heard(Buffer.concat(pieces));
	expect(hertz).toBeGreaterThan(436);
	expect(hertz).toBeLessThan(444);
	expect(seconds).toBeGreaterThan(1.9);
	expect(seconds).toBeLessThan(2.3);
});
