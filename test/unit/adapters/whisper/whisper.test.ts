import {afterAll, beforeAll, expect, test} from 'vitest';
import {whisper} from '../../../../src/adapters/whisper.ts';
import {attention, beginnings} from '../../../../src/adapters/whisper/align.ts';
import {readWhisper} from '../../../../src/adapters/whisper/configuration.ts';
import {wordsOf} from '../../../../src/adapters/whisper/word-times.ts';
import {LogMel} from '../../../../src/backends/onnx/log-mel.ts';
import {MergedDecoder} from '../../../../src/backends/onnx/merged-decoder.ts';
import {onnx} from '../../../../src/backends/onnx/onnx.ts';
import type {AnyEngine} from '../../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../../src/contract/manifest.ts';
import type {Warning} from '../../../../src/contract/task.ts';
import {readTokenizer} from '../../../../src/tasks/transcribing/text-tokenizer.ts';
import type {TranscriptionEvent, TranscriptionRequest} from '../../../../src/tasks/transcription.ts';
import {
	asrFixture,
	device,
	folderModel,
	loadAdapter,
	mono,
	parityTone,
	reference,
	transcribed,
	transcriptionEvents,
} from '../../../helpers/speech-model.ts';

let model: InstalledModel;
let engine: AnyEngine;
let english: AnyEngine;
beforeAll(async () => {
	model = await folderModel(asrFixture('whisper'));
	engine = await loadAdapter(whisper, model);
	english = await loadAdapter(whisper, await folderModel(asrFixture('whisper-en')));
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	await english[Symbol.asyncDispose]();
});

/** A temperature that was asked for is the only one: random weights would lead through all of them. */
const once = {temperature: 0.01} as const;

async function eventsOf(request: TranscriptionRequest, warnings: Warning[] = []): Promise<TranscriptionEvent[]> {
	const events: TranscriptionEvent[] = [];
	for await (const event of transcriptionEvents(engine, request, {warnings})) events.push(event);
	return events;
}

test('a folder in the layout of the Hub is a Whisper by its configuration', () => {
	expect(model.manifest).toMatchObject({family: 'whisper', tasks: ['transcription']});
	expect(whisper.serves(model.manifest, model.variant)).toBe(true);
	expect(engine.facts).toEqual({windowSeconds: 30, contextLength: 96});
	expect(english.facts).toEqual({windowSeconds: 6, contextLength: 96});
});

test('the language is told once, with its probability, before the first segment', async () => {
	const events = await eventsOf({audio: mono(parityTone(40, 1)), ...once});
	expect(events[0]).toMatchObject({type: 'language-detected', language: expect.stringMatching(/^(en|de|fr|es)$/)});
	expect(events.filter(({type}) => type === 'language-detected')).toHaveLength(1);
	const [first] = events;
	expect(first?.type === 'language-detected' ? first.probability : 0).toBeGreaterThan(0.25);
});

test('a language that was asked for is taken, by any tag for it', async () => {
	const [first] = await eventsOf({audio: mono(parityTone(5, 1)), language: 'fr-CA', ...once});
	expect(first).toEqual({type: 'language-detected', language: 'fr'});
});

test('a language the model does not know is an error that lists those it knows', async () => {
	await expect(eventsOf({audio: mono(parityTone(5, 1)), language: 'ja'})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'language', expected: 'one of en, de, fr, es'},
	});
});

test('a model of one language warns of another, and of translation', async () => {
	const warnings: Warning[] = [];
	const request = {audio: mono(parityTone(3, 1)), language: 'de', translate: true, words: true, ...once};
	const {language} = await transcribed(english, request, {warnings});
	expect(language).toBeNull();
	expect(warnings.map(({setting}) => setting)).toEqual(['language', 'translate', 'words']);
});

test('segments come in order, within the sound, and word times within the window', async () => {
	const {segments, usage} = await transcribed(engine, {audio: mono(parityTone(65, 2)), words: true, ...once});
	expect(usage.audioSeconds).toBe(65);
	expect(segments.length).toBeGreaterThan(1);
	for (const [index, {start, end, words}] of segments.entries()) {
		expect(start).toBeGreaterThanOrEqual(segments[index - 1]?.start ?? 0);
		expect(end).toBeGreaterThanOrEqual(start);
		expect(end).toBeLessThanOrEqual(65);
		for (const word of words ?? []) expect(word.end).toBeGreaterThanOrEqual(word.start);
	}
});

test('what a segment says of itself are numbers that can be', async () => {
	const {segments} = await transcribed(engine, {audio: mono(parityTone(8, 3))});
	for (const {noSpeechProbability, averageLogProbability} of segments) {
		expect(noSpeechProbability).toBeGreaterThanOrEqual(0);
		expect(noSpeechProbability).toBeLessThanOrEqual(1);
		expect(averageLogProbability).toBeLessThanOrEqual(0);
	}
	expect(segments.length).toBeGreaterThan(0);
});

test('a prompt changes what is heard, translation too, and the same request gives the same text', async () => {
	const audio = mono(parityTone(9, 2));
	const german = {audio, language: 'de', ...once};
	// Text and how likely it is: random weights write a sign or two, which may be the same by chance.
	const heard = async (request: TranscriptionRequest): Promise<unknown> =>
		(await transcribed(engine, request)).segments;
	const plain = await heard(german);
	expect(await heard(german)).toEqual(plain);
	expect(await heard({...german, prompt: 'the house on the hill'})).not.toEqual(plain);
	expect(await heard({...german, translate: true})).not.toEqual(plain);
});

test('silence is no text', async () => {
	const {text, segments} = await transcribed(engine, {audio: mono(new Float32Array(16_000 * 40))});
	expect(text).toBe('');
	expect(segments).toEqual([]);
});

test('an abort ends it between two tokens', async () => {
	const abort = new AbortController();
	const events = transcriptionEvents(engine, {audio: mono(parityTone(25, 2))}, {signal: abort.signal});
	const first = events[Symbol.asyncIterator]().next();
	setImmediate(() => {
		abort.abort();
	});
	await expect(first).rejects.toMatchObject({code: 'cancelled'});
});

test('two at a time get their own texts', async () => {
	const german = (samples: Float32Array): TranscriptionRequest => ({audio: mono(samples), language: 'de', ...once});
	const requests = [german(parityTone(7, 1)), german(parityTone(7, 2))];
	const alone: string[] = [];
	for (const request of requests) alone.push((await transcribed(engine, request)).text);
	const together = await Promise.all(requests.map(request => transcribed(engine, request)));
	expect(together.map(({text}) => text)).toEqual(alone);
});

test('a token was said where the reference says', async () => {
	const signal = new AbortController().signal;
	interface Words {
		readonly text: readonly number[];
		readonly frames: number;
		readonly starts: readonly number[];
	}
	const {cases} = await reference<{
		readonly cases: ReadonlyArray<{readonly seconds: number; readonly seed: number; readonly words: Words}>;
	}>('whisper');
	await using session = await onnx.open({signal, device, threads: 1});
	const configuration = await readWhisper('whisper', model.paths);
	const encoder = await session.open(model.paths['weights-encoder_model'] ?? '');
	const graph = await session.open(model.paths['weights-decoder_model_merged'] ?? '');
	const decoder = new MergedDecoder(graph, session.module, configuration);
	const {tokens, alignmentHeads, medianWidth} = configuration;
	const mel = await LogMel.open(session, configuration.mel);
	const before = [tokens.start, tokens.languages.get('de') ?? 0, tokens.transcribe ?? 0, tokens.noTimes ?? 0];
	for (const {seconds, seed, words} of cases) {
		const features = await mel.picture(parityTone(seconds, seed));
		const hidden = (await encoder.run({input_features: features}))['last_hidden_state'];
		if (hidden === undefined) throw new Error('nothing came out');
		const layers = await decoder.attend([...before, ...words.text, tokens.end], hidden, signal);
		const looked = attention(layers, alignmentHeads, words.frames, medianWidth);
		expect(beginnings(looked.slice(before.length - 1, -1))).toEqual(words.starts);
	}
});

test('words keep their signs, and languages without spaces get a word for each sign', async () => {
	const {encode, decode} = await readTokenizer('whisper', model.paths);
	const words = (text: string): readonly string[] => wordsOf(encode(text), {decode}).map(({text: word}) => word);
	expect(words(' Hello, the world (again)! É')).toEqual(['Hello,', 'the', 'world', '(again)!', 'É']);
	expect(words('天気は')).toEqual(['天', '気', 'は']);
});
