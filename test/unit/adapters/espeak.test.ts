import path from 'node:path';
import {expect, test} from 'vitest';
import {espeak} from '../../../src/adapters/espeak.ts';
import {espeak as backend, openEspeak} from '../../../src/backends/espeak/espeak.ts';
import {findProgram, runProgram} from '../../../src/backends/espeak/program.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {starterModels} from '../../../src/models/starters.ts';
import {speech, type SpeechRequest, type SpeechResult} from '../../../src/tasks/speech.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';

const signal = new AbortController().signal;
const device = {platform: 'linux', arch: 'x64', pools: {ram: 8e9}, cores: 2, accelerators: []} as const;
/** Whatever the system has, a checkout has the package. */
const packaged = findProgram({});
const inSystem = findProgram();

async function say(request: SpeechRequest, warnings: Warning[] = []): Promise<SpeechResult> {
	const starters = await starterModels(path.join(repositoryRoot, 'registry/starter'));
	const model = starters.find(({installed}) => installed.id === 'espeak')?.installed;
	if (model === undefined) throw new Error('espeak is not among the starters');
	const engine = await espeak.load(model, {signal, progress() {}, device, threads: 1, settings: {}});
	const handler = engine.tasks.speech;
	if (handler === undefined) throw new Error('it does not speak');
	return speech.collect(handler(request, {signal, warn: warning => void warnings.push(warning)}));
}

const seconds = ({samples, sampleRate}: SpeechResult): number => samples.length / sampleRate;

test('speaks German and Chinese, at the pace that was asked for', async () => {
	const spoken = await say({text: 'Guten Morgen, wie geht es dir?', voice: 'de'});
	expect(spoken).toMatchObject({sampleRate: 22_050, channels: 1});
	expect(seconds(spoken)).toBeGreaterThan(1);
	expect(spoken.samples.some(sample => Math.abs(sample) > 0.1)).toBe(true);
	const quick = await say({text: 'Guten Morgen, wie geht es dir?', voice: 'de', speed: 2});
	expect(seconds(quick) / seconds(spoken)).toBeLessThan(0.7);
	expect(seconds(await say({text: '你好，世界。', voice: 'cmn'}))).toBeGreaterThan(0.5);
});

test('says what the answer of its probe depends on, so that no process is started to find out again', async () => {
	const program = findProgram();
	expect(await backend.probedFrom?.(device)).toContain(program?.file);
});

test('where no voice is named, the language names one', async () => {
	const warnings: Warning[] = [];
	const named = await say({text: 'Guten Morgen', voice: 'de'}, warnings);
	expect((await say({text: 'Guten Morgen', language: 'de-AT'}, warnings)).samples).toEqual(named.samples);
	const american = await say({text: 'Good morning', voice: 'en-us'}, warnings);
	expect((await say({text: 'Good morning', language: 'en'}, warnings)).samples).toEqual(american.samples);
	const british = await say({text: 'Good morning', voice: 'en-gb'}, warnings);
	expect((await say({text: 'Good morning', language: 'en-GB'}, warnings)).samples).toEqual(british.samples);
	expect(warnings).toEqual([]);
	expect((await say({text: 'Good morning', language: 'xx'}, warnings)).samples).toEqual(american.samples);
	expect(warnings.map(({setting}) => setting)).toEqual(['language']);
});

test('a pace beyond its own is the nearest it has, with a warning', async () => {
	const warnings: Warning[] = [];
	await say({text: 'Slowly.', speed: 0.25}, warnings);
	expect(warnings.map(({setting}) => setting)).toEqual(['speed']);
});

test('what looks like an option, a file or a command stays text', async () => {
	const spoken = await say({text: '--version -w /tmp/x $(id) `id`'});
	expect(seconds(spoken)).toBeGreaterThan(1);
});

test('the package says the same phonemes as it is asked for, clause by clause, without the system', async () => {
	if (packaged === null) throw new Error('the package espeak-ng is not here: npm ci');
	const text = 'hello\n\nworld wide\n';
	const output = await runProgram(packaged, {
		options: ['--ipa', '-b', '1', '-v', 'en-us'],
		text,
		wanted: 'phonemes',
		signal,
	});
	expect(output.toString().trim().split('\n')).toEqual(['həlˈoʊ', 'wˈɜːld wˈaɪd']);
	const wav = await runProgram(packaged, {options: ['-v', 'fr'], text: 'bonjour', wanted: 'wav', signal});
	expect(wav.subarray(0, 4).toString()).toBe('RIFF');
	await expect(runProgram(packaged, {options: ['-v', 'qq'], text: 'x', wanted: 'wav', signal})).rejects.toThrow(
		/voice does not exist/,
	);
});

test('clauses that the program would cut or drop still come back one for one', async () => {
	expect(inSystem).not.toBeNull();
	const spoken = await openEspeak().phonemes(['one. two', '(', 'three'], 'en-us', signal);
	expect(spoken).toHaveLength(3);
	expect(spoken[0]).toMatch(/wˈʌn.*tˈuː/);
	expect(spoken[2]).toMatch(/θɹˈiː/);
});

test('a cancelled sentence ends its process', async () => {
	const controller = new AbortController();
	const speaking = openEspeak().speak({text: 'word '.repeat(5000), voice: 'en', wordsPerMinute: 80}, controller.signal);
	controller.abort();
	await expect(speaking).rejects.toThrow();
});
