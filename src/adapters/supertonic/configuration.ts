import * as z from 'zod';
import type {InstalledModel} from '../../contract/manifest.ts';
import {readRequiredJson} from './required-json.ts';

/** `onnx/tts.json`, as much of it as speaking needs. */
export interface SupertonicConfig {
	/** Of the training, such as `v1.7.3`. */
	readonly version: string | null;
	/** Of the data it was trained on: `opensource-en`, `opensource-multilingual`. */
	readonly split: string | null;
	/** Hertz. */
	readonly sampleRate: number;
	/** Samples that one column of latents becomes. */
	readonly columnSamples: number;
	/** Numbers in a column of latents. */
	readonly columnSize: number;
}

const count = (most: number): z.ZodInt => z.int().min(1).max(most);
const schema: z.ZodType<SupertonicConfig> = z
	.object({
		tts_version: z.string().max(50).nullish(),
		split: z.string().max(100).nullish(),
		ae: z.object({sample_rate: count(192_000).min(8000), base_chunk_size: count(2 ** 16)}),
		ttl: z.object({latent_dim: count(2 ** 12), chunk_compress_factor: count(2 ** 8)}),
	})
	.transform(({tts_version: version, split, ae, ttl}): SupertonicConfig => ({
		version: version ?? null,
		split: split ?? null,
		sampleRate: ae.sample_rate,
		columnSamples: ae.base_chunk_size * ttl.chunk_compress_factor,
		columnSize: ttl.latent_dim * ttl.chunk_compress_factor,
	}));

/** Throws `model-invalid` where it is absent or of something else. */
export const readConfiguration = (model: InstalledModel): Promise<SupertonicConfig> =>
	readRequiredJson(model, 'onnx/tts.json', schema);
