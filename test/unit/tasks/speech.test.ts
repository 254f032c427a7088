import {expect, test} from 'vitest';
import {builtInTasks} from '../../../src/tasks/index.ts';
import {speech, type SpeechEvent} from '../../../src/tasks/speech.ts';

test('it is among the tasks that every door serves', () => {
	expect(builtInTasks['speech']).toBe(speech);
});

test('a request is taken as it is', () => {
	const request = {text: 'Hello', voice: 'slt', speed: 2, language: 'en', steps: 8, seed: 3};
	expect(speech.parse(request)).toEqual(request);
});

test.each([
	[{}, 'text', 'text to say'],
	[{text: 7}, 'text', 'text to say'],
	[{text: '  \n'}, 'text', 'text to say, but it is empty'],
	[{text: 'a'.repeat(1_000_001)}, 'text', 'at most 1000000 characters'],
	[{text: 'Hi', speed: 5}, 'speed', 'a speed of 0.25 to 4'],
	[{text: 'Hi', speed: 0}, 'speed', 'a speed of 0.25 to 4'],
	[{text: 'Hi', steps: 0}, 'steps', 'a whole number from 1 to 1000'],
	[{text: 'Hi', seed: 1.5}, 'seed', 'a whole number from 0 to 4294967295'],
	[{text: 'Hi', voice: ''}, 'voice', 'the name of a voice'],
	[{text: 'Hi', pitch: 2}, 'body', 'nothing called pitch'],
])('what is wrong with %j is said of %s', (request, path, expected) => {
	let failure: unknown;
	try {
		speech.parse(request);
	} catch (error) {
		failure = error;
	}
	expect(failure).toMatchObject({code: 'invalid-request', data: {path, expected}});
});

test('the pieces are put together, and the format stays with them', async () => {
	const usage = {characters: 2, audioSeconds: 1, computeMs: 3};
	const result = await speech.collect(
		events(
			{type: 'audio-start', sampleRate: 8000, channels: 1},
			{type: 'audio-delta', samples: Float32Array.of(0.5, -0.5)},
			{type: 'audio-delta', samples: Float32Array.of(0.25)},
			{type: 'speech-end', usage},
		),
	);
	expect(result).toEqual({samples: Float32Array.of(0.5, -0.5, 0.25), sampleRate: 8000, channels: 1, usage});
});

test('a speech that breaks off is no result', async () => {
	const broken = events({type: 'audio-start', sampleRate: 8000, channels: 1});
	await expect(speech.collect(broken)).rejects.toThrow('without its closing event');
});

async function* events(...all: readonly SpeechEvent[]): AsyncGenerator<SpeechEvent> {
	yield* all;
}
