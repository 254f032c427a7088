import {expect, test} from 'vitest';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {planPipeline} from '../../../src/pipelines/plan.ts';
import {runPipeline} from '../../../src/pipelines/run.ts';
import {
	fakeHost,
	hears,
	runPackets,
	shorten,
	signal,
	sound,
	speaks,
	stream,
	text,
	type FakeModel,
} from '../../helpers/fake-pipeline.ts';
import {gate, usage} from '../../helpers/fake-services.ts';

const rate = 16_000;

/** Seconds of a voice, or of a quiet room. */
function voice(seconds: number, loud: boolean): Float32Array {
	return Float32Array.from({length: seconds * rate}, (_, at) =>
		loud
			? 0.3 * Math.sin((2 * Math.PI * 200 * at) / rate) * (1 + Math.sin((2 * Math.PI * 4 * at) / rate))
			: 0.001 * Math.sin(at * 7),
	);
}

/** In pieces of 50 ms, as a microphone gives it. */
function* pieces(...parts: readonly Float32Array[]): Generator<AnyPacket> {
	for (const part of parts)
		for (let at = 0; at < part.length; at += 800)
			yield {
				type: 'value',
				medium: 'audio',
				value: {samples: part.subarray(at, at + 800), sampleRate: rate, channels: 1},
			};
}

test('the gate lets voices through, whole, and ends a turn after a pause', async () => {
	const input = pieces(voice(1, false), voice(1, true), voice(1.5, false), voice(0.5, true), voice(1.5, false));
	const events = await runPackets(fakeHost({}), ['gate'], input);
	const seconds: number[] = [0];
	const words: string[] = [];
	for (const event of events)
		if (event.type === 'packet-out') {
			const {packet} = event;
			if (packet.type === 'signal') words.push(packet.kind);
			if (packet.type === 'signal') seconds.push(0);
			else if (packet.medium === 'audio')
				seconds[seconds.length - 1] = (seconds.at(-1) ?? 0) + packet.value.samples.length / rate;
		}
	expect(words).toEqual(['flush', 'flush', 'end']);
	// The speech, what is kept around it, and the pause until its end is known.
	expect(seconds[0]).toBeGreaterThan(1.1);
	expect(seconds[0]).toBeLessThan(2.2);
	expect(seconds[1]).toBeGreaterThan(0.6);
	expect(seconds[1]).toBeLessThan(1.7);
});

test('what the gate gives is the memory that came in', async () => {
	const input = [...pieces(voice(1, false), voice(1, true), voice(1, false))];
	const buffers = new Set(
		input.flatMap(packet =>
			packet.type === 'value' && packet.medium === 'audio' ? [packet.value.samples.buffer] : [],
		),
	);
	const events = await runPackets(fakeHost({}), ['gate'], input);
	const given = events.flatMap(event =>
		event.type === 'packet-out' && event.packet.type === 'value' && event.packet.medium === 'audio'
			? [event.packet.value.samples]
			: [],
	);
	expect(given.length).toBeGreaterThan(10);
	expect(given.every(samples => buffers.has(samples.buffer))).toBe(true);
});

/** Remembers every conversation it is asked about; says three sentences. */
function chatter(asked: unknown[], hold: Promise<void> = Promise.resolve()): FakeModel {
	return {
		task: 'chat',
		async *act({messages}: {readonly messages: readonly unknown[]}, {signal: aborted}) {
			asked.push(messages);
			yield {type: 'text-delta', text: 'One two three. Four five six. '};
			await Promise.race([
				hold,
				new Promise((_, reject) => aborted.addEventListener('abort', () => reject(new Error('stopped')))),
			]);
			yield {type: 'text-delta', text: 'Seven eight nine.'};
			yield {type: 'chat-end', reason: 'stop', usage};
		},
	};
}

/** A second of sound for each sentence. */
const aloud: FakeModel = {
	task: 'speech',
	async *act({text: clause}: {readonly text: string}) {
		yield {type: 'audio-start', sampleRate: 8000, channels: 1};
		for (const _ of clause.matchAll(/\./g)) yield {type: 'audio-delta', samples: new Float32Array(8000)};
		yield {type: 'speech-end', usage: {characters: clause.length, audioSeconds: 1, computeMs: 1}};
	},
};

test('who is interrupted remembers no more than was heard', async () => {
	const asked: Array<readonly {readonly content: string}[]> = [];
	const heard = gate();
	const host = fakeHost({llm: chatter(asked), tts: aloud});
	let now = 0;
	const input = (async function* (): AsyncGenerator<AnyPacket> {
		yield text('tell me');
		yield signal('flush');
		await heard.opened;
		yield signal('interrupt');
		yield text('stop');
	})();
	const planned = await planPipeline({stages: ['llm', 'tts']}, host);
	const run = runPipeline({planned, host, input, signal: new AbortController().signal, now: () => now});
	let audio = 0;
	for await (const event of run) {
		if (event.type !== 'packet-out' || event.packet.type !== 'value') continue;
		audio += 1;
		// A second and a half of it sounds: the first sentence, and half of the next.
		if (audio === 3) {
			now += 1500;
			heard.open();
		}
	}
	expect(asked).toHaveLength(2);
	expect(asked[1]?.map(({content}) => content)).toEqual(['tell me', 'One two three. Four', 'stop']);
});

test('a question that goes on after a pause is one question', async () => {
	const asked: Array<readonly {readonly content: string}[]> = [];
	const never = new Promise<void>(() => undefined);
	const begun = gate();
	const llm = chatter(asked, never);
	const host = fakeHost({
		asr: hears,
		llm: {
			...llm,
			async *act(request, context) {
				begun.open();
				if (asked.length > 0) return yield* chatter(asked).act(request, context);
				asked.push((request as {readonly messages: ReadonlyArray<{readonly content: string}>}).messages);
				await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('stopped'))));
			},
		},
	});
	const input = (async function* (): AsyncGenerator<AnyPacket> {
		yield sound(1);
		yield signal('flush');
		await begun.opened;
		yield signal('interrupt');
		yield sound(2);
		yield signal('flush');
	})();
	await runPackets(host, ['asr', 'llm'], input);
	expect(asked.map(messages => messages.map(({content}) => content))).toEqual([['word1.'], ['word1. word2.']]);
});

test('an interruption while the question is still heard loses none of it', async () => {
	const asked: Array<readonly {readonly content: string}[]> = [];
	const slow = gate();
	const host = fakeHost({
		asr: {
			...hears,
			async *act(request, context) {
				for await (const event of hears.act(request, context)) {
					yield event;
					await slow.opened;
				}
			},
		},
		llm: chatter(asked),
	});
	const input = (async function* (): AsyncGenerator<AnyPacket> {
		yield sound(1);
		yield signal('flush');
		yield signal('interrupt');
		yield sound(2);
		slow.open();
	})();
	await runPackets(host, ['asr', 'llm'], input);
	expect(asked.map(messages => messages.map(({content}) => content))).toEqual([['word1. word2.']]);
});

test('in a conversation by voice each utterance is a turn', async () => {
	const asked: unknown[] = [];
	const whole: FakeModel = {
		task: 'transcription',
		async *act({audio}: {readonly audio: AsyncIterable<unknown>}) {
			for await (const _ of audio) continue;
			yield {type: 'segment-final', segment: {text: 'Hello.', start: 0, end: 1}};
			yield {type: 'transcription-end', usage: {audioSeconds: 1, computeMs: 1}};
		},
	};
	const host = fakeHost({asr: whole, llm: chatter(asked), tts: speaks});
	const input = pieces(voice(1, false), voice(1, true), voice(1.5, false), voice(1, true), voice(1.5, false));
	const run = createPipelines(host).run({
		pipeline: {stages: ['asr', 'llm', 'tts'], loop: true},
		input: stream(input),
		signal: new AbortController().signal,
	});
	const heard: string[] = [];
	for await (const event of run) heard.push(...shorten([event]));
	expect(heard.filter(word => word.startsWith('['))).toEqual([
		'[interrupt]',
		'[flush]',
		'[interrupt]',
		'[flush]',
		'[end]',
	]);
	expect(asked.length).toBeGreaterThan(0);
});
