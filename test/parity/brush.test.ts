import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {InferenceSession, Tensor} from 'onnxruntime-node';
import {describe, expect, test} from 'vitest';
import type {ModelManifest} from '../../src/contract/manifest.ts';

/** What the networks made in Python, written by `registry/starter/brush/make/check.py --fixture`. Numbers are base64 of float32. */
interface Reference {
	readonly caption: string;
	readonly ids: readonly number[];
	readonly hidden: string;
	readonly latents: string;
	readonly time: number;
	readonly step: string;
	readonly scaling: number;
	readonly picture: string;
	readonly encoded: string;
	readonly decoded: string;
}

const folder = path.resolve(import.meta.dirname, '../../registry/starter/brush');
const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as ModelManifest;
const reference = JSON.parse(
	readFileSync(path.resolve(import.meta.dirname, '../fixtures/brush/reference.json'), 'utf8'),
) as Reference;

describe('the brush that ships', () => {
	test('is the files that its manifest lists, and no more than 3 MB', () => {
		const {files} = manifest.variants[0];
		expect(files.map(({role}) => role)).toEqual(
			expect.arrayContaining([
				'weights-text_encoder',
				'weights-unet',
				'weights-vae_decoder',
				'weights-vae_encoder',
				'model_index.json',
				'scheduler/scheduler_config.json',
				'tokenizer/tokenizer.json',
			]),
		);
		for (const {url, bytes, sha256} of files) {
			const data = readFileSync(path.join(folder, url));
			expect({url, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex')}).toEqual({
				url,
				bytes,
				sha256,
			});
		}
		expect(files.reduce((sum, {bytes}) => sum + bytes, 0)).toBeLessThan(3_000_000);
	});

	test('reads a caption as the network did', async () => {
		const input_ids = new Tensor('int32', Int32Array.from(reference.ids), [1, reference.ids.length]);
		const read = await run('text_encoder', {input_ids});
		expect(furthest(read('last_hidden_state'), numbers(reference.hidden))).toBeLessThan(1e-3);
		expect(read('pooler_output')).toHaveLength(96);
	});

	test('takes one step as the network did', async () => {
		const hidden = numbers(reference.hidden);
		const made = await run('unet', {
			sample: new Tensor('float32', numbers(reference.latents), [1, 4, 16, 16]),
			timestep: new Tensor('int64', BigInt64Array.of(BigInt(reference.time)), [1]),
			encoder_hidden_states: new Tensor('float32', hidden, [1, reference.ids.length, 96]),
		});
		expect(furthest(made('out_sample'), numbers(reference.step))).toBeLessThan(1e-3);
	});

	test('turns latents into the picture that the network made', async () => {
		const latents = corner(numbers(reference.latents)).map(value => value / reference.scaling);
		const made = await run('vae_decoder', {latent_sample: new Tensor('float32', latents, [1, 4, 8, 8])});
		expect(furthest(made('sample'), numbers(reference.decoded))).toBeLessThan(1e-3);
	});

	test('turns a picture into the latents that the network made', async () => {
		const sample = new Tensor('float32', numbers(reference.picture), [1, 3, 32, 32]);
		const made = await run('vae_encoder', {sample});
		const latents = made('latent_sample').map(value => value * reference.scaling);
		expect(furthest(latents, numbers(reference.encoded))).toBeLessThan(1e-3);
	});
});

async function run(name: string, feeds: Readonly<Record<string, Tensor>>): Promise<(output: string) => Float32Array> {
	const session = await InferenceSession.create(path.join(folder, name, 'model.onnx'), {intraOpNumThreads: 1});
	try {
		const made = await session.run(feeds);
		const data = new Map(Object.entries(made).map(([output, {data: values}]) => [output, values as Float32Array]));
		return output => data.get(output) ?? new Float32Array();
	} finally {
		await session.release();
	}
}

const numbers = (base64: string): Float32Array =>
	new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);

/** The upper left quarter of four channels of 16 by 16. */
const corner = (latents: Float32Array): Float32Array =>
	latents.filter((_, at) => at % 16 < 8 && Math.floor(at / 16) % 16 < 8);

function furthest(made: Float32Array, wanted: Float32Array): number {
	expect(made).toHaveLength(wanted.length);
	return made.reduce((most, value, at) => Math.max(most, Math.abs(value - (wanted[at] ?? NaN))), 0);
}
