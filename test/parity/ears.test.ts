import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {
	AutoProcessor,
	AutoTokenizer,
	env,
	WhisperForConditionalGeneration,
	type Tensor,
} from '@huggingface/transformers';
import {beforeAll, describe, expect, test} from 'vitest';
import type {ModelManifest} from '../../src/contract/manifest.ts';

/** What the network transcribed in Python, written by `registry/starter/ears/make/check.py --fixture`. */
interface Reference {
	readonly prefix: readonly number[];
	readonly end: number;
	readonly clips: ReadonlyArray<{
		readonly file: string;
		readonly words: string;
		readonly text: string;
		readonly tokens: readonly number[];
	}>;
}
type Transcriber = (samples: Float32Array) => Promise<{readonly tokens: readonly number[]; readonly text: string}>;

const starters = path.resolve(import.meta.dirname, '../../registry/starter');
const fixtures = path.resolve(import.meta.dirname, '../fixtures/ears');
const manifest = JSON.parse(readFileSync(path.join(starters, 'ears/manifest.json'), 'utf8')) as ModelManifest;
const reference = JSON.parse(readFileSync(path.join(fixtures, 'reference.json'), 'utf8')) as Reference;

describe('the ears that ship', () => {
	test('are the files that their manifest lists, and no more than 8 MB', () => {
		const {files} = manifest.variants[0];
		expect(files.map(({role}) => role)).toEqual(
			expect.arrayContaining(['weights-encoder_model', 'config', 'tokenizer']),
		);
		for (const {url, bytes, sha256} of files) {
			const data = readFileSync(path.join(starters, 'ears', url));
			expect({url, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex')}).toEqual({
				url,
				bytes,
				sha256,
			});
		}
		expect(files.reduce((sum, {bytes}) => sum + bytes, 0)).toBeLessThan(8_000_000);
	});

	describe('in the library that runs every Whisper', () => {
		let transcribe: Transcriber;
		beforeAll(async () => {
			transcribe = await open();
		});

		test.each(reference.clips)('transcribe $file token for token as the network did: "$text"', async clip => {
			const heard = await transcribe(samplesOf(clip.file));
			expect(heard.tokens).toEqual(clip.tokens);
			expect(heard.text).toBe(clip.text);
		});

		test('hear nothing in silence and in noise', async () => {
			const noise = Float32Array.from(
				{length: 32_000},
				(_, i) => 0.01 * (((Math.imul(i, 2_654_435_761) >>> 8) % 2001) / 1000 - 1),
			);
			expect((await transcribe(new Float32Array(16_000))).text).toBe('');
			expect((await transcribe(noise)).text).toBe('');
		});
	});
});

async function open(): Promise<Transcriber> {
	env.allowRemoteModels = false;
	env.localModelPath = starters;
	const [processor, tokenizer, model] = await Promise.all([
		AutoProcessor.from_pretrained('ears', {}),
		AutoTokenizer.from_pretrained('ears'),
		WhisperForConditionalGeneration.from_pretrained('ears', {
			device: 'cpu',
			dtype: 'fp32',
			session_options: {intraOpNumThreads: 1},
		}),
	]);
	return async samples => {
		const inputs = (await processor(samples)) as {readonly input_features: Tensor};
		const options = {...inputs, decoder_input_ids: [...reference.prefix], max_new_tokens: 60};
		const sequence = (
			(await model.generate(options as Parameters<typeof model.generate>[0])) as Tensor
		).tolist()[0] as ReadonlyArray<bigint | number>;
		const tokens = sequence.map(Number).slice(reference.prefix.length);
		const own = tokens.at(-1) === reference.end ? tokens.slice(0, -1) : tokens;
		expect(sequence.map(Number).slice(0, reference.prefix.length)).toEqual(reference.prefix);
		const text = own.length === 0 ? '' : tokenizer.decode([...own], {skip_special_tokens: true}).trim();
		return {tokens: own, text};
	};
}

/** 16-bit mono at 16 kHz after a header of 44 bytes, as the script writes it. */
function samplesOf(file: string): Float32Array {
	const data = readFileSync(path.join(fixtures, file));
	return Float32Array.from({length: (data.length - 44) / 2}, (_, i) => data.readInt16LE(44 + i * 2) / 32_768);
}
