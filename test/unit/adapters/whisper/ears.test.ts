import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {whisper} from '../../../../src/adapters/whisper.ts';
import type {AnyEngine} from '../../../../src/contract/engine.ts';
import {parseWav} from '../../../../src/media/wav.ts';
import {repositoryRoot} from '../../../helpers/bundle.ts';
import {folderModel, loadAdapter, mono, transcribed} from '../../../helpers/speech-model.ts';

interface Reference {
	readonly clips: ReadonlyArray<{readonly file: string; readonly text: string; readonly words: string}>;
}

const fixtures = path.join(repositoryRoot, 'test/fixtures/ears');
let engine: AnyEngine;
let clips: ReadonlyArray<{
	readonly samples: Float32Array;
	readonly sampleRate: number;
	readonly text: string;
	readonly words: string;
}>;
beforeAll(async () => {
	engine = await loadAdapter(whisper, await folderModel(path.join(repositoryRoot, 'registry/starter/ears')));
	const known = JSON.parse(await readFile(path.join(fixtures, 'reference.json'), 'utf8')) as Reference;
	clips = await Promise.all(
		known.clips.map(async ({file, text, words}) => {
			const audio = parseWav(await readFile(path.join(fixtures, file)));
			if (audio === undefined) throw new Error(`${file} is no sound`);
			return {samples: audio.samples, sampleRate: audio.sampleRate, text, words};
		}),
	);
});
afterAll(() => engine[Symbol.asyncDispose]());

test('the built-in ears hear through the adapter what they heard where they were trained', async () => {
	// So low a temperature is as good as none, and it is the only one that is tried.
	for (const {samples, sampleRate, text} of clips)
		expect((await transcribed(engine, {audio: mono(samples, sampleRate), temperature: 1e-3})).text).toBe(text.trim());
	expect(clips.length).toBeGreaterThan(0);
});

test('sentences behind one another are heard one by one, and each word has its time', async () => {
	const [first, second] = clips.filter(clip => clip.text.trim() === clip.words);
	if (first === undefined || second === undefined) throw new Error('two clips are needed');
	const pause = new Float32Array(first.sampleRate * 0.6);
	const samples = Float32Array.from([first.samples, pause, second.samples].flatMap(part => Array.from(part)));
	const {segments, text} = await transcribed(engine, {audio: mono(samples, first.sampleRate), words: true});
	expect(segments.map(segment => segment.text)[0]).toBe(first.words);
	// Behind another sentence a toy may hear a word less than alone.
	const spoken = `${first.words} ${second.words}`.split(' ').length;
	expect(Math.abs(text.split(' ').length - spoken)).toBeLessThanOrEqual(1);
	const words = segments.flatMap(segment => segment.words ?? []);
	expect(words.map(word => word.text).join(' ')).toBe(text);
	for (const [index, {start, end}] of words.entries()) {
		expect(end).toBeGreaterThanOrEqual(start);
		expect(start).toBeGreaterThanOrEqual(words[index - 1]?.start ?? 0);
	}
	const between = first.samples.length / first.sampleRate;
	const count = first.text.trim().split(' ').length;
	expect(words[count]?.start).toBeGreaterThan(between - 0.2);
});
