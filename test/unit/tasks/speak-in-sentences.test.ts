import {setImmediate as turn} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {speakInSentences, type SaidSentence, type SentenceSettings} from '../../../src/tasks/speak-in-sentences.ts';
import type {SpeechEvent} from '../../../src/tasks/speech.ts';

const voices = [{name: 'anna', language: 'en-US'}];
const text = 'One. Two. Three. Four. Five.';

/** Says a sentence when it is told to: as many samples as the sentence has characters. */
class Mouth {
	readonly begun: string[] = [];
	readonly settings: SentenceSettings[] = [];
	readonly #open = new Map<string, {resolve(said: SaidSentence): void; reject(error: Error): void}>();
	readonly #atOnce: number | undefined;

	constructor(atOnce?: number) {
		this.#atOnce = atOnce;
	}

	speak(signal: AbortSignal = new AbortController().signal): AsyncIterator<SpeechEvent> {
		const most = this.#atOnce;
		const handler = speakInSentences({
			voices,
			longest: 100,
			...(most === undefined ? {} : {atOnce: () => most}),
			say: (sentence, settings) => {
				this.begun.push(sentence);
				this.settings.push(settings);
				return new Promise((resolve, reject) => this.#open.set(sentence, {resolve, reject}));
			},
		});
		return handler({text}, {signal, warn() {}})[Symbol.asyncIterator]();
	}

	finish(sentence: string, computeMs?: number): void {
		const said = {samples: new Float32Array(sentence.length), sampleRate: 8000, channels: 1} as const;
		this.#open.get(sentence)?.resolve(computeMs === undefined ? said : {...said, computeMs});
	}

	fail(sentence: string): void {
		this.#open.get(sentence)?.reject(new Error(`${sentence} cannot be said`));
	}
}

/** All that can happen by itself has happened. */
async function quiet(): Promise<void> {
	for (let turns = 0; turns < 10; turns += 1) await turn();
}

async function typeOf(next: Promise<IteratorResult<SpeechEvent>>): Promise<string> {
	const {value} = await next;
	return value?.type === 'sentence-start' ? value.text : (value?.type ?? 'over');
}

test('a voice that says one at a time begins a sentence when the last has been read', async () => {
	const mouth = new Mouth();
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	mouth.finish('One.');
	expect(await typeOf(first)).toBe('audio-start');
	for (const expected of ['One.', 'audio-delta']) expect(await typeOf(events.next())).toBe(expected);
	await quiet();
	expect(mouth.begun).toEqual(['One.']);
	void events.next();
	await quiet();
	expect(mouth.begun).toEqual(['One.', 'Two.']);
});

test('one that says several begins as many, and no more until the first has been read', async () => {
	const mouth = new Mouth(3);
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	expect(mouth.begun).toEqual(['One.', 'Two.', 'Three.']);
	for (const sentence of mouth.begun) mouth.finish(sentence);
	expect(await typeOf(first)).toBe('audio-start');
	for (const expected of ['One.', 'audio-delta']) expect(await typeOf(events.next())).toBe(expected);
	await quiet();
	expect(mouth.begun).toHaveLength(3);
	expect(await typeOf(events.next())).toBe('Two.');
	await quiet();
	expect(mouth.begun).toEqual(['One.', 'Two.', 'Three.', 'Four.']);
});

test('the first is heard while the others are still computed, and all in the order of the text', async () => {
	const mouth = new Mouth(5);
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	mouth.finish('Three.');
	mouth.finish('One.');
	expect(await typeOf(first)).toBe('audio-start');
	for (const expected of ['One.', 'audio-delta']) expect(await typeOf(events.next())).toBe(expected);
	const second = events.next();
	mouth.finish('Five.');
	mouth.finish('Four.');
	mouth.finish('Two.');
	expect(await typeOf(second)).toBe('Two.');
	for (const sentence of ['Three.', 'Four.', 'Five.']) {
		expect(await typeOf(events.next())).toBe('audio-delta');
		expect(await typeOf(events.next())).toBe(sentence);
	}
	await events.next();
	const {value} = await events.next();
	expect(value).toMatchObject({type: 'speech-end', usage: {characters: 24, audioSeconds: 24 / 8000}});
});

test('the time in which several are computed is counted once, and the wait for others not at all', async () => {
	const mouth = new Mouth(5);
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	for (const [index, sentence] of mouth.begun.entries()) mouth.finish(sentence, 1000 + index);
	await first;
	let last: SpeechEvent | undefined;
	for (let next = await events.next(); next.done !== true; next = await events.next()) last = next.value;
	const computeMs = last?.type === 'speech-end' ? last.usage.computeMs : 0;
	expect(computeMs).toBeGreaterThanOrEqual(1004);
	expect(computeMs).toBeLessThan(2000);
});

test('a sentence that cannot be said is told behind those before it, and the rest is given up', async () => {
	const mouth = new Mouth(4);
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	mouth.fail('Two.');
	mouth.fail('Three.');
	mouth.finish('One.');
	expect(await typeOf(first)).toBe('audio-start');
	for (const expected of ['One.', 'audio-delta']) expect(await typeOf(events.next())).toBe(expected);
	expect(mouth.settings[3]?.signal.aborted).toBe(false);
	await expect(events.next()).rejects.toThrow('Two. cannot be said');
	expect(mouth.settings[3]?.signal.aborted).toBe(true);
});

test('a reader who leaves gives up what was begun behind the sentence that was read', async () => {
	const mouth = new Mouth(3);
	const events = mouth.speak();
	const first = events.next();
	await quiet();
	mouth.finish('One.');
	await first;
	await events.return?.();
	expect(mouth.settings.map(({signal}) => signal.aborted)).toEqual([true, true, true]);
	mouth.fail('Two.');
	mouth.fail('Three.');
	// A rejection that nobody takes fails the test run.
	await quiet();
	expect(mouth.begun).toHaveLength(3);
});

test('after the signal no sentence is begun, and those that are hear of it', async () => {
	const leave = new AbortController();
	const mouth = new Mouth(2);
	const events = mouth.speak(leave.signal);
	const first = events.next();
	await quiet();
	mouth.finish('One.');
	mouth.finish('Two.');
	await first;
	leave.abort();
	expect(mouth.settings[1]?.signal.aborted).toBe(true);
	for (const expected of ['One.', 'audio-delta', 'Two.', 'audio-delta'])
		expect(await typeOf(events.next())).toBe(expected);
	await expect(events.next()).rejects.toMatchObject({code: 'cancelled'});
	expect(mouth.begun).toEqual(['One.', 'Two.']);
});
