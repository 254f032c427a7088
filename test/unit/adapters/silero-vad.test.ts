import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {sileroVad} from '../../../src/adapters/silero-vad.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Audio} from '../../../src/contract/media.ts';
import {FrameCutter} from '../../../src/media/frame-cutter.ts';
import {resample} from '../../../src/media/resampler.ts';
import {SpeechGate} from '../../../src/media/speech-gate.ts';
import {
	voiceActivity,
	type VoiceActivityEvent,
	type VoiceActivityRequest,
	type VoiceActivityResult,
} from '../../../src/tasks/voice-activity.ts';
import {featureReference, whiteNoise} from '../../helpers/features.ts';
import {inPieces, isPresent, loadHere, modelAt, recording, sharedFile} from '../../helpers/real-sound.ts';

const weights = sharedFile('models/silero-vad/silero_vad.onnx');
const present = isPresent(weights, sharedFile('media/jfk.wav'), sharedFile('media/spelled_seven_two_zero_w_x.wav'));

describe.skipIf(!present)('Silero, its real weights', () => {
	let engine: AnyEngine;
	let speech: Audio;
	beforeAll(async () => {
		engine = await loadHere(sileroVad, await modelAt(weights));
		speech = recording('jfk.wav');
	});
	afterAll(() => engine[Symbol.asyncDispose]());

	function events(
		request: VoiceActivityRequest,
		signal = new AbortController().signal,
	): AsyncIterable<VoiceActivityEvent> {
		const handler = engine.tasks['voice-activity'];
		if (handler === undefined) throw new Error('it does not find voices');
		return handler(request, {signal, warn() {}});
	}
	const find = (request: VoiceActivityRequest): Promise<VoiceActivityResult> => voiceActivity.collect(events(request));

	test('is known by the name of its file, and by the folder that it lies in', async () => {
		for (const file of [weights, sharedFile('models/silero-vad')]) {
			const {manifest, variant, paths} = await modelAt(file);
			expect(manifest).toMatchObject({family: 'silero-vad', tasks: ['voice-activity']});
			expect(sileroVad.serves(manifest, variant)).toBe(true);
			expect(path.basename(paths['weights'] ?? '')).toBe(path.basename(weights));
		}
	});

	test('marks two thirds of a famous speech, stretch by stretch', async () => {
		const {stretches, usage} = await find({audio: speech});
		expect(usage.audioSeconds).toBe(11);
		const spoken = stretches.reduce((sum, {start, end}) => sum + end - start, 0) / usage.audioSeconds;
		expect(spoken).toBeGreaterThan(0.6);
		expect(spoken).toBeLessThan(0.75);
		expect(stretches).toHaveLength(5);
		for (const [at, {start, end}] of stretches.entries()) {
			expect(end).toBeGreaterThan(start);
			expect(start).toBeGreaterThanOrEqual(stretches[at - 1]?.end ?? 0);
		}
	});

	test('hears what its own code hears in Python, frame by frame', async () => {
		const defaults = {threshold: 0.5, minSpeech: 0.25, minSilence: 0.1, padding: 0.03};
		const gate = new SpeechGate({frameSamples: 512, sampleRate: 16_000, ...defaults});
		const expected = featureReference.silero.map(probability => gate.push(probability));
		const times = [...expected, gate.end(11)].flatMap(event => (event === undefined ? [] : [event.at]));
		const {stretches} = await find({audio: speech});
		expect(stretches.flatMap(({start, end}) => [start, end])).toEqual(times);
		// Thresholds between which a voice is found or not tell the probabilities themselves.
		const highest = Math.max(...featureReference.silero);
		const anything = {audio: speech, minSpeech: 0, minSilence: 0, padding: 0};
		expect((await find({...anything, threshold: highest + 2e-5})).stretches).toEqual([]);
		expect((await find({...anything, threshold: highest - 2e-5})).stretches).not.toEqual([]);
		expect(featureReference.silero).toHaveLength([...new FrameCutter(512).push(speech.samples)].length + 1);
	});

	test.each([
		['pieces of one sample to a second', [1, 511, 512, 513, 16_000, 7]],
		['pieces of 10 ms', [160]],
	])('hears the same in a stream of %s', async (_name, lengths) => {
		const {stretches} = await find({audio: speech});
		expect((await find({audio: inPieces(speech, ...lengths)})).stretches).toEqual(stretches);
	});

	test.each([8000, 44_100, 48_000])('hears nearly the same at %d Hz and in stereo', async sampleRate => {
		const mono = resample(speech.samples, 16_000, sampleRate);
		const samples = Float32Array.from({length: 2 * mono.length}, (_, at) => mono[at >> 1] ?? 0);
		const {stretches} = await find({audio: {samples, sampleRate, channels: 2}});
		const expected = (await find({audio: speech})).stretches;
		const share = (all: typeof expected): number => all.reduce((sum, {start, end}) => sum + end - start, 0);
		expect(Math.abs(share(stretches) / share(expected) - 1)).toBeLessThan(0.1);
	});

	test('tells of a voice while it speaks, before the sound has ended', async () => {
		let given = 0;
		const counted = async function* (): AsyncGenerator<Audio> {
			for await (const piece of inPieces(speech, 1600)) {
				given += piece.samples.length / 16_000;
				yield piece;
			}
		};
		const when: number[] = [];
		for await (const event of events({audio: counted()})) if (event.type === 'voice-start') when.push(given - event.at);
		expect(when).toHaveLength(5);
		// The shortest speech, a frame, and a piece of the stream.
		for (const delay of when) expect(delay).toBeLessThan(0.25 + 0.03 + 0.032 + 0.1 + 0.001);
	});

	test.each<[string, Audio]>([
		['nothing at all', {samples: new Float32Array(0), sampleRate: 16_000, channels: 1}],
		['silence', {samples: new Float32Array(80_000), sampleRate: 16_000, channels: 1}],
		['noise', {samples: whiteNoise(80_000, 0.1), sampleRate: 16_000, channels: 1}],
		['what is no number', {samples: new Float32Array(80_000).fill(Number.NaN), sampleRate: 16_000, channels: 1}],
		['one sample', {samples: Float32Array.of(0.5), sampleRate: 16_000, channels: 1}],
	])('hears nobody in %s', async (_name, audio) => {
		const {stretches, usage} = await find({audio});
		expect(stretches).toEqual([]);
		expect(usage.audioSeconds).toBe(audio.samples.length / 16_000);
	});

	test('samples that are no numbers do not spoil those after them', async () => {
		const samples = speech.samples.slice();
		samples.fill(Number.NaN, 0, 3000);
		const {stretches} = await find({audio: {...speech, samples}});
		expect(stretches.slice(1)).toEqual((await find({audio: speech})).stretches.slice(1));
	});

	test('several sounds at once are heard each by itself', async () => {
		const spelled = recording('spelled_seven_two_zero_w_x.wav');
		const alone = [await find({audio: speech}), await find({audio: spelled})];
		const together = await Promise.all([find({audio: speech}), find({audio: spelled})]);
		expect(together.map(({stretches}) => stretches)).toEqual(alone.map(({stretches}) => stretches));
		expect(alone[1]?.stretches).toHaveLength(5);
	});

	test('who leaves a sound that has no end is not waited for', async () => {
		const leave = new AbortController();
		const endless = async function* (): AsyncGenerator<Audio> {
			yield speech;
			leave.abort();
			await new Promise(() => undefined);
		};
		const listening = voiceActivity.collect(events({audio: endless()}, leave.signal));
		await expect(listening).rejects.toMatchObject({code: 'cancelled'});
	});

	test('a graph of another kind is no Silero', async () => {
		const graph = sharedFile('models/spelling-cnn/spelling_cnn_mel.onnx');
		const model = await modelAt(weights);
		await expect(loadHere(sileroVad, {...model, paths: {weights: graph}})).rejects.toMatchObject({
			code: 'model-invalid',
		});
	});
});
