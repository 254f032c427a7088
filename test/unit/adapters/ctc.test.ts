import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {ctc} from '../../../src/adapters/ctc.ts';
import {featureExtractor} from '../../../src/adapters/ctc/features.ts';
import {CtcRecognizer} from '../../../src/adapters/ctc/recognizer.ts';
import {spell} from '../../../src/adapters/ctc/spell.ts';
import {readVocabulary} from '../../../src/adapters/ctc/vocabulary.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../../src/backends/onnx/session.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import {
	asrFixture,
	device,
	distance,
	folderModel,
	loadAdapter,
	mono,
	parityTone,
	reference,
	transcribed,
	type Sample,
} from '../../helpers/speech-model.ts';

interface Reference {
	readonly cases: ReadonlyArray<{
		readonly seconds: number;
		readonly seed: number;
		readonly input: Sample;
		readonly logits: Sample;
		readonly frames: readonly number[];
		readonly text: string;
	}>;
}

const signal = new AbortController().signal;

describe('wav2vec2', () => {
	let model: InstalledModel;
	let engine: AnyEngine;
	let session: OnnxSession;
	beforeAll(async () => {
		model = await folderModel(asrFixture('wav2vec2'));
		engine = await loadAdapter(ctc, model);
		session = await onnx.open({signal, device, threads: 1});
	});
	afterAll(async () => {
		await engine[Symbol.asyncDispose]();
		await session[Symbol.asyncDispose]();
	});

	test('features, answer and frames are what the reference says', async () => {
		const graph = await session.open(model.paths['weights'] ?? '');
		const features = await featureExtractor(model, session, graph, asrFixture('wav2vec2'));
		const recognizer = new CtcRecognizer({graph, features, vocabulary: await readVocabulary(model)}, false);
		const {cases} = await reference<Reference>('wav2vec2');
		for (const {seconds, seed, input, logits, frames} of cases) {
			const sound = parityTone(seconds, seed);
			const feeds = await features(sound);
			expect(distance(feeds['input_values']?.data as Float32Array, input)).toBeLessThan(1e-4);
			const outputs = await graph.run(feeds);
			expect(distance(outputs['logits']?.data as Float32Array, logits)).toBeLessThan(1e-4);
			expect((await recognizer.frames(sound, signal)).frames).toEqual(frames);
		}
	});

	test('the text is the letters without repeats and blanks, and words have times', async () => {
		const {cases} = await reference<Reference>('wav2vec2');
		for (const {seconds, seed, text} of cases) {
			const heard = await transcribed(engine, {audio: mono(parityTone(seconds, seed)), words: true});
			expect(heard.text).toBe(text);
			const [segment] = heard.segments;
			expect(segment?.words?.map(word => word.text).join(' ')).toBe(text);
			expect(segment?.end).toBeLessThanOrEqual(seconds);
			expect(segment?.start).toBeGreaterThanOrEqual(0);
		}
	});

	test('a long sound is cut into windows, and nothing of it is lost', async () => {
		const {usage, segments} = await transcribed(engine, {audio: mono(parityTone(50, 2))});
		expect(usage.audioSeconds).toBe(50);
		expect(segments.length).toBeGreaterThanOrEqual(3);
		expect(segments.at(-1)?.end).toBeGreaterThan(45);
	});
});

describe('spelling', () => {
	const letters = ['', ' ', 'A', 'B'].map((piece, id) => [id, piece] as const);
	const vocabulary = {blank: 0, pieces: new Map(letters)};

	test('what comes in a row is one letter, and a blank between two makes them two', () => {
		expect(spell([2, 2, 0, 2, 3, 1, 1, 3], vocabulary, 0.5)).toEqual([
			{text: 'AAB', start: 0, end: 2.5},
			{text: 'B', start: 3.5, end: 4},
		]);
	});

	test('sentence pieces begin a word by the space before them', () => {
		const pieces = new Map([
			[1, ' he'],
			[2, 'llo'],
			[3, ' you'],
		]);
		expect(spell([1, 0, 2, 3], {blank: 0, pieces}, 1).map(({text}) => text)).toEqual(['hello', 'you']);
	});

	test('nothing but blanks is no word', () => {
		expect(spell([0, 0, 1, 0], vocabulary, 1)).toEqual([]);
	});
});
