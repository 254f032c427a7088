import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {textToWaveform} from '../../../src/adapters/text-to-waveform.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {loadSpeaker, type LoadedSpeaker} from '../../helpers/load-speaker.ts';

const folder = path.join(repositoryRoot, 'test/fixtures/speech/vits');
let vits: LoadedSpeaker;
beforeAll(async () => {
	vits = await loadSpeaker(textToWaveform, folder);
});
afterAll(() => vits[Symbol.asyncDispose]());

test('VITS says what the reference says, sample by sample', async () => {
	const reference = JSON.parse(await readFile(path.join(folder, 'reference.json'), 'utf8')) as {
		readonly text: string;
		readonly samples: number;
		readonly first: readonly number[];
	};
	const spoken = await vits.say({text: reference.text});
	expect(spoken).toMatchObject({sampleRate: 16_000, channels: 1});
	expect(spoken.samples.length).toBe(reference.samples);
	const farthest = Math.max(...reference.first.map((sample, at) => Math.abs(sample - (spoken.samples[at] ?? 9))));
	expect(farthest).toBeLessThan(1e-4);
});

test('sentences are said one by one, and a pace it does not have is warned of', async () => {
	const warnings: Warning[] = [];
	const one = await vits.say({text: 'Hello there.', speed: 2}, warnings);
	const two = await vits.say({text: 'Hello there. Hello there.'});
	expect(two.samples.length).toBe(2 * one.samples.length);
	expect(warnings).toEqual([{setting: 'speed', message: 'this model has one pace only'}]);
});

test('a damaged graph is refused with the words of the runtime', async () => {
	const copy = await mkdtemp(path.join(tmpdir(), 'mofa-vits-'));
	try {
		await cp(folder, copy, {recursive: true});
		await writeFile(path.join(copy, 'onnx/model.onnx'), 'no graph');
		await expect(loadSpeaker(textToWaveform, copy)).rejects.toMatchObject({code: 'model-invalid'});
	} finally {
		await rm(copy, {recursive: true});
	}
});
