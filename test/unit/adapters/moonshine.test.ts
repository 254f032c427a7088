import {afterAll, beforeAll, expect, test} from 'vitest';
import {moonshine} from '../../../src/adapters/moonshine.ts';
import {MoonshineRecognizer} from '../../../src/adapters/moonshine/recognizer.ts';
import {MergedDecoder} from '../../../src/backends/onnx/merged-decoder.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../../src/backends/onnx/session.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {readTokenizer} from '../../../src/tasks/transcribing/text-tokenizer.ts';
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
		readonly encoder: Sample;
		readonly tokens: readonly number[];
	}>;
}

const signal = new AbortController().signal;
let model: InstalledModel;
let engine: AnyEngine;
let session: OnnxSession;
beforeAll(async () => {
	model = await folderModel(asrFixture('moonshine'));
	engine = await loadAdapter(moonshine, model);
	session = await onnx.open({signal, device, threads: 1});
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	await session[Symbol.asyncDispose]();
});

test('a folder is known for what it is', () => {
	expect(model.manifest).toMatchObject({family: 'moonshine', tasks: ['transcription']});
	expect(moonshine.serves(model.manifest, model.variant)).toBe(true);
});

test('the encoder and the likeliest text are what the reference says, token for token', async () => {
	const encoder = await session.open(model.paths['weights-encoder_model'] ?? '');
	const graph = await session.open(model.paths['weights-decoder_model_merged'] ?? '');
	const decoder = new MergedDecoder(graph, session.module, {layers: 2, heads: 2, headSize: 16});
	const tokenizer = await readTokenizer('moonshine', model.paths);
	const parts = {module: session.module, encoder, decoder, tokenizer, start: 1, end: 2, positions: 194};
	const {cases} = await reference<Reference>('moonshine');
	for (const {seconds, seed, encoder: expected, tokens} of cases) {
		const sound = parityTone(seconds, seed);
		const input = new session.module.Tensor('float32', sound, [1, sound.length]);
		const hidden = (await encoder.run({input_values: input}))['last_hidden_state'];
		expect(distance(hidden?.data as Float32Array, expected)).toBeLessThan(1e-4);
		const written = await new MoonshineRecognizer(parts).write(sound, signal);
		expect(written.tokens.slice(0, tokens.length)).toEqual(tokens);
	}
	expect(cases.reduce((sum, {tokens}) => sum + tokens.length, 0)).toBeGreaterThan(50);
});

test('what it cannot do is said, and the sound is heard all the same', async () => {
	const warnings: Warning[] = [];
	const {usage} = await transcribed(
		engine,
		{audio: mono(parityTone(2, 1)), words: true, language: 'de', prompt: 'names'},
		{warnings},
	);
	expect(usage.audioSeconds).toBe(2);
	expect(warnings.map(({setting}) => setting)).toEqual(['language', 'words', 'prompt']);
});
