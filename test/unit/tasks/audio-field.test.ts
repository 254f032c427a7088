import {expect, test} from 'vitest';
import type {Audio} from '../../../src/contract/media.ts';
import {audioPieces} from '../../../src/tasks/audio-field.ts';
import {transcription} from '../../../src/tasks/transcription.ts';

const piece: Audio = {samples: new Float32Array([0.5]), sampleRate: 16_000, channels: 1};

async function* of(...items: readonly unknown[]): AsyncGenerator<Audio> {
	yield* items as readonly Audio[];
}

async function all(input: Audio | AsyncIterable<Audio>): Promise<Audio[]> {
	const found: Audio[] = [];
	for await (const audio of audioPieces(input)) found.push(audio);
	return found;
}

test('what was recorded is one piece, and what is live comes as it is', async () => {
	expect(await all(piece)).toEqual([piece]);
	expect(await all(of(piece, piece))).toEqual([piece, piece]);
});

test('a stream is not read when a request is parsed', () => {
	const audio: AsyncIterable<Audio> = {
		[Symbol.asyncIterator]() {
			throw new Error('read');
		},
	};
	expect(transcription.parse({audio}).audio).toBe(audio);
});

test.each([
	['text', 'hello', 'audio'],
	['nothing', null, 'audio'],
	['samples that are none', {...piece, samples: [0.5]}, 'audio.samples'],
	['a rate that is no whole number', {...piece, sampleRate: 16_000.5}, 'audio.sampleRate'],
	['a rate beyond hearing', {...piece, sampleRate: 1e9}, 'audio.sampleRate'],
	['seven channels', {...piece, channels: 7}, 'audio.channels'],
	['a field too many', {...piece, gain: 2}, 'audio'],
])('%s in a stream is refused when it comes, by its place', async (_what, wrong, path) => {
	await expect(all(of(piece, wrong))).rejects.toMatchObject({code: 'invalid-request', data: {path}});
});
