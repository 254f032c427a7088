import {describe, expect, test} from 'vitest';
import {SpeechGate, type SpeechGateOptions} from '../../../src/media/speech-gate.ts';

const settings: SpeechGateOptions = {
	frameSamples: 160,
	sampleRate: 16_000,
	threshold: 0.5,
	minSpeech: 0.03,
	minSilence: 0.04,
	padding: 0,
};

/** Events by the frame that brought them; `#` speech, `.` silence, `~` between the thresholds. A frame is 10 ms. */
function run(frames: string, options: Partial<SpeechGateOptions> = {}): string[] {
	const gate = new SpeechGate({...settings, ...options});
	const said: string[] = [];
	for (const [at, frame] of [...frames].entries()) {
		const event = gate.push(frame === '#' ? 0.9 : frame === '~' ? 0.4 : frame === '?' ? Number.NaN : 0.1);
		if (event !== undefined) said.push(`${at}: ${event.type} ${event.at}`);
	}
	const last = gate.end(frames.length / 100);
	return last === undefined ? said : [...said, `end: ${last.type} ${last.at}`];
}

describe('a gate', () => {
	test('says where a stretch began once it is long enough, and where it ended once the pause is', () => {
		expect(run('..####......')).toEqual(['4: voice-start 0.02', '9: voice-end 0.06']);
	});

	test('does not hear what is too short for speech', () => {
		expect(run('..##........#.....#')).toEqual([]);
	});

	test('bridges a pause that is shorter than one, and ends with the one that is not', () => {
		expect(run('####...####....#')).toEqual(['2: voice-start 0', '14: voice-end 0.11']);
	});

	test('counts the time from the first frame to the last, whatever is between', () => {
		expect(run('#.#.....', {minSpeech: 0.03})).toEqual(['2: voice-start 0', '6: voice-end 0.03']);
		expect(run('#.......', {minSpeech: 0})).toEqual(['0: voice-start 0', '4: voice-end 0.01']);
	});

	test('neither begins nor ends between the thresholds', () => {
		expect(run('~~~~####~~~~~~~~....')).toEqual(['6: voice-start 0.04', '19: voice-end 0.16']);
		expect(run('####.~~~')).toEqual(['2: voice-start 0', '7: voice-end 0.04']);
		expect(run('###~~~....', {negativeThreshold: 0.45})).toEqual(['2: voice-start 0', '6: voice-end 0.03']);
	});

	test('keeps some time before and after, without overlapping what came before', () => {
		expect(run('.....####.......', {padding: 0.02})).toEqual(['7: voice-start 0.03', '12: voice-end 0.11']);
		expect(run('#####.....#####.....', {padding: 0.03})).toEqual([
			'2: voice-start 0',
			'8: voice-end 0.08',
			'12: voice-start 0.08',
			'18: voice-end 0.18',
		]);
	});

	test('takes a pause for none where the time kept after a stretch would fill it', () => {
		expect(run('####.....####', {padding: 0.06})).toEqual(['2: voice-start 0', 'end: voice-end 0.13']);
	});

	test('ends what is open with the sound, or where the voice fell silent before', () => {
		expect(run('..####')).toEqual(['4: voice-start 0.02', 'end: voice-end 0.06']);
		expect(run('..####..')).toEqual(['4: voice-start 0.02', 'end: voice-end 0.06']);
		expect(run('..####.', {padding: 0.04})).toEqual(['4: voice-start 0', 'end: voice-end 0.07']);
		expect(run('..##')).toEqual([]);
		expect(run('')).toEqual([]);
	});

	test('takes what is no number for silence', () => {
		expect(run('????')).toEqual([]);
		expect(run('####????')).toEqual(['2: voice-start 0', '7: voice-end 0.04']);
	});

	test('knows whether somebody speaks', () => {
		const gate = new SpeechGate(settings);
		const speaking = [...'.####.....'].map(frame => {
			gate.push(frame === '#' ? 1 : 0);
			return gate.speaking ? '#' : '.';
		});
		expect(speaking.join('')).toBe('...#####..');
	});
});

test('what a gate calls settled lies in a stretch that was told of, or in none that will be', () => {
	let seed = 1;
	const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
	for (let turn = 0; turn < 200; turn += 1) {
		const gate = new SpeechGate({...settings, padding: [0, 0.02, 0.06][turn % 3] ?? 0});
		let speaking = false;
		let before = 0;
		let loud = false;
		for (let frame = 0; frame < 100; frame += 1) {
			if (random() < 0.2) loud = !loud;
			const event = gate.push(loud ? 0.9 : 0.1);
			if (event !== undefined) {
				// Settled sound changes sides no more.
				expect(event.at).toBeGreaterThanOrEqual(before);
				speaking = event.type === 'voice-start';
			}
			expect(gate.speaking).toBe(speaking);
			expect(gate.settled).toBeGreaterThanOrEqual(before);
			before = gate.settled;
			// No more than the shortest stretch, the pause and the padding are open at any time.
			expect((frame + 1) / 100 - before).toBeLessThanOrEqual(0.13);
		}
		const last = gate.end(1);
		if (last !== undefined) expect(last.at).toBeGreaterThanOrEqual(Math.min(before, 1));
	}
});
