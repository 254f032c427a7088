import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {RunEvent} from '../../src/contract/progress.ts';
import {voiceActivity, type VoiceActivityEvent, type VoiceActivityResult} from '../../src/tasks/voice-activity.ts';
import {parseWav} from '../../src/media/wav.ts';
import {inPieces, isPresent, recording, sharedFile, spokenWords} from '../helpers/real-sound.ts';
import {guidePresent, patience, User, type Daemon} from '../helpers/user.ts';

const folder = sharedFile('models/spelling-cnn');
const silero = sharedFile('models/silero-vad/silero_vad.onnx');
const spelled = sharedFile('media/spelled_seven_two_zero_w_x.wav');
const present = isPresent(folder, silero, spelled, sharedFile('media/jfk.wav'), sharedFile('media/spoken-words'));

interface Transcript {
	readonly file: string;
	readonly text: string;
}

describe.skipIf(!guidePresent || !present)('real speech through the built program', patience, () => {
	let user: User;
	let daemon: Daemon;
	beforeAll(async () => {
		user = new User();
		daemon = await user.daemon();
	}, patience.timeout);
	afterAll(() => user[Symbol.asyncDispose]());

	test.each(['spelling_cnn_mel.onnx', 'spelling_cnn_mel.shrunk.onnx', ''])(
		'nine in ten spoken words are right with %j of the folder',
		async name => {
			const files = spokenWords().map(({word, file}) => sharedFile('media/spoken-words', word, file));
			const model = path.join(folder, name);
			const {code, out, err} = await user.run(['transcribe', ...files, '--model', model, '--format', 'json']);
			expect({code, err}).toEqual({code: 0, err: ''});
			const transcripts = JSON.parse(out) as readonly Transcript[];
			expect(transcripts).toHaveLength(files.length);
			const right = transcripts.filter(({file, text}) => text === path.basename(path.dirname(file)));
			expect(right.length / transcripts.length).toBeGreaterThanOrEqual(0.9);
		},
	);

	test('what is spelled comes out of a pipe as text', async () => {
		const outcome = await user.run(['transcribe', '-', '--model', folder], {stdin: readFileSync(spelled)});
		expect(outcome).toMatchObject({code: 0, out: 'seven two zero w x\n', err: ''});
	});

	test.each([
		['a model of its own', silero, 0.6, 0.75],
		['the gate that is built in', 'energy-gate', 0.55, 0.85],
	])(
		'%s finds two thirds of a speech in a process of its own, while it streams in',
		async (_name, model, least, most) => {
			const spoken = await share(daemon, model);
			expect(spoken).toBeGreaterThan(least);
			expect(spoken).toBeLessThan(most);
		},
	);

	test.each([silero, 'energy-gate'])('%s lets the voices of a file through to the sample, and no more', async model => {
		const file = user.file('voices.wav');
		const stdin = readFileSync(sharedFile('media/jfk.wav'));
		expect(await user.run(['pipe', `vad:${model}`, '-o', file], {stdin})).toMatchObject({code: 0, err: ''});
		const {stretches} = await found(daemon.client, model);
		const samples = stretches.map(({start, end}) => Math.round(end * 16_000) - Math.round(start * 16_000));
		expect(parseWav(readFileSync(file))?.samples.length).toBe(samples.reduce((sum, length) => sum + length, 0));
	});
});

/** Of the famous speech, how much somebody speaks. */
async function share({client}: Daemon, model: string): Promise<number> {
	const {stretches, usage} = await found(client, model);
	expect(usage.audioSeconds).toBe(11);
	return stretches.reduce((sum, {start, end}) => sum + end - start, 0) / usage.audioSeconds;
}

function found(client: Daemon['client'], model: string): Promise<VoiceActivityResult> {
	const request = {audio: inPieces(recording('jfk.wav'), 1600, 7)};
	const {signal} = new AbortController();
	return voiceActivity.collect(taskEvents(client.run({task: 'voice-activity', model, request, signal})));
}

/** What the task itself says, without what the loading does. */
async function* taskEvents(run: AsyncIterable<RunEvent<'voice-activity'>>): AsyncGenerator<VoiceActivityEvent> {
	for await (const event of run)
		if (event.type === 'voice-start' || event.type === 'voice-end' || event.type === 'activity-end') yield event;
}
