import {describe, expect, test} from 'vitest';
import type {Audio} from '../../../../src/contract/media.ts';
import type {AnyPacket, AnyValue, LiveTalk} from '../../../../src/contract/stage.ts';
import {audioPieces} from '../../../../src/tasks/audio-field.ts';
import {findVoices} from '../../../../src/tasks/find-voices.ts';
import {voiceActivityStage} from '../../../../src/tasks/stage/voice-activity.ts';
import type {VoiceActivityEvent, VoiceActivityRequest} from '../../../../src/tasks/voice-activity.ts';

const rate = 1000;
/** Each sample is its own number, so that what came through tells where it was. */
const piece = (start: number, length: number): Audio => ({
	samples: Float32Array.from({length}, (_, at) => start + at),
	sampleRate: rate,
	channels: 1,
});

type Talk = LiveTalk<VoiceActivityRequest, VoiceActivityEvent>;

/** The stage beside a judge by script: what is read and what is said, in turn. */
async function play(
	script: ReadonlyArray<number | VoiceActivityEvent>,
): Promise<{readonly out: readonly string[]; readonly talk: Talk}> {
	if (voiceActivityStage.takes !== 'live') throw new Error('it does not listen');
	const talk = voiceActivityStage.open({});
	const out: string[] = [];
	const take = (packet: AnyPacket): void => {
		if (packet.type === 'signal') out.push(packet.kind);
		else if (packet.medium === 'audio') {
			const {samples} = packet.value;
			const last = out.at(-1)?.split('-');
			// Neighbours are written as one.
			if (last?.[1] === String(samples[0])) out.pop();
			out.push(`${last?.[1] === String(samples[0]) ? last[0] : samples[0]}-${(samples.at(-1) ?? 0) + 1}`);
		}
	};
	const lengths = script.filter(step => typeof step === 'number');
	async function* values(): AsyncGenerator<AnyValue> {
		let at = 0;
		for (const length of lengths) {
			yield {type: 'value', medium: 'audio', value: piece(at, length)};
			at += length;
		}
	}
	const {audio} = talk.request(values(), async packet => take(packet));
	const pieces = audioPieces(audio)[Symbol.asyncIterator]();
	for (const step of script)
		if (typeof step === 'number') await pieces.next();
		else for (const packet of talk.packets(step)) take(packet);
	return {out, talk};
}

const start = (at: number): VoiceActivityEvent => ({type: 'voice-start', at});
const end = (at: number): VoiceActivityEvent => ({type: 'voice-end', at});
const heard = (until: number): VoiceActivityEvent => ({type: 'heard', until});

describe('a stage that lets voices through', () => {
	test('lets nothing through past the end of a voice, though the judge is behind the sound', async () => {
		const script = [500, 500, start(0.2), 1000, 1000, 1000, 1000, heard(0.9), heard(1.4), end(1.5), 500, heard(3)];
		expect((await play(script)).out).toEqual(['200-1500', 'flush']);
	});

	test('lets sound through as soon as it was judged', async () => {
		const script = [500, start(0.1), heard(0.3)];
		expect((await play(script)).out).toEqual(['100-300']);
		expect((await play([...script, 500, heard(0.8)])).out).toEqual(['100-800']);
		expect((await play([...script, 500, heard(2), 500])).out).toEqual(['100-1500']);
	});

	test('goes on with the next voice where the last one ended', async () => {
		const script = [2000, start(0.1), heard(0.3), end(0.5), start(0.5), heard(0.9), end(1), start(1.7), end(1.8)];
		expect((await play(script)).out).toEqual(['100-500', 'flush', '500-1000', 'flush', '1700-1800', 'flush']);
	});

	test('serves a judge that tells only of starts and ends, within bounds', async () => {
		expect((await play([1000, start(0.1), 1000, end(1.5)])).out).toEqual(['100-1500', 'flush']);
		const minute = Array.from({length: 100}, () => 1000);
		const {out} = await play([1000, start(0.1), ...minute]);
		const [first, last] = (out[0] ?? '').split('-').map(Number);
		expect(first).toBe(100);
		expect(last).toBeGreaterThanOrEqual(40_000);
		expect(last).toBeLessThanOrEqual(101_000);
	});

	test('gets from a model how far it has heard, and exactly the stretches come out, however it is cut', async () => {
		const loud = new Float32Array(8000);
		for (const [from, to] of [
			[1000, 2500],
			[2550, 3000],
			[5000, 6300],
		] as const)
			loud.fill(1, from, to);
		const detect = findVoices({
			sampleRate: 8000,
			frameSamples: 100,
			defaults: {threshold: 0.5, minSpeech: 0.05, minSilence: 0.05, padding: 0.02},
			begin: () => frame => frame[50] ?? 0,
		});
		for (const cut of [80, 333, 4000]) {
			if (voiceActivityStage.takes !== 'live') throw new Error('it does not listen');
			const talk = voiceActivityStage.open({});
			const events: VoiceActivityEvent[] = [];
			let passed = 0;
			async function* values(): AsyncGenerator<AnyValue> {
				for (let at = 0; at < loud.length; at += cut)
					yield {
						type: 'value',
						medium: 'audio',
						value: {samples: loud.subarray(at, at + cut), sampleRate: 8000, channels: 1},
					};
			}
			const count = (packet: AnyPacket): void => {
				if (packet.type === 'value' && packet.medium === 'audio') passed += packet.value.samples.length;
			};
			const request = talk.request(values(), async packet => count(packet));
			for await (const event of detect(request, {signal: new AbortController().signal, warn() {}})) {
				events.push(event);
				for (const packet of talk.packets(event)) count(packet);
			}
			const times = events.flatMap(event => ('at' in event ? [event.at * 8000] : []));
			expect(times).toEqual([840, 3160, 4840, 6460]);
			expect(passed).toBe(3160 - 840 + (6460 - 4840));
			expect(events.some(({type}) => type === 'heard')).toBe(true);
		}
	});
});
