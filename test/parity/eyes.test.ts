import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {AutoProcessor, env, Idefics3ForConditionalGeneration, RawImage, type Tensor} from '@huggingface/transformers';
import {beforeAll, describe, expect, test} from 'vitest';
import type {ModelManifest} from '../../src/contract/manifest.ts';
import {decodePng} from '../../src/media/picture/png.ts';

/** What the network answered in Python, written by `registry/starter/eyes/make/check.py --fixture`. */
interface Reference {
	readonly questions: ReadonlyArray<{
		readonly picture: string | null;
		readonly question: string;
		readonly text: string;
		readonly prompt: readonly number[];
		readonly tokens: readonly number[];
	}>;
}
interface Answer {
	readonly prompt: readonly number[];
	readonly tokens: readonly number[];
	readonly text: string;
}
interface Eyes {
	answer(question: string, picture: string | null): Promise<Answer>;
	features(picture: string): Promise<Float32Array>;
}

const starters = path.resolve(import.meta.dirname, '../../registry/starter');
const fixtures = path.resolve(import.meta.dirname, '../fixtures/eyes');
const manifest = JSON.parse(readFileSync(path.join(starters, 'eyes/manifest.json'), 'utf8')) as ModelManifest;
const reference = JSON.parse(readFileSync(path.join(fixtures, 'reference.json'), 'utf8')) as Reference;
const end = 518;

describe('the eyes that ship', () => {
	test('are the files that their manifest lists, and no more than 2.5 MB', () => {
		const {files} = manifest.variants[0];
		expect(files.map(({role}) => role)).toEqual(
			expect.arrayContaining([
				'weights-vision_encoder',
				'weights-embed_tokens',
				'weights-decoder_model_merged',
				'config',
				'tokenizer',
			]),
		);
		for (const {url, bytes, sha256} of files) {
			const data = readFileSync(path.join(starters, 'eyes', url));
			expect({url, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex')}).toEqual({
				url,
				bytes,
				sha256,
			});
		}
		expect(files.reduce((sum, {bytes}) => sum + bytes, 0)).toBeLessThan(2_500_000);
	});

	describe('in the library that runs every SmolVLM', () => {
		let eyes: Eyes;
		beforeAll(async () => {
			eyes = await open();
		});

		test.each(reference.questions)(
			'answer "$question" of $picture token for token as the network did: "$text"',
			async ({question, picture, prompt, tokens, text}) => {
				expect(await eyes.answer(question, picture)).toEqual({prompt, tokens, text});
			},
		);

		test('see pictures as the network did', async () => {
			const wanted = featuresOfReference();
			const names = [...new Set(reference.questions.flatMap(({picture}) => picture ?? []))];
			for (const [index, name] of names.entries()) {
				const features = await eyes.features(name);
				const one = wanted.subarray(index * features.length, (index + 1) * features.length);
				expect(one).toHaveLength(features.length);
				expect(Math.max(...features.map((value, at) => Math.abs(value - (one[at] ?? NaN))))).toBeLessThan(1e-3);
			}
			expect(wanted).toHaveLength(names.length * 16 * 128);
		});
	});
});

async function open(): Promise<Eyes> {
	env.allowRemoteModels = false;
	env.localModelPath = starters;
	const [processor, model] = await Promise.all([
		AutoProcessor.from_pretrained('eyes', {}),
		Idefics3ForConditionalGeneration.from_pretrained('eyes', {
			device: 'cpu',
			dtype: 'fp32',
			session_options: {intraOpNumThreads: 1},
		}),
	]);
	const {tokenizer} = processor;
	if (tokenizer === undefined) throw new Error('the eyes have no tokenizer');
	const ask = async (question: string, picture: string | null): Promise<Record<string, Tensor>> => {
		const text = {type: 'text', text: question};
		const content = picture === null ? [text] : [{type: 'image'}, text];
		const messages = [{role: 'user', content}] as unknown as Parameters<typeof processor.apply_chat_template>[0];
		const words = processor.apply_chat_template(messages, {add_generation_prompt: true}) as string;
		const made: unknown = picture === null ? tokenizer(words) : await processor(words, [imageOf(picture)]);
		return made as Record<string, Tensor>;
	};
	return {
		async answer(question, picture) {
			const inputs = await ask(question, picture);
			const options = {...inputs, max_new_tokens: 48} as Parameters<typeof model.generate>[0];
			const [sequence] = ((await model.generate(options)) as Tensor).tolist() as ReadonlyArray<readonly bigint[]>;
			const length = inputs['input_ids']?.dims.at(-1) ?? 0;
			const all = (sequence ?? []).map(Number);
			const tokens = all.slice(length).filter(token => token !== end);
			const text = tokenizer.decode(tokens, {skip_special_tokens: true}).trim();
			return {prompt: all.slice(0, length), tokens, text};
		},
		async features(picture) {
			const {image_features: features} = (await model.sessions['vision_encoder'].run(
				await feedsOf(await ask('', picture)),
			)) as {readonly image_features: {readonly data: Float32Array}};
			return features.data;
		},
	};
}

/** The tensors of the library are wrappers around those of the runtime. */
async function feedsOf({pixel_values: pixels, pixel_attention_mask: mask}: Record<string, Tensor>): Promise<unknown> {
	return Object.fromEntries(
		Object.entries({pixel_values: pixels, pixel_attention_mask: mask}).map(([name, tensor]) => [
			name,
			tensor?.ort_tensor,
		]),
	);
}

function imageOf(picture: string): RawImage {
	const {pixels} = decodePng(readFileSync(path.join(fixtures, picture)));
	return new RawImage(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height, pixels.channels);
}

function featuresOfReference(): Float32Array {
	const data = readFileSync(path.join(fixtures, 'features.bin'));
	return Float32Array.from({length: data.length / 4}, (_, index) => data.readFloatLE(index * 4));
}
