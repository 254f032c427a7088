import {z} from 'zod';
import {readModelJson} from '../../backends/onnx/model-json.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {positionFields, positionsOf, tokenizerLimits} from '../../tasks/text-rows/longest-row.ts';

export interface CrossEncoderLimits {
	/** Tokens of a row, special ones included; Infinity where nothing says it. */
	readonly longest: number;
	/** Marks of texts that the network has an embedding for; RoBERTa and its kin have one for both. */
	readonly types: number;
}

const configSchema = z.object({...positionFields, type_vocab_size: z.int().min(0).nullish().catch(null)});

/** From the files beside the graph, each of which may be absent. Throws `model-invalid` where one is damaged. */
export async function readLimits(model: InstalledModel): Promise<CrossEncoderLimits> {
	const [config, tokenizer] = await Promise.all([
		readModelJson(model, 'config', configSchema),
		readModelJson(model, 'tokenizer_config.json', tokenizerLimits),
	]);
	return {
		longest: Math.min(
			positionsOf(config),
			tokenizer?.model_max_length ?? Infinity,
			model.manifest.contextLength ?? Infinity,
		),
		types: config?.type_vocab_size ?? 2,
	};
}
