import {afterEach, expect, test} from 'vitest';
import type {Runner} from '../../src/backends/worker/runner.ts';
import {runPackets, shorten, text} from '../helpers/fake-pipeline.ts';
import {createPipelines} from '../../src/pipelines/create-pipelines.ts';
import {runnerHost} from '../helpers/runner-host.ts';
import {startFixture} from '../helpers/start-fixture.ts';

const runners: Runner[] = [];

afterEach(async () => {
	await Promise.all(runners.splice(0).map(async runner => runner[Symbol.asyncDispose]()));
});

async function start(): Promise<Runner> {
	const runner = await startFixture('sounds');
	runners.push(runner);
	return runner;
}

test('a minute of sound goes from one runner to the next and is copied once at most', async () => {
	const [speech, transcription] = [await start(), await start()];
	const before = speech.traffic.bytesCopied + transcription.traffic.bytesCopied;
	const events = await runPackets(runnerHost({speech, transcription}), ['tts', 'asr'], [text('a')]);
	expect(shorten(events)).toEqual(['60 seconds', '[end]']);
	const minute = 60 * 16_000 * Float32Array.BYTES_PER_ELEMENT;
	const copied = speech.traffic.bytesCopied + transcription.traffic.bytesCopied - before;
	expect(speech.traffic.bytesReceived).toBeGreaterThan(minute);
	// Heads and small frames come on top.
	expect(copied / minute).toBeLessThan(1.02);
	const end = events.at(-1);
	expect(end?.type === 'pipeline-end' && end.stages.map(({bytesCopied}) => bytesCopied)).toEqual([0, 0]);
});

test('a runner that dies names its stage, and what it had said goes on to the next', async () => {
	const [chat, speech] = [await start(), await start()];
	const run = createPipelines(runnerHost({chat, speech})).run({
		pipeline: {stages: ['llm', 'tee', 'tts']},
		input: (async function* () {
			yield text('a');
		})(),
		signal: new AbortController().signal,
	});
	let seconds = 0;
	const ending = (async () => {
		for await (const event of run) {
			if (event.type !== 'packet-out' || event.packet.type !== 'value') continue;
			if (event.stage === 'tee') process.kill(chat.pid, 'SIGKILL');
			else seconds += 1;
		}
	})();
	await expect(ending).rejects.toMatchObject({
		code: 'stage-failed',
		data: {stage: 'llm', model: 'chat', failure: {code: 'runner-failed', data: {reason: 'killed'}}},
	});
	// One clause was whole, and one had only begun.
	expect(seconds).toBe(120);
});
