import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {bestClass} from '../../../src/adapters/spelling-cnn/best-class.ts';
import {spellingCnn} from '../../../src/adapters/spelling-cnn.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Audio} from '../../../src/contract/media.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {MelClip} from '../../../src/media/mel-clip.ts';
import {resample} from '../../../src/media/resampler.ts';
import {
	transcription,
	type TranscriptionEvent,
	type TranscriptionRequest,
	type TranscriptionResult,
} from '../../../src/tasks/transcription.ts';
import {featureReference, largestDifference, whiteNoise} from '../../helpers/features.ts';
import {inPieces, isPresent, loadHere, modelAt, recording, sharedFile, spokenWords} from '../../helpers/real-sound.ts';

const folder = sharedFile('models/spelling-cnn');
const whole = sharedFile('models/spelling-cnn/spelling_cnn_mel.onnx');
const shrunk = sharedFile('models/spelling-cnn/spelling_cnn_mel.shrunk.onnx');
const spelled = 'spelled_seven_two_zero_w_x.wav';
const present = isPresent(whole, shrunk, sharedFile('media/spoken-words'), sharedFile('media', spelled));

function events(
	engine: AnyEngine,
	request: TranscriptionRequest,
	{signal = new AbortController().signal, warnings = []}: {signal?: AbortSignal; warnings?: Warning[]} = {},
): AsyncIterable<TranscriptionEvent> {
	const handler = engine.tasks.transcription;
	if (handler === undefined) throw new Error('it does not transcribe');
	return handler(request, {signal, warn: warning => void warnings.push(warning)});
}

describe.skipIf(!present)('SpellingCNN, its real weights', () => {
	test('a folder with the graph in two types is one model, and the file named after it tells what it is', async () => {
		const {manifest, variant, paths} = await modelAt(folder);
		expect(manifest).toMatchObject({family: 'spelling-cnn', tasks: ['transcription']});
		expect(variant.tag).toBe('int8');
		expect(path.basename(paths['weights'] ?? '')).toBe(path.basename(shrunk));
		for (const file of [whole, shrunk])
			expect((await modelAt(file)).variant.options).toMatchObject({meta: {input_name: 'log_mel', n_mels: 64}});
	});

	test('its logits are those of ONNX Runtime in Python after the features of librosa', async () => {
		const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
		await using session = await onnx.open({signal: new AbortController().signal, device, threads: 1});
		const graph = await session.open(whole);
		const mel = new MelClip({sampleRate: 16_000, size: 512, hop: 125, mels: 64, low: 20, high: 8000, frames: 128});
		const picture = mel.picture(recording('spoken-words/zero/evmaki_nohash_0.wav').samples);
		const {logits} = await graph.run({log_mel: new session.module.Tensor('float32', picture, [1, 1, 64, 128])});
		expect(largestDifference(logits?.data as Float32Array, featureReference.spelling)).toBeLessThan(1e-3);
	});

	describe.each([
		['in full', whole],
		['shrunk to eight bits', shrunk],
	])('%s', (_name, file) => {
		let engine: AnyEngine;
		beforeAll(async () => {
			engine = await loadHere(spellingCnn, await modelAt(file));
		});
		afterAll(() => engine[Symbol.asyncDispose]());
		const transcribe = (request: TranscriptionRequest): Promise<TranscriptionResult> =>
			transcription.collect(events(engine, request));

		test('gets nine in ten of the words right that people spoke', async () => {
			const words = spokenWords();
			expect(words.length).toBeGreaterThan(100);
			let right = 0;
			for (const {word, audio} of words) if ((await transcribe({audio})).text === word) right += 1;
			expect(right / words.length).toBeGreaterThanOrEqual(0.9);
		});

		test('writes down what is spelled, and when', async () => {
			const {text, segments, usage} = await transcribe({audio: recording(spelled), words: true});
			expect(text).toBe('seven two zero w x');
			expect(segments.map(({start}) => Math.round(start))).toEqual([0, 1, 2, 3, 4]);
			for (const {text: word, start, end, words} of segments) {
				expect(end - start).toBeGreaterThan(0.4);
				expect(end - start).toBeLessThan(0.8);
				expect(words).toEqual([{text: word, start, end}]);
			}
			expect(usage.audioSeconds).toBe(5);
		});
	});

	describe('whatever comes in', () => {
		let engine: AnyEngine;
		let sound: Audio;
		beforeAll(async () => {
			engine = await loadHere(spellingCnn, await modelAt(folder));
			sound = recording(spelled);
		});
		afterAll(() => engine[Symbol.asyncDispose]());
		const transcribe = (request: TranscriptionRequest): Promise<TranscriptionResult> =>
			transcription.collect(events(engine, request));

		test.each([[[1, 319, 320, 321, 16_000]], [[160]], [[7919]]])(
			'a stream in pieces of %j is heard like one piece',
			async lengths => {
				const {segments} = await transcribe({audio: sound});
				expect((await transcribe({audio: inPieces(sound, ...lengths)})).segments).toEqual(segments);
			},
		);

		test('a word comes while the stream goes on, less than a second after it', async () => {
			let given = 0;
			const counted = async function* (): AsyncGenerator<Audio> {
				for await (const piece of inPieces(sound, 800)) {
					given += piece.samples.length / 16_000;
					yield piece;
				}
			};
			for await (const event of events(engine, {audio: counted()}))
				if (event.type === 'segment-final') expect(given - event.segment.end).toBeLessThan(0.8);
		});

		test.each([8000, 44_100, 48_000])('at %d Hz and in stereo the words are the same', async sampleRate => {
			const mono = resample(sound.samples, 16_000, sampleRate);
			const samples = Float32Array.from({length: 2 * mono.length}, (_, at) => mono[at >> 1] ?? 0);
			const {text} = await transcribe({audio: {samples, sampleRate, channels: 2}});
			expect(text.split(' ')).toHaveLength(5);
			if (sampleRate > 16_000) expect(text).toBe('seven two zero w x');
		});

		test.each<[string, Audio]>([
			['nothing at all', {samples: new Float32Array(0), sampleRate: 16_000, channels: 1}],
			['one sample', {samples: Float32Array.of(1), sampleRate: 16_000, channels: 1}],
			['silence', {samples: new Float32Array(80_000), sampleRate: 16_000, channels: 1}],
			['faint noise', {samples: whiteNoise(80_000, 0.01), sampleRate: 16_000, channels: 1}],
			['loud noise', {samples: whiteNoise(80_000, 0.7), sampleRate: 16_000, channels: 1}],
			['what is no number', {samples: new Float32Array(80_000).fill(Number.NaN), sampleRate: 16_000, channels: 1}],
		])('%s is no word', async (_name, audio) => {
			expect(await transcribe({audio})).toMatchObject({text: '', segments: []});
		});

		test('bursts of noise are no words', async () => {
			const samples = whiteNoise(160_000, 0.001);
			const burst = whiteNoise(8000, 0.3);
			for (const start of [16_000, 64_000, 112_000]) samples.set(burst, start);
			expect((await transcribe({audio: {samples, sampleRate: 16_000, channels: 1}})).text).toBe('');
		});

		test('speech that goes on is left out, with a warning that says where', async () => {
			const warnings: Warning[] = [];
			const result = await transcription.collect(events(engine, {audio: recording('jfk.wav')}, {warnings}));
			expect(result.text).toBe('');
			expect(warnings.length).toBeGreaterThan(0);
			for (const {setting, message} of warnings) {
				expect(setting).toBe('audio');
				expect(message).toMatch(/single words.*left out \d+\.\d s to \d+\.\d s/);
			}
		});

		test('settings that it cannot honour are warnings', async () => {
			const warnings: Warning[] = [];
			const request = {audio: sound, language: 'de', prompt: 'x', temperature: 0.5};
			await transcription.collect(events(engine, request, {warnings}));
			expect(warnings.map(({setting}) => setting)).toEqual(['language', 'prompt', 'temperature']);
			const none: Warning[] = [];
			await transcription.collect(events(engine, {audio: sound, language: 'en-GB', temperature: 0}, {warnings: none}));
			expect(none).toEqual([]);
		});

		test('who leaves gets no further word', async () => {
			const leave = new AbortController();
			const words: string[] = [];
			const listen = async (): Promise<void> => {
				for await (const event of events(engine, {audio: inPieces(sound, 1600)}, {signal: leave.signal}))
					if (event.type === 'segment-final') {
						words.push(event.segment.text);
						leave.abort();
					}
			};
			await expect(listen()).rejects.toMatchObject({code: 'cancelled'});
			expect(words).toEqual(['seven']);
		});

		test('the probability below which a sound is no word can be set', async () => {
			const strict = await loadHere(spellingCnn, await modelAt(folder), {confidence: 0.95});
			const {text} = await transcription.collect(events(strict, {audio: sound}));
			await strict[Symbol.asyncDispose]();
			expect(text).toBe('');
		});
	});

	test.each<[string, unknown, RegExp]>([
		['no file beside it', undefined, /does not tell its classes/],
		['no classes', {n_mels: 64}, /does not tell its classes/],
		['other names for what goes in', meta({input_name: 'sound'}), /has no 'sound'/],
		['another picture', meta({n_mels: 32}), /takes 64 × 128 numbers, its file says 32 × 128/],
		['fewer classes', meta({classes: ['a', 'b']}), /tells 51 classes apart, its file names 2/],
		['samples instead of a spectrogram', meta({mode: 'wave'}), /does not tell its classes/],
		['a clip without end', meta({clip_seconds: 1e9}), /does not tell its classes/],
	])('with %s it is no such model', async (_name, wrong, problem) => {
		const model = await modelAt(whole);
		const broken = {...model, variant: {...model.variant, options: {meta: wrong}}};
		await expect(loadHere(spellingCnn, broken)).rejects.toMatchObject({
			code: 'model-invalid',
			data: {problem: expect.stringMatching(problem)},
		});
	});
});

function meta(changes: Readonly<Record<string, unknown>>): unknown {
	const classes = Array.from({length: 51}, (_, at) => `word ${at}`);
	const sizes = {sample_rate: 16_000, clip_seconds: 1, hop_length: 125, n_mels: 64, target_frames: 128};
	return {classes, ...sizes, ...changes};
}

test('the likeliest class has the probability that its logit stands for', () => {
	expect(bestClass([0, Math.log(3), 0])).toMatchObject({index: 1, probability: expect.closeTo(0.6, 10)});
	expect(bestClass([1e4, -1e4])).toEqual({index: 0, probability: 1});
	expect(bestClass([Number.NaN, 1]).probability).toBeNaN();
});
