import type {Tensor} from 'onnxruntime-node';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {readWhisper, type WhisperConfiguration} from '../../../../src/adapters/whisper/configuration.ts';
import {LogMel} from '../../../../src/backends/onnx/log-mel.ts';
import {MergedDecoder} from '../../../../src/backends/onnx/merged-decoder.ts';
import {likeliestLanguage} from '../../../../src/adapters/whisper/language.ts';
import {writeText} from '../../../../src/adapters/whisper/write-text.ts';
import {onnx} from '../../../../src/backends/onnx/onnx.ts';
import type {OnnxGraph, OnnxSession} from '../../../../src/backends/onnx/session.ts';
import {
	asrFixture,
	device,
	distance,
	folderModel,
	parityTone,
	reference,
	type Sample,
} from '../../../helpers/speech-model.ts';

interface Greedy {
	readonly language?: string;
	readonly task?: string;
	readonly times: boolean;
	readonly rules: boolean;
	readonly prefix: readonly number[];
	readonly tokens: readonly number[];
	readonly logProbability: number;
}

interface Reference {
	readonly cases: ReadonlyArray<{
		readonly seconds: number;
		readonly seed: number;
		readonly mel: Sample;
		readonly encoder: Sample;
		readonly language?: {readonly token: number; readonly probability: number};
		readonly greedy: readonly Greedy[];
	}>;
	readonly fullMel: Sample;
}

const signal = new AbortController().signal;

describe.each(['whisper', 'whisper-en'])('%s is what the reference is', name => {
	let session: OnnxSession;
	let configuration: WhisperConfiguration;
	let encoder: OnnxGraph;
	let decoder: MergedDecoder;
	let mel: LogMel;
	let known: Reference;
	beforeAll(async () => {
		const {paths} = await folderModel(asrFixture(name));
		session = await onnx.open({signal, device, threads: 1});
		configuration = await readWhisper(name, paths);
		mel = await LogMel.open(session, configuration.mel);
		encoder = await session.open(paths['weights-encoder_model'] ?? '');
		const graph = await session.open(paths['weights-decoder_model_merged'] ?? '');
		decoder = new MergedDecoder(graph, session.module, configuration);
		known = await reference(name);
	});
	afterAll(() => session[Symbol.asyncDispose]());

	async function hidden(samples: Float32Array): Promise<Tensor> {
		const output = (await encoder.run({input_features: await mel.picture(samples)}))['last_hidden_state'];
		if (output === undefined) throw new Error('nothing came out');
		return output;
	}

	test('the spectrogram within 1e-4', async () => {
		const far = async (sound: Float32Array, expected: Sample): Promise<number> =>
			distance((await mel.picture(sound)).data as Float32Array, expected);
		for (const {seconds, seed, mel: expected} of known.cases)
			expect(await far(parityTone(seconds, seed), expected)).toBeLessThan(1e-4);
		expect(await far(parityTone(configuration.windowSeconds, 4), known.fullMel)).toBeLessThan(1e-4);
	});

	test('what the encoder makes of it within 1e-4', async () => {
		for (const {seconds, seed, encoder: expected} of known.cases) {
			const {data} = await hidden(parityTone(seconds, seed));
			expect(distance(data as Float32Array, expected)).toBeLessThan(1e-4);
		}
	});

	test('the likeliest text token for token, with and without times, languages and rules', async () => {
		let compared = 0;
		for (const {seconds, seed, greedy} of known.cases) {
			const heard = await hidden(parityTone(seconds, seed));
			for (const {prefix, tokens, times, rules} of greedy) {
				const settings = rules ? configuration : {...configuration, suppressed: [], suppressedFirst: []};
				const text = await writeText(decoder, settings, heard, {
					prefix,
					times,
					temperature: 0,
					most: tokens.length,
					watchLoops: false,
					signal,
				});
				expect(text.tokens).toEqual(tokens);
				compared += tokens.length;
			}
		}
		expect(compared).toBeGreaterThan(300);
	});

	test('the language and how likely it is', async () => {
		for (const {seconds, seed, language} of known.cases) {
			const {logits} = await decoder.begin(
				[configuration.tokens.start],
				await hidden(parityTone(seconds, seed)),
				signal,
			);
			const found = likeliestLanguage(logits.row(0), configuration.tokens);
			if (language === undefined) expect(found).toBeNull();
			else {
				expect(configuration.tokens.languages.get(found?.language ?? '')).toBe(language.token);
				expect(found?.probability).toBeCloseTo(language.probability, 4);
			}
		}
	});
});
