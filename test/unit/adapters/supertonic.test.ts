import {readFileSync} from 'node:fs';
import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, expect, onTestFinished, test} from 'vitest';
import {supertonic} from '../../../src/adapters/supertonic.ts';
import {textToWaveform} from '../../../src/adapters/text-to-waveform.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {speech, type SpeechEvent, type SpeechRequest, type SpeechResult} from '../../../src/tasks/speech.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {device, distance, folderModel, type Sample} from '../../helpers/speech-model.ts';

const folder = path.join(repositoryRoot, 'test/fixtures/speech/supertonic');
const sampleRate = 44_100;
/** Samples of silence between two sentences. */
const pause = 13_230;

const reference = JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as {
	readonly spoken: ReadonlyArray<{
		readonly text: string;
		readonly language: string;
		readonly voice: string;
		readonly speed: number;
		readonly steps: number;
		readonly seed: number;
		readonly seconds: number;
		readonly sound: Sample;
	}>;
};

interface Speaking {
	readonly settings?: Readonly<Record<string, unknown>>;
	readonly warnings?: Warning[];
	readonly in?: string;
}

const engines = new Map<string, AnyEngine>();
afterAll(async () => {
	for (const engine of engines.values()) await engine[Symbol.asyncDispose]();
});

async function engineOf(from: string, settings: Readonly<Record<string, unknown>>): Promise<AnyEngine> {
	const key = JSON.stringify([from, settings]);
	const signal = new AbortController().signal;
	const context = {signal, progress() {}, device, threads: 1, settings};
	const engine = engines.get(key) ?? (await supertonic.load(await folderModel(from), context));
	engines.set(key, engine);
	return engine;
}

async function* events(
	request: SpeechRequest,
	{settings = {}, warnings = [], in: from = folder}: Speaking = {},
): AsyncGenerator<SpeechEvent> {
	const handler = (await engineOf(from, settings)).tasks.speech;
	if (handler === undefined) throw new Error('it does not speak');
	const signal = new AbortController().signal;
	yield* handler(request, {signal, warn: warning => void warnings.push(warning)});
}

const say = (request: SpeechRequest, speaking?: Speaking): Promise<SpeechResult> =>
	speech.collect(events(request, speaking));

async function changed(change: (copy: string) => Promise<void>): Promise<string> {
	const copy = await mkdtemp(path.join(tmpdir(), 'mofa-supertonic-'));
	onTestFinished(() => rm(copy, {recursive: true}));
	await cp(folder, copy, {recursive: true});
	await change(copy);
	return copy;
}

test('a folder of its authors is known by its files, and is not that of the library', async () => {
	const {manifest, variant} = await folderModel(folder);
	expect(manifest).toMatchObject({family: 'supertonic', tasks: ['speech']});
	expect(manifest.voices).toEqual([
		{name: 'F1', language: 'mul', description: 'a woman'},
		{name: 'M1', language: 'mul', description: 'a man'},
	]);
	expect(supertonic.serves(manifest, variant)).toBe(true);
	expect(textToWaveform.serves(manifest, variant)).toBe(false);
	const library = {...variant, files: [{role: 'weights-latent_denoiser', url: 'file:///x', bytes: 1}]};
	expect(supertonic.serves(manifest, library)).toBe(false);
	expect(textToWaveform.serves(manifest, library)).toBe(true);
});

test.each(reference.spoken)('$voice says "$text" in $language as the reference does', async spoken => {
	const {text, language, voice, speed, steps, seed} = spoken;
	const said = await say({text, language, voice, speed}, {settings: {steps, seed}});
	expect(said).toMatchObject({sampleRate, channels: 1});
	expect(said.samples.length).toBe(Math.floor(spoken.seconds * sampleRate));
	expect(distance(said.samples, spoken.sound)).toBeLessThan(1e-4);
});

test('a request sounds the same each time, and other with another seed or other steps', async () => {
	const request = {text: 'Hello there'};
	const {samples} = await say(request);
	expect((await say(request)).samples).toEqual(samples);
	expect((await say(request, {settings: {seed: '0', steps: '5'}})).samples).toEqual(samples);
	for (const settings of [{seed: 1}, {steps: 6}]) {
		const other = (await say(request, {settings})).samples;
		expect(other).not.toEqual(samples);
		expect((await say({...request, ...settings})).samples).toEqual(other);
	}
	expect((await say({...request, seed: 0, steps: 5}, {settings: {seed: 1, steps: 6}})).samples).toEqual(samples);
});

test('sentences come one by one, each from noise of its own, with silence between', async () => {
	const first = await say({text: 'Hello there.'});
	const both: SpeechEvent[] = [];
	for await (const event of events({text: 'Hello there. Hello there.'})) both.push(event);
	const sounds = both.flatMap(event => (event.type === 'audio-delta' ? [event.samples] : []));
	expect(sounds[0]).toEqual(first.samples);
	const second = sounds.slice(1).flatMap(samples => Array.from(samples));
	expect(second.length).toBe(pause + first.samples.length);
	expect(second.slice(0, pause).every(sample => sample === 0)).toBe(true);
	expect(second.slice(pause)).not.toEqual([...first.samples]);
});

test('whoever leaves after the first sentence ends it there', async () => {
	let heard = 0;
	for await (const {type} of events({text: 'Hello there. '.repeat(10_000)})) {
		if (type === 'audio-delta') heard += 1;
		if (heard === 1) break;
	}
	expect(heard).toBe(1);
});

test('an unknown voice is told which there are', async () => {
	await expect(say({text: 'Hi', voice: 'F9'})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'voice', expected: 'one of F1, M1, not F9'},
	});
	expect((await say({text: 'Hi', voice: 'm1'})).samples).toEqual((await say({text: 'Hi', voice: 'M1'})).samples);
});

test('a text whose language nobody says goes without one, but for Korean letters', async () => {
	const soundOf = async (text: string, language?: string): Promise<Float32Array> =>
		(await say({text, language})).samples;
	expect(await soundOf('Hello there')).toEqual(await soundOf('Hello there', 'na'));
	expect(await soundOf('Hello there')).not.toEqual(await soundOf('Hello there', 'en'));
	expect(await soundOf('Hello there', 'fr-CA')).toEqual(await soundOf('Hello there', 'fr'));
	expect(await soundOf('한국어 문장')).toEqual(await soundOf('한국어 문장', 'ko'));
});

test('what cannot be honoured is warned of once', async () => {
	const warnings: Warning[] = [];
	const request = {text: 'Hello there. Naïve ħ 你!', language: 'zh', speed: 4, instructions: 'whisper'};
	const {samples} = await say(request, {warnings});
	expect(new Map(warnings.map(({setting, message}) => [setting, message]))).toEqual(
		new Map([
			['language', expect.stringMatching(/^this model speaks en, ko, .* only$/)],
			['speed', 'this model speaks at 0.7 to 2 times its own pace'],
			['instructions', 'this model follows none'],
			['text', 'left out what this model cannot say: ħ 你'],
		]),
	);
	expect(warnings.length).toBe(4);
	expect(samples).toEqual((await say({text: 'Hello there. Naïve  !', speed: 2})).samples);
	await expect(say({text: '你好'})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: 'text', expected: 'words or numbers'},
	});
});

test('the first Supertonic is spoken to in English and without tags', async () => {
	const first = await changed(async copy => {
		const file = path.join(copy, 'onnx/tts.json');
		const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
		await writeFile(file, JSON.stringify({...config, tts_version: 'v1.5.0', split: 'opensource-en'}));
	});
	expect((await folderModel(first)).manifest.voices?.[0]).toMatchObject({name: 'F1', language: 'en'});
	const warnings: Warning[] = [];
	const said = await say({text: 'Hello there', language: 'de'}, {in: first, warnings});
	expect(warnings).toEqual([{setting: 'language', message: 'this model speaks en only'}]);
	// Twelve letters are said sooner than twenty-one signs.
	expect(said.samples.length).toBeLessThan((await say({text: 'Hello there', language: 'en'})).samples.length);
});

test('voices are the files that are there', async () => {
	const other = await changed(async copy => {
		await cp(path.join(copy, 'voice_styles/M1.json'), path.join(copy, 'voice_styles/my-voice.json'));
		await rm(path.join(copy, 'voice_styles/F1.json'));
	});
	expect((await say({text: 'Hi', voice: 'my-voice'}, {in: other})).samples).toEqual(
		(await say({text: 'Hi', voice: 'M1'})).samples,
	);
	const silent = await changed(copy => rm(path.join(copy, 'voice_styles'), {recursive: true}));
	await expect(say({text: 'Hi'}, {in: silent})).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: 'it has no voices: JSON files in a folder `voice_styles`'},
	});
});

const graphs = ['duration_predictor', 'text_encoder', 'vector_estimator', 'vocoder'];

test.each(graphs)('a damaged %s is refused, and one that is another graph', async name => {
	const file = `onnx/${name}.onnx`;
	const damaged = await changed(copy => writeFile(path.join(copy, file), 'no graph'));
	await expect(say({text: 'Hi'}, {in: damaged})).rejects.toMatchObject({
		code: 'model-invalid',
		data: {model: path.join(damaged, file)},
	});
	const other = graphs.find(known => known !== name) ?? '';
	const swapped = await changed(copy => cp(path.join(copy, `onnx/${other}.onnx`), path.join(copy, file)));
	await expect(say({text: 'Hi'}, {in: swapped})).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringContaining('are wanted')},
	});
});

test.each([
	['onnx/tts.json', '{"ae": {"sample_rate": 44100}}'],
	['onnx/unicode_indexer.json', '{"a": 1}'],
	[
		'voice_styles/F1.json',
		'{"style_ttl": {"dims": [1, 3, 8], "data": [[[1, 2]]]}, "style_dp": {"dims": [1, 2, 4], "data": []}}',
	],
	[
		'voice_styles/F1.json',
		'{"style_ttl": {"dims": [1, 1, 1], "data": [["x"]]}, "style_dp": {"dims": [1, 1, 1], "data": [1]}}',
	],
])('a %s that is something else is named', async (file, text) => {
	const damaged = await changed(copy => writeFile(path.join(copy, file), text));
	await expect(say({text: 'Hi'}, {in: damaged})).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: expect.stringContaining(`its ${file} cannot be used`)},
	});
});

test('a voice of another model is refused', async () => {
	const foreign = await changed(async copy => {
		const rows = (...dims: readonly [1, number, number]): unknown => ({
			dims,
			data: Array.from({length: dims[1] * dims[2]}, () => 0),
		});
		const style = {style_ttl: rows(1, 3, 16), style_dp: rows(1, 2, 4)};
		await writeFile(path.join(copy, 'voice_styles/F1.json'), JSON.stringify(style));
	});
	await expect(say({text: 'Hi'}, {in: foreign})).rejects.toMatchObject({
		code: 'model-invalid',
		data: {problem: 'the voice F1 is of another model: 3 × 16 and 2 × 4 numbers'},
	});
});

test('more steps than it takes are the most it takes, with a warning', async () => {
	const warnings: Warning[] = [];
	const many = await say({text: 'Hi', steps: 500}, {warnings});
	expect(warnings).toEqual([{setting: 'steps', message: 'this model takes 100 steps at most'}]);
	expect(many.samples).toEqual((await say({text: 'Hi', steps: 100})).samples);
});

test.each([{steps: 0}, {steps: 101}, {steps: 1.5}, {seed: -1}])('%j is refused as a setting', async settings => {
	await expect(say({text: 'Hi'}, {settings})).rejects.toMatchObject({
		code: 'invalid-request',
		data: {path: Object.keys(settings)[0]},
	});
});
