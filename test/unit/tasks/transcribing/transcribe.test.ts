import {deflateSync} from 'node:zlib';
import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import type {Audio} from '../../../../src/contract/media.ts';
import {settledSegments, stablePrefix} from '../../../../src/tasks/transcribing/agreement.ts';
import {firstBreath, isSilent, quietestCut, speechIn} from '../../../../src/tasks/transcribing/loudness.ts';
import type {Heard, HearOptions, Recognizer} from '../../../../src/tasks/transcribing/recognizer.ts';
import {compressionRatio, loopAtEnd} from '../../../../src/tasks/transcribing/repetition.ts';
import {transcribe} from '../../../../src/tasks/transcribing/transcribe.ts';
import {transcription, type TranscriptionEvent} from '../../../../src/tasks/transcription.ts';

const rate = 4000;
/** Milliseconds. */
const long = (samples: number | null): number | null => (samples === null ? null : (samples * 1000) / rate);
const never = new AbortController().signal;

interface Call extends Omit<HearOptions, 'signal'> {
	readonly milliseconds: number;
}

/** Says how many seconds it heard. */
function listener(options: {readonly seeks?: boolean; readonly hear?: (seconds: number, call: Call) => Heard} = {}): {
	readonly recognizer: Recognizer;
	readonly calls: Call[];
} {
	const calls: Call[] = [];
	return {
		calls,
		recognizer: {
			sampleRate: rate,
			windowSeconds: 10,
			seeks: options.seeks ?? false,
			least: 0.1,
			hear: async (sound, {more, draft}) => {
				const call = {milliseconds: (sound.length * 1000) / rate, more, draft};
				calls.push(call);
				const seconds = sound.length / rate;
				return (
					options.hear?.(seconds, call) ?? {
						segments: [{text: `${seconds} s`, start: 0, end: seconds}],
						settled: seconds,
					}
				);
			},
		},
	};
}

const tone = (seconds: number): Float32Array =>
	Float32Array.from({length: Math.round(seconds * rate)}, (_, at) => 0.3 * Math.sin(at));
const hush = (seconds: number): Float32Array => new Float32Array(Math.round(seconds * rate));
const audio = (...parts: readonly Float32Array[]): Audio => ({
	samples: Float32Array.from(parts.flatMap(part => Array.from(part))),
	sampleRate: rate,
	channels: 1,
});

async function eventsOf(recognizer: Recognizer, input: Audio | AsyncIterable<Audio>): Promise<TranscriptionEvent[]> {
	const events: TranscriptionEvent[] = [];
	for await (const event of transcribe(recognizer, {audio: input}, never)) events.push(event);
	return events;
}

/** Pieces that come when they are let, as somebody speaks. */
class Microphone implements AsyncIterable<Audio> {
	readonly #pieces: Audio[] = [];
	#ended = false;
	#wake: () => void = () => {};

	say(...parts: readonly Float32Array[]): void {
		this.#pieces.push(audio(...parts));
		this.#wake();
	}

	end(): void {
		this.#ended = true;
		this.#wake();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Audio> {
		for (;;) {
			const piece = this.#pieces.shift();
			if (piece !== undefined) yield piece;
			else if (this.#ended) return;
			else
				await new Promise<void>(resolve => {
					this.#wake = resolve;
				});
		}
	}
}

describe('recorded sound', () => {
	test('short sound is one window', async () => {
		const {recognizer, calls} = listener();
		const events = await eventsOf(recognizer, audio(tone(4)));
		expect(events).toMatchObject([
			{type: 'segment-final', segment: {text: '4 s', start: 0, end: 4}},
			{type: 'transcription-end', usage: {audioSeconds: 4}},
		]);
		expect(calls).toEqual([{milliseconds: 4000, more: false, draft: false}]);
	});

	test('sound as long as a window is heard once', async () => {
		const {recognizer, calls} = listener();
		const quieter = tone(0.5).map(sample => sample * 0.4);
		await eventsOf(recognizer, audio(tone(7), quieter, tone(2.5)));
		expect(calls).toEqual([{milliseconds: 10_000, more: false, draft: false}]);
	});

	test('silence is an empty text, and the model is not asked', async () => {
		const {recognizer, calls} = listener();
		const result = await transcription.collect(transcribe(recognizer, {audio: audio(hush(35))}, never));
		expect(result).toMatchObject({text: '', segments: [], usage: {audioSeconds: 35, computeMs: 0}});
		expect(calls).toEqual([]);
	});

	test('nothing at all is an empty text', async () => {
		const {recognizer, calls} = listener();
		expect(await eventsOf(recognizer, audio())).toMatchObject([{type: 'transcription-end', usage: {audioSeconds: 0}}]);
		expect(calls).toEqual([]);
	});

	test('a model that does not seek is given windows that end where it is quiet, and all of the sound', async () => {
		const {recognizer, calls} = listener();
		const events = await eventsOf(recognizer, audio(tone(8), hush(0.6), tone(11)));
		expect(calls[0]).toMatchObject({more: true});
		expect(calls[0]?.milliseconds).toBeGreaterThan(8000);
		expect(calls[0]?.milliseconds).toBeLessThan(8600);
		expect(calls.reduce((sum, {milliseconds}) => sum + milliseconds, 0)).toBe(19_600);
		const segments = events.flatMap(event => (event.type === 'segment-final' ? [event.segment] : []));
		for (const [index, {start}] of segments.entries()) expect(start).toBeCloseTo(segments[index - 1]?.end ?? 0, 3);
		expect(segments.at(-1)?.end).toBeCloseTo(19.6, 3);
	});

	test('a model that seeks says where the next window begins', async () => {
		const {recognizer, calls} = listener({
			seeks: true,
			hear: seconds => ({segments: [{text: 'a', start: 1, end: 7}], settled: seconds > 7 ? 7 : seconds}),
		});
		const events = await eventsOf(recognizer, audio(tone(20)));
		expect(calls.map(({milliseconds}) => milliseconds)).toEqual([10_000, 10_000, 6000]);
		const starts = events.flatMap(event => (event.type === 'segment-final' ? [event.segment.start] : []));
		expect(starts).toEqual([1, 8, 15]);
	});

	test('a model that settles nothing does not hear the same for ever', async () => {
		const {recognizer, calls} = listener({seeks: true, hear: () => ({segments: [], settled: 0})});
		await eventsOf(recognizer, audio(tone(25)));
		expect(calls).toHaveLength(3);
	});

	test('a file that comes in pieces makes no drafts, and is not read ahead without bound', async () => {
		let given = 0;
		const {recognizer, calls} = listener();
		async function* pieces(): AsyncGenerator<Audio> {
			for (; given < 200; given += 1) yield audio(tone(0.5));
		}
		let ahead = 0;
		for await (const event of transcribe(recognizer, {audio: pieces()}, never))
			if (event.type === 'segment-final') ahead = Math.max(ahead, given * 0.5 - event.segment.end);
		expect(calls.every(({draft}) => !draft)).toBe(true);
		expect(calls.reduce((sum, {milliseconds}) => sum + milliseconds, 0)).toBe(100_000);
		expect(ahead).toBeLessThan(25);
	});

	test('what a model writes is told while it writes, and never less than before', async () => {
		const {recognizer} = listener({seeks: true});
		const shown: string[] = [];
		const writer: Recognizer = {
			...recognizer,
			async hear(sound, {written}) {
				for (const text of ['a', 'a river', 'a riv', 'a river runs']) {
					written?.(text);
					await new Promise(setImmediate);
				}
				shown.push('heard');
				return {segments: [{text: 'a river runs.', start: 0, end: sound.length / rate}], settled: sound.length / rate};
			},
		};
		for await (const event of transcribe(writer, {audio: audio(tone(3))}, never))
			if (event.type === 'segment-draft') shown.push(event.text);
			else if (event.type === 'segment-final') shown.push(event.segment.text);
		expect(shown).toEqual(['a', 'a river', 'a river runs', 'heard', 'a river runs.']);
	});

	test('a model stops writing once nobody reads on', async () => {
		const {recognizer} = listener({seeks: true});
		let stopped: Promise<unknown> = Promise.resolve();
		const writer: Recognizer = {
			...recognizer,
			hear(_sound, {written}) {
				const writing = (async (): Promise<Heard> => {
					for (let text = 'a'; text.length < 1000; text += 'a') {
						written?.(text);
						await new Promise(setImmediate);
					}
					return {segments: [], settled: 0};
				})();
				stopped = writing;
				return writing;
			},
		};
		for await (const {type} of transcribe(writer, {audio: audio(tone(3))}, never)) {
			expect(type).toBe('segment-draft');
			break;
		}
		await expect(stopped).rejects.toMatchObject({code: 'cancelled'});
	});

	test('a model that breaks while it writes breaks the transcription, after what it wrote', async () => {
		const {recognizer} = listener({seeks: true});
		const writer: Recognizer = {
			...recognizer,
			async hear(_sound, {written}) {
				written?.('a river');
				throw new MofaError('cancelled', {});
			},
		};
		const events: TranscriptionEvent[] = [];
		const reading = (async () => {
			for await (const event of transcribe(writer, {audio: audio(tone(3))}, never)) events.push(event);
		})();
		await expect(reading).rejects.toMatchObject({code: 'cancelled'});
		expect(events).toMatchObject([{type: 'segment-draft', text: 'a river'}]);
	});

	test('two channels at another rate are heard as one at the own', async () => {
		const {recognizer, calls} = listener();
		const samples = Float32Array.from({length: 2 * 32_000}, (_, at) => 0.3 * Math.sin(at / 40));
		await eventsOf(recognizer, {samples, sampleRate: 16_000, channels: 2});
		expect(calls.map(call => call.milliseconds)).toEqual([2000]);
	});

	test('what breaks the source breaks the transcription, with its own words', async () => {
		async function* broken(): AsyncGenerator<Audio> {
			yield audio(tone(1));
			throw new MofaError('invalid-request', {path: 'audio', expected: 'a whole file'});
		}
		await expect(eventsOf(listener().recognizer, broken())).rejects.toMatchObject({code: 'invalid-request'});
	});
});

describe('live sound', () => {
	test('drafts come while somebody speaks, and a pause makes the text final', async () => {
		const microphone = new Microphone();
		const {recognizer} = listener();
		const events = transcribe(recognizer, {audio: microphone}, never);
		microphone.say(tone(1.5));
		expect((await events.next()).value).toEqual({type: 'segment-draft', text: '1.5 s', start: 0, stable: 0});
		microphone.say(tone(1.5));
		expect((await events.next()).value).toEqual({type: 'segment-draft', text: '3 s', start: 0, stable: 0});
		microphone.say(hush(1.2));
		const settled = (await events.next()).value;
		expect(settled).toMatchObject({type: 'segment-final', segment: {start: 0}});
		microphone.say(tone(2));
		expect((await events.next()).value).toMatchObject({type: 'segment-draft'});
		microphone.end();
		const last = (await events.next()).value;
		expect(last).toMatchObject({type: 'segment-final'});
		expect(last?.type === 'segment-final' ? last.segment.end : 0).toBeCloseTo(6.2, 3);
		expect((await events.next()).value).toMatchObject({type: 'transcription-end', usage: {audioSeconds: 6.2}});
	});

	test('a sentence is final as soon as the next one has begun, for a model that does not seek', async () => {
		const microphone = new Microphone();
		const events = transcribe(listener().recognizer, {audio: microphone}, never);
		microphone.say(tone(1.6));
		expect((await events.next()).value).toMatchObject({type: 'segment-draft'});
		microphone.say(hush(0.5), tone(0.8));
		expect((await events.next()).value).toMatchObject({type: 'segment-final', segment: {start: 0, end: 1.8}});
		await events.return(undefined);
	});

	test('a segment that two hearings agree on is final before the speech is over', async () => {
		const microphone = new Microphone();
		const {recognizer} = listener({
			seeks: true,
			hear: seconds => ({
				segments: [
					{text: 'first.', start: 0, end: 1},
					{text: `second ${seconds}`, start: 1, end: seconds},
				],
				settled: seconds,
			}),
		});
		const events = transcribe(recognizer, {audio: microphone}, never);
		microphone.say(tone(1.5));
		expect((await events.next()).value).toMatchObject({type: 'segment-draft', text: 'first. second 1.5', stable: 0});
		microphone.say(tone(1.5));
		expect((await events.next()).value).toMatchObject({type: 'segment-final', segment: {text: 'first.', end: 1}});
		await events.return(undefined);
	});

	test('an abort ends the wait for more sound', async () => {
		const abort = new AbortController();
		const events = transcribe(listener().recognizer, {audio: new Microphone()}, abort.signal);
		const next = events.next();
		abort.abort();
		await expect(next).rejects.toMatchObject({code: 'cancelled'});
	});

	test('who leaves early lets the source end', async () => {
		let ended = false;
		async function* source(): AsyncGenerator<Audio> {
			try {
				for (;;) yield audio(tone(1));
			} finally {
				ended = true;
			}
		}
		for await (const event of transcribe(listener().recognizer, {audio: source()}, never))
			if (event.type === 'segment-final') break;
		await new Promise(resolve => void setImmediate(resolve));
		expect(ended).toBe(true);
	});
});

describe('what decides', () => {
	test('two hearings agree up to a whole word', () => {
		expect(stablePrefix('the cat sat', 'the cat satisfied')).toBe('the cat '.length);
		expect(stablePrefix('the cat', 'the cat sat')).toBe('the cat'.length);
		expect(stablePrefix('', 'the')).toBe(0);
		expect(stablePrefix('same', 'same')).toBe(4);
	});

	test('the last segment is never settled by agreement', () => {
		const segment = (text: string): {text: string; start: number; end: number} => ({text, start: 0, end: 1});
		expect(settledSegments([segment('a'), segment('b')], [segment('a'), segment('b')])).toHaveLength(1);
		expect(settledSegments([segment('a')], [segment('x'), segment('b')])).toHaveLength(0);
	});

	test('silence, a quiet place and a pause are found by loudness', () => {
		expect(isSilent(hush(2), rate)).toBe(true);
		expect(isSilent(audio(hush(2), tone(0.1)).samples, rate)).toBe(false);
		const cut = long(quietestCut(audio(tone(8), hush(0.5), tone(1.5)).samples, rate));
		expect(cut).toBeGreaterThanOrEqual(8100);
		expect(cut).toBeLessThanOrEqual(8400);
		expect(long(firstBreath(audio(tone(2), hush(0.5), tone(1)).samples, rate))).toBe(2200);
		expect(long(firstBreath(audio(tone(0.4), hush(0.5), tone(1), hush(0.6), tone(1)).samples, rate))).toBe(2100);
		expect(firstBreath(audio(tone(2), hush(2)).samples, rate)).toBeNull();
		expect(firstBreath(hush(2), rate)).toBeNull();
		expect(speechIn(hush(3), rate)).toBeNull();
		expect(speechIn(audio(hush(1), tone(1)).samples, rate)).toMatchObject({start: 0.8 * rate, over: false});
		expect(speechIn(audio(tone(1), hush(1)).samples, rate)).toMatchObject({start: 0, end: 1.3 * rate, over: true});
	});

	test('a text that says the same again and again is cut behind the first time', () => {
		expect(loopAtEnd([1, 2, 3, 4])).toBeNull();
		expect(loopAtEnd([9, 8, ...Array.from({length: 10}, () => [5, 6]).flat()])).toBe(4);
		expect(loopAtEnd(Array.from({length: 20}, () => 7))).toBe(1);
		expect(loopAtEnd([1, 1, 1, 1, 1])).toBeNull();
	});

	test('repetition packs well and speech does not', () => {
		expect(compressionRatio('the same words and '.repeat(20))).toBeGreaterThan(2.4);
		expect(compressionRatio('Ask not what your country can do for you, ask what you can do for it.')).toBeLessThan(2.4);
		expect(compressionRatio('')).toBe(0);
	});

	test('a text packs to as much as zlib packs it by itself, however long it is', () => {
		const words = ['what ', 'is ', 'a ', 'pipeline ', 'and ', 'how ', 'do ', 'I ', 'say ', 'größer? '];
		for (let length = 1; length < 400; length += 7) {
			const text = Array.from({length}, (_, at) => words[(at * at + 3 * at) % (2 + (length % 9))]).join('');
			expect(compressionRatio(text)).toBe(Buffer.byteLength(text) / deflateSync(text).length);
		}
	});
});
