import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** Seconds between two looks at the sound, of which the network joins several into one frame. */
const hopSeconds = 0.01;

export interface NemoConfiguration {
	/** Bands of pitch that the sound is told in. */
	readonly bands: number;
	/** Looks in a frame, and the seconds of one. */
	readonly subsampling: number;
	readonly frameSeconds: number;
	/** A network that finds ever more in one frame has lost its way. */
	readonly mostInFrame: number;
}

/** What is absent is as onnx-asr takes it. */
const schema = z.object({
	features_size: z.number().int().min(1).max(1024).default(80),
	subsampling_factor: z.number().int().min(1).max(64).default(8),
	max_tokens_per_step: z.number().int().min(1).max(1000).default(10),
});

/** From `config.json`. Throws `model-invalid` where it cannot be used. */
export async function readConfiguration(model: InstalledModel): Promise<NemoConfiguration> {
	try {
		const written = schema.parse(JSON.parse(await readFile(modelFile(model, 'config'), 'utf8')));
		return {
			bands: written.features_size,
			subsampling: written.subsampling_factor,
			frameSeconds: written.subsampling_factor * hopSeconds,
			mostInFrame: written.max_tokens_per_step,
		};
	} catch (error) {
		throw invalidModel(model, `its config.json cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}
