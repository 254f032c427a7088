import {cp, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {sherpa} from '../../../src/adapters/sherpa.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {transcription, type TranscriptionRequest, type TranscriptionResult} from '../../../src/tasks/transcription.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {loadHere, modelAt} from '../../helpers/real-sound.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

/** A graph of Paraformer's shape that says hello, whatever it hears. */
const folder = path.join(repositoryRoot, 'test/fixtures/asr/sherpa-onnx-paraformer-test');
let engine: AnyEngine;
beforeAll(async () => {
	engine = await loadHere(sherpa, await modelAt(folder));
});
afterAll(() => engine[Symbol.asyncDispose]());

const tone = (seconds: number): TranscriptionRequest['audio'] => ({
	samples: Float32Array.from({length: 16_000 * seconds}, (_, at) => Math.sin(at / 9) / 2),
	sampleRate: 16_000,
	channels: 1,
});

function hear(request: TranscriptionRequest, warnings: Warning[] = []): Promise<TranscriptionResult> {
	const handler = engine.tasks.transcription;
	if (handler === undefined) throw new Error('it does not transcribe');
	const signal = new AbortController().signal;
	return transcription.collect(handler(request, {signal, warn: warning => void warnings.push(warning)}));
}

test('a folder named after the family, with a graph and its tokens, is that family', async () => {
	const {manifest} = await modelAt(folder);
	expect(manifest).toMatchObject({family: 'paraformer', tasks: ['transcription']});
});

test('what the package hears is a segment with its times', async () => {
	const result = await hear({audio: tone(2)});
	expect(result.text).toBe('你好');
	expect(result.segments).toEqual([{text: '你好', start: expect.any(Number) as number, end: 2}]);
	expect(result.usage.audioSeconds).toBe(2);
});

test('long sound is heard in windows, and silence is not shown to it', async () => {
	expect((await hear({audio: tone(60)})).segments.length).toBeGreaterThan(1);
	const silence = {samples: new Float32Array(32_000), sampleRate: 16_000, channels: 1} as const;
	expect((await hear({audio: silence})).text).toBe('');
});

test('settings it does not have are told of', async () => {
	const warnings: Warning[] = [];
	await hear({audio: tone(1), language: 'zh', words: true}, warnings);
	expect(warnings.map(({setting}) => setting)).toEqual(['language', 'words']);
});

test.each([
	['a graph that was cut', 'model.int8.onnx', (bytes: Buffer) => bytes.subarray(0, 2000), /cut off/],
	[
		'a graph that does not say what it was made of',
		'model.int8.onnx',
		(bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('neg_mean', 'neg_meen'), 'latin1'),
		/'neg_mean'/,
	],
	['tokens without numbers', 'tokens.txt', () => Buffer.from('a\nb\n'), /line 1/],
])('%s is refused before native code sees it', async (_, file, change, problem) => {
	const damaged = path.join(temporaryFolder(), 'sherpa-onnx-paraformer-test');
	await cp(folder, damaged, {recursive: true});
	await writeFile(path.join(damaged, file), change(await readFile(path.join(damaged, file))));
	const failure = await loadHere(sherpa, await modelAt(damaged)).catch((error: unknown) => error);
	expect(failure).toMatchObject({code: 'model-invalid', data: {problem: expect.stringMatching(problem) as string}});
});
