import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {adapters} from '../../../src/adapters/index.ts';
import {energyGate} from '../../../src/adapters/energy-gate.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Audio} from '../../../src/contract/media.ts';
import {starterModels} from '../../../src/models/starters.ts';
import {voiceActivity, type VoiceActivityRequest, type VoiceActivityResult} from '../../../src/tasks/voice-activity.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {whiteNoise} from '../../helpers/features.ts';
import {inPieces, isPresent, loadHere, recording, sharedFile} from '../../helpers/real-sound.ts';

let engine: AnyEngine;
beforeAll(async () => {
	const starters = await starterModels(path.join(repositoryRoot, 'registry/starter'));
	const found = starters.find(({installed}) => installed.id === 'energy-gate');
	if (found === undefined) throw new Error('the gate is not among the starters');
	expect(found).toMatchObject({bytes: 0, files: []});
	engine = await loadHere(energyGate, found.installed);
});
afterAll(() => engine[Symbol.asyncDispose]());

function find(request: VoiceActivityRequest): Promise<VoiceActivityResult> {
	const handler = engine.tasks['voice-activity'];
	if (handler === undefined) throw new Error('it does not find voices');
	return voiceActivity.collect(handler(request, {signal: new AbortController().signal, warn() {}}));
}

const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;

/** Half a second of a tone in the middle of two seconds of faint noise. */
function beep(sampleRate: number): Audio {
	const samples = whiteNoise(2 * sampleRate, 0.001);
	for (let at = sampleRate / 2; at < sampleRate; at += 1)
		samples[at] = 0.3 * Math.sin((2 * Math.PI * 400 * at) / sampleRate);
	return {samples, sampleRate, channels: 1};
}

test('it is always there: nothing to fetch, nothing to install', async () => {
	expect(adapters).toContain(energyGate);
	expect(await energyGate.probe(device)).toMatchObject({ok: true});
});

test.each([8000, 16_000, 44_100, 48_000])(
	'at %d Hz it finds what is loud, with some room around it',
	async sampleRate => {
		const {stretches, usage} = await find({audio: beep(sampleRate)});
		expect(usage.audioSeconds).toBe(2);
		expect(stretches).toHaveLength(1);
		expect(Math.abs((stretches[0]?.start ?? 0) - 0.45)).toBeLessThan(0.03);
		expect(Math.abs((stretches[0]?.end ?? 0) - 1.05)).toBeLessThan(0.03);
	},
);

test('a request sets what counts as speech', async () => {
	expect((await find({audio: beep(16_000), minSpeech: 0.8})).stretches).toEqual([]);
	const wide = await find({audio: beep(16_000), padding: 0.3, threshold: 0.9});
	expect(Math.abs((wide.stretches[0]?.start ?? 0) - 0.2)).toBeLessThan(0.03);
});

test.each([[[1, 319, 320, 321, 5000]], [[1000]]])('a stream in pieces of %j is heard like one piece', async lengths => {
	const {stretches} = await find({audio: beep(48_000)});
	expect((await find({audio: inPieces(beep(48_000), ...lengths)})).stretches).toEqual(stretches);
});

test.each([
	['nothing at all', new Float32Array(0)],
	['silence', new Float32Array(32_000)],
	['what is no number', new Float32Array(32_000).fill(Number.NaN)],
])('%s is nobody', async (_name, samples) => {
	expect((await find({audio: {samples, sampleRate: 16_000, channels: 1}})).stretches).toEqual([]);
});

test('a stream that changes into no sound is refused', async () => {
	const audio = async function* (): AsyncGenerator<Audio> {
		yield beep(16_000);
		yield {samples: new Float32Array(3), sampleRate: 16_000, channels: 2};
	};
	await expect(find({audio: audio()})).rejects.toMatchObject({code: 'invalid-request', data: {path: 'audio'}});
});

test.skipIf(!isPresent(sharedFile('media/jfk.wav'), sharedFile('media/spelled_seven_two_zero_w_x.wav')))(
	'in real speech it finds five spelled words, and most of what is spoken in a speech',
	async () => {
		expect((await find({audio: recording('spelled_seven_two_zero_w_x.wav')})).stretches).toHaveLength(5);
		const {stretches, usage} = await find({audio: recording('jfk.wav')});
		const spoken = stretches.reduce((sum, {start, end}) => sum + end - start, 0) / usage.audioSeconds;
		expect(spoken).toBeGreaterThan(0.55);
		expect(spoken).toBeLessThan(0.85);
	},
);
