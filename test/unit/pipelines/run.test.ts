import {expect, test} from 'vitest';
import {MofaError} from '../../../src/contract/error.ts';
import type {AnyPacket} from '../../../src/contract/stage.ts';
import {createPipelines} from '../../../src/pipelines/create-pipelines.ts';
import {
	echoes,
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

test('values go through the stages in order, and the end comes last', async () => {
	const host = fakeHost({asr: hears, llm: echoes, tts: speaks});
	const events = await runPackets(host, ['asr', 'llm', 'tts'], [sound(1), sound(2)]);
	expect(shorten(events)).toEqual(['audio 7', 'audio 7', '[end]']);
	expect(host.held()).toBe(0);
	expect(events.at(-1)).toMatchObject({
		type: 'pipeline-end',
		stages: [
			{stage: 'asr', model: 'asr', requests: 1, valuesIn: 2, valuesOut: 2, bytesCopied: 0},
			{stage: 'llm', model: 'llm', requests: 1, valuesIn: 2, valuesOut: 2, tokens: 3},
			{stage: 'tts', model: 'tts', requests: 2, valuesIn: 2, valuesOut: 2, bytesCopied: 0},
		],
	});
});

test('a turn ends with a flush, and the next question remembers it', async () => {
	const questions: unknown[] = [];
	const host = fakeHost({llm: spied(echoes, request => questions.push((request as {messages: unknown}).messages))});
	const events = await runPackets(host, ['llm?system=short'], [text('a '), text('b'), signal('flush'), text('c')]);
	expect(shorten(events)).toEqual(['a! ', 'b! ', '[flush]', 'c! ', '[end]']);
	expect(questions[1]).toEqual([
		{role: 'system', content: 'short'},
		{role: 'user', content: 'a b'},
		{role: 'assistant', content: 'a! b! '},
		{role: 'user', content: 'c'},
	]);
});

test('the first sound leaves while the text is still being written', async () => {
	const rest = gate();
	const host = fakeHost({
		llm: {
			task: 'chat',
			async *act() {
				yield {type: 'text-delta', text: 'First sentence. And'};
				await rest.opened;
				yield {type: 'text-delta', text: ' then.'};
				yield {type: 'chat-end', reason: 'stop', usage};
			},
		},
		tts: speaks,
	});
	const heard: string[] = [];
	const run = createPipelines(host).run({
		pipeline: {stages: ['llm', 'tts']},
		input: stream([text('a')]),
		signal: new AbortController().signal,
	});
	for await (const event of run) {
		if (event.type === 'packet-out') heard.push(...shorten([event]));
		// Would never come if the first sound waited for the last word.
		if (heard.length === 1) rest.open();
	}
	expect(heard).toEqual(['audio 15', 'audio 9', '[end]']);
});

const fourSentences = 'First one. Second two. Third three. Fourth four.';

/** What a voice is asked to say of some sentences that are all written before it has said the first. */
async function piecesFor(samples: number, answer = fourSentences): Promise<readonly string[]> {
	const said: string[] = [];
	const host = fakeHost({
		llm: {
			task: 'chat',
			async *act() {
				for (const word of answer.split(/(?<= )/)) yield {type: 'text-delta', text: word};
				yield {type: 'chat-end', reason: 'stop', usage};
			},
		},
		tts: {
			task: 'speech',
			async *act(request) {
				said.push((request as {readonly text: string}).text);
				await new Promise(resolve => setImmediate(resolve));
				yield {type: 'audio-start', sampleRate: 8000, channels: 1};
				yield {type: 'audio-delta', samples: new Float32Array(samples).fill(1)};
				yield {type: 'speech-end', usage: {characters: 1, audioSeconds: 1, computeMs: 1}};
			},
		},
	});
	await runPackets(host, ['llm', 'tts'], [text('a')]);
	return said;
}

test('what is written while the first clause is said is said in longer pieces', async () => {
	const minute = 8000 * 60;
	expect(await piecesFor(minute)).toEqual(['First one.', 'Second two. Third three. Fourth four.']);
});

test('pieces that wait for a quick voice are one request, each to be said by itself', async () => {
	const minute = 8000 * 60;
	const long = (word: string): string => `${`${word} `.repeat(15)}${word}.`;
	const words = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
	const pieces = [
		long('two'),
		long('three'),
		...['four five', 'six seven', 'eight nine'].map(two => two.split(' ').map(long).join(' ')),
	];
	const text = ['Yes, it can.', ...words.map(long)].join(' ');
	expect(await piecesFor(minute, text)).toEqual(['Yes, it can.', pieces.slice(0, 4).join('\n\n'), pieces[4]]);
	expect(await piecesFor(1, text)).toEqual(['Yes, it can.', ...pieces]);
});

test('what ends an answer without a mark behind it waits for no other piece', async () => {
	const minute = 8000 * 60;
	const [first, second] = [`${'two '.repeat(15)}two,`, `${'three '.repeat(15)}three.`];
	expect(await piecesFor(minute, `Yes, it can. ${first} ${second}`)).toEqual(['Yes, it can.', `${first}\n\n${second}`]);
});

test('the pieces of a voice that is slower than it speaks are at most twice as long as the last', async () => {
	expect(await piecesFor(1)).toEqual(['First one.', 'Second two.', 'Third three.', 'Fourth four.']);
});

test('all models begin to load at once, before anything came in', async () => {
	const all = gate();
	let loading = 0;
	const admit = async (): Promise<void> => {
		loading += 1;
		if (loading === 3) all.open();
		await all.opened;
	};
	const host = fakeHost({asr: {...hears, admit}, llm: {...echoes, admit}, tts: {...speaks, admit}});
	const late = (async function* (): AsyncGenerator<AnyPacket> {
		await all.opened;
		yield sound(1);
	})();
	expect(shorten(await runPackets(host, ['asr', 'llm', 'tts'], late))).toEqual(['audio 7', '[end]']);
	expect(host.log.slice(0, 3)).toEqual(['lease asr', 'lease llm', 'lease tts']);
});

test('each lease is given back when its stage is done, not when the last one is', async () => {
	const host = fakeHost({asr: hears, llm: echoes, tts: speaks});
	await runPackets(host, ['asr', 'llm', 'tts'], [sound(1)]);
	expect(host.log.filter(line => line.startsWith('leave'))).toEqual(['leave asr', 'leave llm', 'leave tts']);
	expect(host.log.indexOf('leave asr')).toBeLessThan(host.log.indexOf('run tts'));
});

test('a slow reader holds every stage up', async () => {
	let written = 0;
	const long = 'x'.repeat(100_000);
	const host = fakeHost({
		llm: {
			task: 'chat',
			async *act() {
				for (; written < 1000; written += 1) yield {type: 'text-delta', text: long};
				yield {type: 'chat-end', reason: 'stop', usage};
			},
		},
	});
	const ask = {pipeline: {stages: ['llm']}, input: stream([text('a')]), signal: new AbortController().signal};
	const events = createPipelines(host).run(ask);
	const run = events[Symbol.asyncIterator]();
	for (let packets = 0; packets < 3;) if ((await run.next()).value?.type === 'packet-out') packets += 1;
	await new Promise(resolve => setImmediate(resolve));
	// A megabyte waits at the end, and no more.
	expect(written).toBeLessThan(12);
	await run.return?.();
	expect(host.held()).toBe(0);
});

test('a fast writer waits for the first stage', async () => {
	let sent = 0;
	const hold = gate();
	const host = fakeHost({
		asr: {
			...hears,
			async *act({audio}: {readonly audio: AsyncIterable<unknown>}) {
				await hold.opened;
				for await (const _ of audio) continue;
				yield {type: 'transcription-end', usage: {audioSeconds: 1, computeMs: 1}};
			},
		},
	});
	const samples = new Float32Array(100_000);
	const input = (async function* (): AsyncGenerator<AnyPacket> {
		for (; sent < 100; sent += 1)
			yield {type: 'value', medium: 'audio', value: {samples, sampleRate: 16_000, channels: 1}};
	})();
	const done = runPackets(host, ['asr'], input);
	for (let round = 0; round < 50; round += 1) await new Promise(resolve => setImmediate(resolve));
	expect(sent).toBeLessThan(6);
	hold.open();
	await done;
	expect(sent).toBe(100);
});

test('cancelling ends every stage and gives every lease back, though a model hangs', async () => {
	const stop = new AbortController();
	const hangs: FakeModel = {
		task: 'chat',
		async *act(_request, {signal: aborted}) {
			yield {type: 'text-delta', text: 'one'};
			await new Promise((_, reject) => aborted.addEventListener('abort', () => reject(new Error('stopped'))));
		},
	};
	const host = fakeHost({llm: hangs, tts: speaks});
	const events: string[] = [];
	const running = (async () => {
		const run = createPipelines(host).run({
			pipeline: {stages: ['llm', 'tee', 'tts']},
			input: stream([text('a')]),
			signal: stop.signal,
		});
		for await (const event of run) {
			events.push(...shorten([event]));
			if (events.length === 1) stop.abort();
		}
	})();
	await expect(running).rejects.toSatisfy(error => MofaError.is(error, 'cancelled'));
	expect(events).toContain('one');
	expect(host.held()).toBe(0);
});

test('an interruption drops what was not said yet, and the next turn is answered', async () => {
	const begun = gate();
	const host = fakeHost({
		llm: {
			task: 'chat',
			async *act({messages}: {readonly messages: ReadonlyArray<{readonly content: string}>}, {signal: aborted}) {
				const question = messages.at(-1)?.content ?? '';
				yield {type: 'text-delta', text: `${question}: begun. `};
				begun.open();
				if (question === 'first')
					await new Promise((_, reject) => aborted.addEventListener('abort', () => reject(new Error('stopped'))));
				yield {type: 'text-delta', text: 'done'};
				yield {type: 'chat-end', reason: 'stop', usage};
			},
		},
	});
	const input = (async function* (): AsyncGenerator<AnyPacket> {
		yield text('first');
		yield signal('flush');
		await begun.opened;
		yield signal('interrupt');
		yield text('second');
	})();
	const heard = shorten(await runPackets(host, ['llm'], input));
	const at = heard.indexOf('[interrupt]');
	expect(heard.slice(at)).toEqual(['[interrupt]', 'second: begun. ', 'done', '[end]']);
	expect(heard.slice(0, at)).not.toContain('done');
});

test('sound between two stages is the very same memory', async () => {
	const given = new Float32Array(16_000);
	const taken: Float32Array[] = [];
	const host = fakeHost({
		tts: {
			task: 'speech',
			async *act() {
				yield {type: 'audio-start', sampleRate: 16_000, channels: 1};
				yield {type: 'audio-delta', samples: given};
				yield {type: 'speech-end', usage: {characters: 1, audioSeconds: 1, computeMs: 1}};
			},
		},
		asr: {
			task: 'transcription',
			async *act({audio}: {readonly audio: AsyncIterable<{readonly samples: Float32Array}>}) {
				for await (const {samples} of audio) taken.push(samples);
				yield {type: 'transcription-end', usage: {audioSeconds: 1, computeMs: 1}};
			},
		},
	});
	await runPackets(host, ['tts', 'asr'], [text('a')]);
	expect(taken).toHaveLength(1);
	expect(taken[0]).toBe(given);
});

test('models that do not fit at once are loaded one after the other', async () => {
	const host = fakeHost({asr: {...hears, needs: 600}, llm: {...echoes, needs: 600}}, 1000);
	const events = await runPackets(host, ['asr', 'llm'], [sound(1)]);
	expect(shorten(events)).toEqual(['word1.! ', '[end]']);
	expect(host.log).toEqual(['lease asr', 'run asr', 'leave asr', 'lease llm', 'run llm', 'leave llm']);
});

test('two stages with one model never wait for each other', async () => {
	const host = fakeHost({llm: echoes});
	const events = await runPackets(host, ['llm', 'llm'], [text('a b'), signal('flush'), text('c')]);
	expect(shorten(events)).toEqual(['a!! ', 'b!! ', '[flush]', 'c!! ', '[end]']);
	expect(host.held()).toBe(0);
});

test('what comes in is checked, whoever sent it', async () => {
	const host = fakeHost({llm: echoes});
	const wrong = {type: 'value', medium: 'audio', value: {samples: [1], sampleRate: 16_000, channels: 1}};
	await expect(runPackets(host, ['llm'], [wrong as unknown as AnyPacket])).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'input'},
	});
	expect(host.held()).toBe(0);
});

function spied(model: FakeModel, heard: (request: unknown) => void): FakeModel {
	return {
		...model,
		act(request, context) {
			heard(request);
			return model.act(request, context);
		},
	};
}
