import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {flite} from '../../../src/adapters/flite.ts';
import {speakable} from '../../../src/adapters/flite/speakable.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {starterModels} from '../../../src/models/starters.ts';
import {speech, type SpeechEvent, type SpeechRequest, type SpeechResult} from '../../../src/tasks/speech.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
let model: InstalledModel;
let engine: AnyEngine;
beforeAll(async () => {
	const starters = await starterModels(path.join(repositoryRoot, 'registry/starter'));
	const found = starters.find(({installed}) => installed.id === 'voice');
	if (found === undefined) throw new Error('the voice is not among the starters: npm ci');
	model = found.installed;
	engine = await load(model);
});
afterAll(() => engine[Symbol.asyncDispose]());

function load(installed: InstalledModel): Promise<AnyEngine> {
	const signal = new AbortController().signal;
	return flite.load(installed, {signal, progress() {}, device, threads: 1, settings: {}});
}

function events(
	request: SpeechRequest,
	options: {readonly signal?: AbortSignal; readonly warnings?: Warning[]} = {},
): AsyncIterable<SpeechEvent> {
	const handler = engine.tasks.speech;
	if (handler === undefined) throw new Error('it does not speak');
	const signal = options.signal ?? new AbortController().signal;
	return handler(request, {signal, warn: warning => void options.warnings?.push(warning)});
}

const say = (request: SpeechRequest): Promise<SpeechResult> => speech.collect(events(request));
const seconds = ({samples, sampleRate}: SpeechResult): number => samples.length / sampleRate;
const energy = ({samples}: SpeechResult): number =>
	Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

test.each(['slt', 'rms', 'awb', 'kal16'])('%s says a sentence: sound of a plausible length, at 16 kHz', async voice => {
	const spoken = await say({text: 'The quick brown fox jumps over the lazy dog.', voice});
	expect(spoken).toMatchObject({sampleRate: 16_000, channels: 1});
	expect(seconds(spoken)).toBeGreaterThan(1.5);
	expect(seconds(spoken)).toBeLessThan(5);
	expect(energy(spoken)).toBeGreaterThan(0.01);
	expect(spoken.usage.audioSeconds).toBeCloseTo(seconds(spoken), 6);
});

test('each voice is another one, and the first is the one that speaks when none is named', async () => {
	const text = 'Good morning.';
	const all = await Promise.all(['slt', 'rms', 'awb', 'kal16'].map(voice => say({text, voice})));
	expect(new Set(all.map(({samples}) => Buffer.from(samples.buffer).toString('base64'))).size).toBe(4);
	expect((await say({text})).samples).toEqual(all[0]?.samples);
});

test.each([
	[0.25, 4],
	[0.5, 2],
	[2, 0.5],
	[4, 0.25],
])('at speed %d a sentence takes %d times as long', async (speed, times) => {
	const text = 'This is a sentence that is said at another speed than its own.';
	const ratio = seconds(await say({text, voice: 'kal16', speed})) / seconds(await say({text, voice: 'kal16'}));
	expect(ratio / times).toBeGreaterThan(0.8);
	expect(ratio / times).toBeLessThan(1.2);
});

test('sentences come one by one: what comes first has been computed alone', async () => {
	const text = 'One. Two is a longer sentence. Three.';
	const first = await say({text: 'One.', voice: 'kal16'});
	const iterator = events({text, voice: 'kal16'})[Symbol.asyncIterator]();
	expect((await iterator.next()).value).toEqual({type: 'audio-start', sampleRate: 16_000, channels: 1});
	expect((await iterator.next()).value).toEqual({type: 'sentence-start', text: 'One.'});
	expect((await iterator.next()).value).toEqual({type: 'audio-delta', samples: first.samples});
	await iterator.return?.();
	const whole = await say({text, voice: 'kal16'});
	const apart = await Promise.all(
		['One.', 'Two is a longer sentence.', 'Three.'].map(part => say({text: part, voice: 'kal16'})),
	);
	expect(whole.samples.length).toBe(apart.reduce((sum, {samples}) => sum + samples.length, 0));
});

test('no piece is longer than a second', async () => {
	for await (const event of events({text: 'A sentence that takes more than one second to say.', voice: 'kal16'}))
		if (event.type === 'audio-delta') expect(event.samples.length).toBeLessThanOrEqual(16_000);
});

test('several speak at once, each its own text', async () => {
	const texts = ['One and two.', 'Three and four.', 'Five and six.'];
	const alone = [];
	for (const text of texts) alone.push((await say({text, voice: 'kal16'})).samples);
	const together = await Promise.all(texts.map(text => say({text, voice: 'kal16'})));
	expect(together.map(({samples}) => samples)).toEqual(alone);
});

test('on two threads a text is what it is on one, and what is said at once is counted for each', async () => {
	const text = 'One. Two is a longer sentence. Three. Four is another one that takes its time. Five.';
	const alone = await say({text, voice: 'kal16'});
	engine.setThreads?.(2);
	const together = await Promise.all([say({text, voice: 'kal16'}), say({text, voice: 'awb'})]);
	engine.setThreads?.(1);
	expect(together[0]?.samples).toEqual(alone.samples);
	expect(together[0]?.usage).toMatchObject({
		characters: alone.usage.characters,
		audioSeconds: alone.usage.audioSeconds,
	});
	expect(together[0]?.usage.computeMs).toBeGreaterThan(0);
});

test('a second thread is counted, and can be given back', async () => {
	engine.setThreads?.(2);
	// Where one is quick, it has said all before the other has started.
	for (let tries = 0; engine.reclaimable?.['ram'] === 0 && tries < 50; tries += 1)
		await say({text: 'One. Two. Three.'});
	engine.setThreads?.(1);
	const held = engine.footprint['ram'] ?? 0;
	const spare = engine.reclaimable?.['ram'] ?? 0;
	expect(spare).toBeGreaterThan(15e6);
	await engine.shrink?.();
	expect(engine.footprint['ram']).toBeLessThanOrEqual(held - spare);
	expect(engine.reclaimable?.['ram']).toBe(0);
	expect(seconds(await say({text: 'One.', voice: 'kal16'}))).toBeGreaterThan(0.1);
});

test('a sentence is the same whatever was said before it, in any voice, at any speed', async () => {
	const request = {text: 'Good morning.', voice: 'kal16'};
	const alone = (await say(request)).samples;
	for (const before of [
		{text: 'A sentence as long as any, with clauses, commas and words enough for it to take its time. '.repeat(3)},
		{text: 'Slowly.', voice: 'rms', speed: 0.25},
		{text: '7'.repeat(300), voice: 'kal16', speed: 4},
	]) {
		await say(before);
		expect((await say(request)).samples).toEqual(alone);
	}
});

test('who leaves is not spoken to: no sentence is begun after the signal', async () => {
	const leave = new AbortController();
	let pieces = 0;
	const speaking = async (): Promise<void> => {
		const text = 'One. Two. Three. Four.';
		for await (const event of events({text, voice: 'kal16'}, {signal: leave.signal}))
			if (event.type === 'audio-delta') {
				pieces += 1;
				leave.abort();
			}
	};
	await expect(speaking()).rejects.toMatchObject({code: 'cancelled'});
	expect(pieces).toBe(1);
});

test('an unknown voice is refused with those there are', async () => {
	await expect(say({text: 'Hi', voice: 'nobody'})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'voice', expected: 'one of slt, rms, awb, kal16, not nobody'},
	});
});

test.each(['你好', '...', '😀', '\u0000'])('%j holds nothing that could be said', async text => {
	await expect(say({text})).rejects.toMatchObject({code: 'invalid-request', data: {path: 'text'}});
});

test('what cannot be honoured is a warning, and the rest is said', async () => {
	const warnings: Warning[] = [];
	const request = {
		text: 'Hello 世界',
		voice: 'kal16',
		language: 'de-DE',
		instructions: 'Whisper',
		steps: 9,
		seed: 7,
	};
	await speech.collect(events(request, {warnings}));
	expect(warnings.map(({setting}) => setting)).toEqual(['language', 'instructions', 'steps', 'seed', 'text']);
	const none: Warning[] = [];
	await speech.collect(events({text: 'Hello', voice: 'kal16', language: 'EN-gb'}, {warnings: none}));
	expect(none).toEqual([]);
});

test.each([
	['an option', '-o /etc/x -lv'],
	['a cry for help', '--help'],
	['markup', '<speak>hi</speak>'],
	['what a shell would read', `hi \\ ' " $(x)`.repeat(3)],
	['a word of a thousand letters', 'a'.repeat(1000)],
	['a number of 450 digits', '7'.repeat(450)],
])('%s is text like any other', async (_name, text) => {
	expect(seconds(await say({text, voice: 'kal16', speed: 4}))).toBeGreaterThan(0.1);
});

test('its footprint counts the file and the memory it works in', async () => {
	expect(engine.footprint['ram']).toBeGreaterThan(40e6);
	expect(engine.footprint['ram']).toBeLessThan(100e6);
	expect(flite.estimate(model, {...device, pools: {unified: 8e9}}, {})).toHaveProperty('unified');
});

test('a damaged program is no model, and no crash', async () => {
	const paths = {weights: path.join(repositoryRoot, 'package.json')};
	await expect(load({...model, paths})).rejects.toMatchObject({code: 'model-invalid'});
});

test('letters with accents and typographic signs become what an English voice reads', () => {
	const {text, leftOut} = speakable('Café “naïve” — Straße… 20 °C');
	expect({text: text.replaceAll(/ +/g, ' '), leftOut}).toEqual({
		text: 'Cafe "naive" , Strasse... 20 degrees C',
		leftOut: [],
	});
	expect(speakable('你好 hi 你')).toEqual({text: ' hi ', leftOut: ['你', '好']});
});
