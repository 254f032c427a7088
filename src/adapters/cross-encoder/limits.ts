import * as z from 'zod';
import {readModelJson} from '../../backends/onnx/model-json.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {parseWith} from '../../tasks/parse.ts';
import {positionFields, positionsOf, tokenizerLimits} from '../../tasks/text-rows/longest-row.ts';

export interface CrossEncoderLimits {
	/** Tokens of a row, special ones included. */
	readonly longest: number;
	/** Marks of texts that the network has an embedding for; RoBERTa and its kin have one for both. */
	readonly types: number;
}

export interface CrossEncoderOptions {
	/** Tokens of a row at most. */
	readonly contextLength: number;
}

const count = z.coerce
	.number()
	.int()
	.positive()
	.max(2 ** 20);
const optionsSchema = z.object({contextLength: count.optional(), num_ctx: count.optional()});

/** What reading a row takes grows with the square of its length, so who wants a longer one asks for it. */
const defaultLongest = 2048;

/** Keys meant for others pass by. Throws `invalid-request`. */
export function parseOptions(input: Readonly<Record<string, unknown>>): CrossEncoderOptions {
	const {contextLength, num_ctx: asked} = parseWith(optionsSchema, input);
	return {contextLength: contextLength ?? asked ?? defaultLongest};
}

const configSchema = z.object({...positionFields, type_vocab_size: z.int().min(0).nullish().catch(null)});

/** From the files beside the graph, each of which may be absent. Throws `model-invalid` where one is damaged. */
export async function readLimits(
	model: InstalledModel,
	{contextLength}: CrossEncoderOptions,
): Promise<CrossEncoderLimits> {
	const [config, tokenizer] = await Promise.all([
		readModelJson(model, 'config', configSchema),
		readModelJson(model, 'tokenizer_config.json', tokenizerLimits),
	]);
	return {
		longest: Math.min(
			contextLength,
			positionsOf(config),
			tokenizer?.model_max_length ?? Infinity,
			model.manifest.contextLength ?? Infinity,
		),
		types: config?.type_vocab_size ?? 2,
	};
}
