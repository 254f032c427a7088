import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {kitten} from '../../../src/adapters/kitten.ts';
import {kittenTokens} from '../../../src/adapters/kitten/tokens.ts';
import {kokoro} from '../../../src/adapters/kokoro.ts';
import {piper} from '../../../src/adapters/piper.ts';
import {openEspeak} from '../../../src/backends/espeak/espeak.ts';
import {phonemize} from '../../../src/backends/espeak/phonemize.ts';
import {findProgram} from '../../../src/backends/espeak/program.ts';
import type {AnyAdapter} from '../../../src/contract/adapter.ts';
import type {Warning} from '../../../src/contract/task.ts';
import type {SpeechResult} from '../../../src/tasks/speech.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {loadSpeaker, type LoadedSpeaker} from '../../helpers/load-speaker.ts';

const here = findProgram() !== null;
if (!here)
	console.warn('SKIPPED: no eSpeak NG here, so voices that read phonemes are not tried (apt install espeak-ng)');

const fixtures = path.join(repositoryRoot, 'test/fixtures/speech');
const signal = new AbortController().signal;
const speakers: LoadedSpeaker[] = [];
afterAll(async () => {
	for (const loaded of speakers) await loaded[Symbol.asyncDispose]();
});

async function speaker(adapter: AnyAdapter, file: string): Promise<LoadedSpeaker['say']> {
	const loaded = await loadSpeaker(adapter, path.join(fixtures, file));
	speakers.push(loaded);
	return loaded.say;
}

/** The numbers the graph read: it says each of them for `hop` samples, as its value over 1000. */
function numbersIn({samples}: SpeechResult, hop: number, offset = 0): readonly number[] {
	const numbers: number[] = [];
	for (let at = hop / 2; at < samples.length; at += hop)
		numbers.push(Math.round(((samples[at] ?? 0) - offset) * 1000) + 0);
	return numbers;
}

const readJson = (file: string): {readonly model: {readonly vocab: Record<string, number>}} =>
	JSON.parse(readFileSync(path.join(fixtures, file), 'utf8'));
const piperFile = readJson('piper/en_US-test-medium.onnx.json') as unknown as {
	readonly phoneme_id_map: Readonly<Record<string, readonly [number]>>;
};
const trained = new Map(Object.entries(piperFile.phoneme_id_map).map(([sign, [number]]) => [sign, number]));

test.skipIf(!here)('a sentence keeps its punctuation around the phonemes', async () => {
	const espeak = openEspeak();
	expect(await phonemize(espeak, 'Hello, world (really)! It costs 3.5 — yes.', 'en-us', signal)).toBe(
		'həlˈoʊ, wˈɜːld (ɹˈiəli)! ɪt kˈɔsts θɹˈiː pɔɪnt fˈaɪv — jˈɛs.',
	);
	expect(await phonemize(espeak, '...', 'en-us', signal)).toBe('...');
	expect(await phonemize(espeak, 'Straße', 'de', signal)).toBe('ʃtɾˈɑːsə');
});

test.skipIf(!here).each(['../../etc/passwd', '-x', 'en us', ''])(
	'the voice %j cannot name a file or an option',
	async voice => {
		await expect(openEspeak().phonemes(['a'], voice, signal)).rejects.toMatchObject({code: 'invalid-request'});
	},
);

test.skipIf(!here)('Piper reads phonemes as its file numbers them, with pads between and marks around', async () => {
	const say = await speaker(piper, 'piper/en_US-test-medium.onnx');
	const spoken = await say({text: 'Hi.'});
	expect(spoken.sampleRate).toBe(22_050);
	// ^ _ h _ ˈ _ a _ ɪ _ . _ $, and then the pause.
	const numbers = numbersIn(spoken, 256);
	expect(numbers.slice(0, 13)).toEqual([...'^_h_ˈ_a_ɪ_._$'].map(sign => trained.get(sign)));
	expect(numbers.slice(13).every(number => number === 0)).toBe(true);
});

test.skipIf(!here)('Piper: each speaker, and each speed, reaches the graph', async () => {
	const say = await speaker(piper, 'piper/en_US-test-medium.onnx');
	expect(numbersIn(await say({text: 'Hi.', voice: 'BOB'}), 256, 0.5).slice(0, 3)).toEqual(
		[...'^_h'].map(sign => trained.get(sign)),
	);
	expect(numbersIn(await say({text: 'Hi.', speed: 2}), 128).slice(0, 3)).toEqual(
		[...'^_h'].map(sign => trained.get(sign)),
	);
	await expect(say({text: 'Hi.', voice: 'eve'})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'voice', expected: 'one of ann, bob, not eve'},
	});
});

test.skipIf(!here)('Piper: what a voice was not trained to say is left out with a warning', async () => {
	const say = await speaker(piper, 'piper/en_US-test-medium.onnx');
	const warnings: Warning[] = [];
	await say({text: 'Hi (you).', language: 'de'}, warnings);
	expect(warnings.map(({setting}) => setting)).toEqual(['language']);
	await say({text: 'Hi [you].'}, warnings);
	expect(warnings.at(-1)).toEqual({setting: 'text', message: 'left out what this voice cannot say: [ ]'});
});

test.skipIf(!here)('Kokoro: phonemes between two zeros, and the style for their number', async () => {
	const say = await speaker(kokoro, 'kokoro');
	const spoken = await say({text: 'Hi'});
	expect(spoken.sampleRate).toBe(24_000);
	const known = new Map(Object.entries<number>(readJson('kokoro/tokenizer.json').model.vocab));
	const hi = [0, ...[...'hˈaɪ'].map(sign => known.get(sign)), 0];
	// More phonemes than the file of the voice has rows, so the last.
	expect(numbersIn(spoken, 600, 0.12)).toEqual(hi);
	expect(numbersIn(await say({text: 'Hi', voice: 'bf_test', speed: 2}), 300, 0.22)).toEqual(hi);
});

test.skipIf(!here)('Kokoro: voices whose language cannot be read here are not offered', async () => {
	const say = await speaker(kokoro, 'kokoro');
	await expect(say({text: 'Hi', voice: 'jf_test'})).rejects.toMatchObject({
		data: {path: 'voice', expected: 'one of af_test, bf_test, not jf_test'},
	});
});

test.skipIf(!here)(
	'KittenTTS: a style for the length of the sentence, its own pace, and no noise at the end',
	async () => {
		const say = await speaker(kitten, 'kitten');
		// Nothing of the last 5000 samples, which are 0.9 each.
		const spoken = await say({text: 'Hi'});
		const hi = kittenTokens('hˈaɪ,');
		expect(hi.slice(-2)).toEqual([10, 0]);
		expect(numbersIn(spoken, 600, 0.08)).toEqual(hi);
		expect(numbersIn(await say({text: 'Hi', voice: 'jasper', speed: 2}), 150, 0.5)).toEqual(hi);
		await expect(say({text: 'Hi', voice: 'Luna'})).rejects.toMatchObject({
			data: {expected: 'one of Bella, Jasper, not Luna'},
		});
	},
);
