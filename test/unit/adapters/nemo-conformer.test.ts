import {copyFile, cp, readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {nemoConformer} from '../../../src/adapters/nemo-conformer.ts';
import {readConfiguration} from '../../../src/adapters/nemo-conformer/configuration.ts';
import {CtcWriter} from '../../../src/adapters/nemo-conformer/ctc-writer.ts';
import {featureMaker} from '../../../src/adapters/nemo-conformer/features.ts';
import {NemoRecognizer, type TokenWriter} from '../../../src/adapters/nemo-conformer/recognizer.ts';
import {TransducerWriter} from '../../../src/adapters/nemo-conformer/transducer-writer.ts';
import {readVocabulary} from '../../../src/adapters/nemo-conformer/vocabulary.ts';
import {onnx} from '../../../src/backends/onnx/onnx.ts';
import type {OnnxSession} from '../../../src/backends/onnx/session.ts';
import type {AnyEngine} from '../../../src/contract/engine.ts';
import type {InstalledModel} from '../../../src/contract/manifest.ts';
import type {Audio} from '../../../src/contract/media.ts';
import type {Warning} from '../../../src/contract/task.ts';
import {
	asrFixture,
	device,
	distance,
	folderModel,
	loadAdapter,
	mono,
	parityTone,
	reference,
	transcribed,
	transcriptionEvents,
	type Sample,
} from '../../helpers/speech-model.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

interface Reference {
	readonly cases: ReadonlyArray<{
		readonly seconds: number;
		readonly seed: number;
		readonly features: Sample;
		readonly heard: number;
		readonly said: ReadonlyArray<{
			readonly piece: number;
			readonly frame: number;
			readonly jump: number;
			readonly logProbability: number;
		}>;
	}>;
}

const signal = new AbortController().signal;

/** The same sound as `noisy` of test/parity/nemo.py. */
function noisy(seconds: number, seed: number): Float32Array {
	let state = seed;
	return parityTone(seconds, seed).map(value => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
		return value + 0.02 * ((state >> 8) / 2 ** 23 - 0.5);
	});
}

describe.each([
	{name: 'nemo-tdt', family: 'nemo-conformer-tdt', bands: 128, quantization: 'int8'},
	{name: 'nemo-rnnt', family: 'nemo-conformer-rnnt', bands: 80, quantization: 'fp32'},
	{name: 'nemo-ctc', family: 'nemo-conformer-ctc', bands: 80, quantization: 'fp32'},
])('$family', ({name, family, bands, quantization}) => {
	let model: InstalledModel;
	let engine: AnyEngine;
	let session: OnnxSession;
	beforeAll(async () => {
		model = await folderModel(asrFixture(name));
		engine = await loadAdapter(nemoConformer, model);
		session = await onnx.open({signal, device, threads: 1});
	});
	afterAll(async () => {
		await engine[Symbol.asyncDispose]();
		await session[Symbol.asyncDispose]();
	});

	async function writerOf(): Promise<TokenWriter> {
		const options = {
			...(await readConfiguration(model)),
			vocabulary: await readVocabulary(model),
			jumps: family.endsWith('tdt'),
		};
		const open = (role: string): ReturnType<OnnxSession['open']> => session.open(model.paths[role] ?? '');
		if (family.endsWith('ctc')) return new CtcWriter(await open('weights'), options);
		const graphs = [await open('weights-encoder-model'), await open('weights-decoder_joint-model')] as const;
		return new TransducerWriter(session.module, ...graphs, options);
	}

	test('a folder is known for what it is, the graph of the features with it', () => {
		expect(model.manifest).toMatchObject({family, tasks: ['transcription']});
		expect(model.variant).toMatchObject({quantization});
		expect(nemoConformer.serves(model.manifest, model.variant)).toBe(true);
		expect(Object.hasOwn(model.paths, 'nemo128.onnx')).toBe(name === 'nemo-tdt');
	});

	test('the features are what the reference says, of the graph and computed', async () => {
		const {cases} = await reference<Reference>(name);
		const {[`nemo${bands}.onnx`]: graph, ...paths} = model.paths;
		const computed = await featureMaker({...model, paths}, session, bands);
		const made = graph === undefined ? computed : await featureMaker(model, session, bands);
		for (const {seconds, seed, features, heard} of cases) {
			const sound = noisy(seconds, seed);
			const mine = await computed(sound, signal);
			expect(mine.audio_signal.dims).toEqual([1, ...features.shape]);
			expect(mine.length.data[0]).toBe(BigInt(heard));
			expect(distance(mine.audio_signal.data as Float32Array, features)).toBeLessThan(1e-4);
			// In 32 bits, and a logarithm of next to nothing.
			expect(distance((await made(sound, signal)).audio_signal.data as Float32Array, features)).toBeLessThan(2e-3);
		}
	});

	test('what is heard is what the reference says, piece for piece, frame for frame', async () => {
		const {cases} = await reference<Reference>(name);
		const vocabulary = await readVocabulary(model);
		const parts = {features: await featureMaker(model, session, bands), writer: await writerOf(), vocabulary};
		for (const {seconds, seed, said} of cases) {
			const heard = await new NemoRecognizer({...parts, frameSeconds: 0.08}, false).write(noisy(seconds, seed), signal);
			expect(heard.map(({token, frame, frames}) => ({piece: token, frame, frames}))).toEqual(
				said.map(({piece, frame, jump}) => ({piece, frame, frames: Math.max(1, jump)})),
			);
			for (const [at, {logProbability}] of heard.entries())
				expect(logProbability).toBeCloseTo(said[at]?.logProbability ?? Number.NaN, 2);
		}
		expect(cases.reduce((sum, {said}) => sum + said.length, 0)).toBeGreaterThan(40);
	});

	test('words have times, in order and within the sound', async () => {
		const result = await transcribed(engine, {audio: mono(noisy(6.01, 3)), words: true});
		const words = result.segments.flatMap(segment => segment.words ?? []);
		expect(words.map(({text}) => text).join(' ')).toBe(result.text);
		expect(words.length).toBeGreaterThan(2);
		for (const [at, {start, end}] of words.entries()) {
			expect(start).toBeGreaterThanOrEqual(words[at - 1]?.start ?? 0);
			expect(end).toBeGreaterThan(start);
			expect(end).toBeLessThanOrEqual(6.01);
		}
	});

	test('a long sound is heard in windows, and nothing of it is lost', async () => {
		const {usage, segments} = await transcribed(engine, {audio: mono(noisy(40, 2))});
		expect(usage.audioSeconds).toBeCloseTo(40, 5);
		expect(segments.at(-1)?.end).toBeGreaterThan(35);
		for (const [at, {start}] of segments.entries()) expect(start).toBeGreaterThanOrEqual(segments[at - 1]?.start ?? 0);
	});

	test('sound that is still coming in is told as a draft, before the rest of it is there', async () => {
		const sound = noisy(3.3, 2);
		let told: () => void = () => {};
		const drafted = new Promise<void>(resolve => {
			told = resolve;
		});
		async function* spoken(): AsyncGenerator<Audio> {
			yield mono(sound.subarray(0, 32_000));
			await drafted;
			yield mono(sound.subarray(32_000));
		}
		const finals: string[] = [];
		for await (const event of transcriptionEvents(engine, {audio: spoken()})) {
			if (event.type === 'segment-draft') told();
			else if (event.type === 'segment-final') finals.push(event.segment.text);
			else if (event.type === 'transcription-end') expect(event.usage.audioSeconds).toBeCloseTo(3.3, 5);
		}
		expect(finals.join(' ')).not.toBe('');
	});

	test('silence is an empty text', async () => {
		expect(await transcribed(engine, {audio: mono(new Float32Array(48_000))})).toMatchObject({text: '', segments: []});
	});

	test('what it cannot do is said, and the sound is heard all the same', async () => {
		const warnings: Warning[] = [];
		const request = {audio: mono(noisy(1.5, 1)), language: 'de', translate: true, prompt: 'names', temperature: 0.4};
		expect((await transcribed(engine, request, {warnings})).usage.audioSeconds).toBe(1.5);
		expect(warnings.map(({setting}) => setting)).toEqual(['language', 'translate', 'prompt', 'temperature']);
	});

	test('a cancelled request ends', async () => {
		const aborted = AbortSignal.abort();
		await expect(transcribed(engine, {audio: mono(noisy(3.3, 2))}, {signal: aborted})).rejects.toThrow();
	});
});

describe('files that are not what they claim to be', () => {
	async function broken(name: string, damage: (folder: string) => Promise<void>): Promise<unknown> {
		const folder = path.join(await temporaryFolder(), name);
		await cp(asrFixture(name), folder, {recursive: true});
		await damage(folder);
		return loadAdapter(nemoConformer, await folderModel(folder)).then(
			() => null,
			(error: unknown) => error,
		);
	}
	const invalid = (problem: RegExp): object => ({
		code: 'model-invalid',
		data: {problem: expect.stringMatching(problem) as string},
	});

	test.each(['encoder-model.int8.onnx', 'decoder_joint-model.int8.onnx', 'nemo128.onnx'])(
		'%s that was cut is refused',
		async file => {
			expect(await broken('nemo-tdt', folder => truncate(path.join(folder, file), 20_000))).toMatchObject(invalid(/./));
		},
	);

	test('a model without one of its graphs is refused by the name of that graph', async () => {
		const failure = await broken('nemo-tdt', folder => rm(path.join(folder, 'decoder_joint-model.int8.onnx')));
		expect(failure).toMatchObject(invalid(/decoder_joint-model/));
	});

	test('a model without vocabulary is refused', async () => {
		expect(await broken('nemo-ctc', folder => rm(path.join(folder, 'vocab.txt')))).toMatchObject(invalid(/vocab\.txt/));
	});

	test('one graph in the place of another is refused', async () => {
		const swap = (folder: string): Promise<void> =>
			copyFile(path.join(folder, 'encoder-model.int8.onnx'), path.join(folder, 'decoder_joint-model.int8.onnx'));
		expect(await broken('nemo-tdt', swap)).toMatchObject(invalid(/encoder_outputs/));
	});

	test('a network that chooses between other pieces than the vocabulary has is refused while it is loaded', async () => {
		const longer = async (folder: string): Promise<void> => {
			const file = path.join(folder, 'vocab.txt');
			await writeFile(file, `${await readFile(file, 'utf8')}more 31\n`);
		};
		expect(await broken('nemo-rnnt', longer)).toMatchObject(invalid(/32 pieces/));
	});

	test('the layout of sherpa is left to sherpa', async () => {
		const model = await folderModel(asrFixture('nemo-ctc'));
		const files = model.variant.files.concat({role: 'tokens.txt', url: 'file:///tokens.txt', bytes: 1});
		expect(nemoConformer.serves(model.manifest, {...model.variant, files})).toBe(false);
		expect(await readdir(asrFixture('nemo-ctc'))).not.toContain('nemo80.onnx');
	});
});
