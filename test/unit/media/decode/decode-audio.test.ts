import {readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import type {Audio} from '../../../../src/contract/media.ts';
import {decodeAudio, type DecodeOptions} from '../../../../src/media/decode/decode-audio.ts';
import {toPcm16} from '../../../../src/media/pcm.ts';
import {encodePng} from '../../../../src/media/picture/png.ts';
import {wavHeader} from '../../../../src/media/wav-encoder.ts';

const folder = path.resolve(import.meta.dirname, '../../../fixtures/sound');
const fixture = (name: string): Buffer => readFileSync(path.join(folder, name));
const packed = ['tone.mp3', 'tone.flac', 'tone.ogg', 'tone-flac.ogg', 'tone.opus', 'tone.webm'];
const plain: DecodeOptions = {source: 'song', transcode: null};

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Sound {
	readonly samples: Float32Array;
	readonly rates: ReadonlySet<number>;
	readonly longest: number;
}

async function decode(bytes: Uint8Array, size = 4096, options: Partial<DecodeOptions> = {}): Promise<Sound> {
	const pieces: Audio[] = [];
	for await (const piece of decodeAudio(inPieces(bytes, size), {...plain, ...options})) pieces.push(piece);
	const samples = Float32Array.from(pieces.flatMap(piece => [...piece.samples]));
	const longest = Math.max(...pieces.map(piece => piece.samples.length / piece.sampleRate));
	return {samples, rates: new Set(pieces.map(({sampleRate}) => sampleRate)), longest};
}

/** How loud a tone is, 1 for a full one, by correlation over the middle of the sound. */
function toneLevel(samples: Float32Array, sampleRate: number, hertz: number): number {
	const from = Math.floor(samples.length * 0.25);
	const to = Math.floor(samples.length * 0.75);
	let [cosine, sine] = [0, 0];
	for (let at = from; at < to; at += 1) {
		cosine += (samples[at] ?? 0) * Math.cos((2 * Math.PI * hertz * at) / sampleRate);
		sine += (samples[at] ?? 0) * Math.sin((2 * Math.PI * hertz * at) / sampleRate);
	}
	return (2 * Math.hypot(cosine, sine)) / (to - from);
}

test.each(packed)('%s is the tone that went in, for a second', async name => {
	const {samples, rates, longest} = await decode(fixture(name));
	const [rate = 0] = rates;
	expect(rates.size).toBe(1);
	expect(samples.length / rate).toBeGreaterThan(0.97);
	expect(samples.length / rate).toBeLessThan(1.1);
	expect(longest).toBeLessThanOrEqual(1);
	// What ffmpeg calls a sine is an eighth of full scale.
	expect(toneLevel(samples, rate, 440)).toBeGreaterThan(0.11);
	expect(toneLevel(samples, rate, 440)).toBeLessThan(0.14);
	expect(toneLevel(samples, rate, 660)).toBeLessThan(0.005);
});

test.each(packed)('%s may come in pieces of any size', async name => {
	const whole = await decode(fixture(name), 1 << 20);
	const small = await decode(fixture(name), 37);
	expect(small.samples).toEqual(whole.samples);
});

test.each(packed)('%s that is cut anywhere is read as far as it goes, or refused by its name', async name => {
	const bytes = fixture(name);
	for (let part = 1; part < 10; part += 1) {
		const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 10));
		const outcome = await decode(cut).catch((error: unknown) => error);
		if (outcome instanceof Error) expect(outcome).toMatchObject({code: 'invalid-request', data: {path: 'song'}});
		else expect((outcome as Sound).samples.length).toBeLessThan(53_000);
	}
});

test.each(packed)(
	'%s that is damaged anywhere is read or refused, and nothing is written to the console',
	async name => {
		const errors: unknown[] = [];
		const {error} = console;
		console.error = (...words) => errors.push(words);
		try {
			let seed = 7;
			const random = (below: number): number => {
				seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
				return Math.floor((seed / 2 ** 31) * below);
			};
			for (let round = 0; round < 25; round += 1) {
				const bytes = Buffer.from(fixture(name));
				for (let hit = 0; hit < 20; hit += 1) bytes[8 + random(bytes.length - 8)] = random(256);
				const outcome = await decode(bytes).catch((failure: unknown) => failure);
				if (outcome instanceof Error)
					expect(outcome).toMatchObject({
						code: expect.stringMatching(/^(invalid-request|backend-unavailable)$/) as string,
					});
			}
		} finally {
			console.error = error;
		}
		expect(errors).toEqual([]);
	},
);

const wav = (samples: Float32Array, format = {sampleRate: 16_000, channels: 1}): Buffer => {
	const pcm = toPcm16(samples);
	return Buffer.concat([wavHeader(format, pcm.length), pcm]);
};

test('two channels become one', async () => {
	const {samples} = await decode(wav(new Float32Array([0.5, -0.5, 0.5, 0.25]), {sampleRate: 8000, channels: 2}));
	expect([...samples]).toEqual([0, 0.375]);
});

test('a piece of WAV is given as soon as it has come, and no piece is longer than a second', async () => {
	const bytes = wav(new Float32Array(40_000).fill(0.5));
	let asked = 0;
	async function* source(): AsyncGenerator<Uint8Array> {
		for await (const piece of inPieces(bytes, 2044)) {
			asked += 1;
			yield piece;
		}
	}
	const pieces = decodeAudio(source(), plain);
	expect((await pieces.next()).value).toMatchObject({samples: {length: 1000}, sampleRate: 16_000});
	expect(asked).toBe(1);
	await pieces.return(undefined);
	expect((await decode(bytes, 1 << 20)).longest).toBe(1);
});

test('bare samples are what they are said to be', async () => {
	const pcm = toPcm16(new Float32Array([0.5, -0.5, 0.25]));
	let cut = false;
	const raw = {sampleRate: 24_000, channels: 1, encoding: 's16le'} as const;
	const whole = await decode(pcm, 3, {raw, onCut: () => (cut = true)});
	expect({samples: [...whole.samples], rates: [...whole.rates], cut}).toEqual({
		samples: [0.5, -0.5, 0.25],
		rates: [24_000],
		cut: false,
	});
	const odd = await decode(pcm.subarray(0, 5), 2, {raw, onCut: () => (cut = true)});
	expect({samples: [...odd.samples], cut}).toEqual({samples: [0.5, -0.5], cut: true});
});

test('a WAV that is shorter than it says is read as far as it goes, and said to be cut', async () => {
	let cut = false;
	const bytes = wav(new Float32Array(1000).fill(0.25));
	const {samples} = await decode(bytes.subarray(0, 1001), 100, {onCut: () => (cut = true)});
	expect({length: samples.length, cut}).toEqual({length: 478, cut: true});
});

test.each([
	['0 bytes', Buffer.alloc(0), /sound, not 0 bytes/],
	['a WAV header that is cut', wav(new Float32Array(10)).subarray(0, 30), /ends after 30 bytes/],
	['a WAV without a sample', wav(new Float32Array(0)), /not a single sample/],
	['a FLAC file that is only its name', Buffer.from('fLaC'), /FLAC/],
	['an Ogg page without an end', fixture('tone.opus').subarray(0, 60), /Ogg Opus/],
])('%s is refused by the name of the file', async (_what, bytes, expected) => {
	await expect(decode(bytes)).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'song', expected: expect.stringMatching(expected) as string},
	});
});

test('a sound that only ffmpeg reads names it, and what is read without', async () => {
	await expect(decode(fixture('tone.m4a'))).rejects.toMatchObject({
		code: 'backend-unavailable',
		data: {backend: 'ffmpeg', hint: expect.stringContaining('song is m4a') as string},
	});
	await expect(decode(Buffer.from('\u0001\u0002 something else'))).rejects.toMatchObject({
		data: {hint: expect.stringContaining('no sound that mofa reads') as string},
	});
});

test.each([
	['text', Buffer.from('hello there')],
	['text', Buffer.from(`<html>${'ü'.repeat(4000)}</html>`)],
	['a picture', Buffer.from(encodePng({data: new Uint8Array(3), width: 1, height: 1, channels: 3}))],
])('nobody is sent for an ffmpeg for %s', async (what, bytes) => {
	let asked = false;
	const transcode = (): never => {
		asked = true;
		throw new Error('it was asked');
	};
	for (const options of [{}, {transcode}])
		await expect(decode(bytes, 500, options)).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'song', expected: `sound, not ${what}`},
		});
	expect(asked).toBe(false);
});

test('ffmpeg is given the whole file and gives a WAV', async () => {
	const given: Buffer[] = [];
	const {samples} = await decode(fixture('tone.m4a'), 500, {
		async *transcode(bytes, kind) {
			expect(kind).toBe('m4a');
			for await (const piece of bytes) given.push(Buffer.from(piece));
			yield wav(new Float32Array([0.5, 0.25]));
		},
	});
	expect(Buffer.concat(given)).toEqual(fixture('tone.m4a'));
	expect([...samples]).toEqual([0.5, 0.25]);
});

test('a source that fails is told as it is, and one that is left is told to stop', async () => {
	const broken = new Error('the disk is gone');
	async function* breaking(): AsyncGenerator<Uint8Array> {
		yield wav(new Float32Array(100));
		throw broken;
	}
	const read = async (): Promise<void> => {
		for await (const _piece of decodeAudio(breaking(), plain));
	};
	await expect(read()).rejects.toBe(broken);
});
