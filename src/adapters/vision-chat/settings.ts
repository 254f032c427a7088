import {readFile, stat} from 'node:fs/promises';
import * as z from 'zod';
import {invalidModel, modelFile} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import type {Sampling} from '../../tasks/generation.ts';

/** What the files of a model say of it, beside its weights. */
export interface VisionSettings {
	readonly family: string;
	/** Tokens it looks back on. */
	readonly contextLength: number;
	/** Stands in the prompt for each row of a picture's features; absent where it must be known by its name. */
	readonly imageToken: number | undefined;
	/** Patches of each side that become one row of features. */
	readonly mergeSize: number;
	/** Numbers in a vector of the text side; 0 where nothing says it. */
	readonly width: number;
	readonly stops: readonly number[];
	readonly sampling: Sampling;
	/** So many tokens in a row are never written twice; 0: they may be. */
	readonly neverTwice: number;
	readonly template: string | undefined;
	readonly bos: string;
	readonly eos: string;
	/** Texts and numbers that only some families have, by their own names. */
	readonly words: Readonly<Record<string, unknown>>;
}

const ids = z.union([z.int(), z.array(z.int())]).nullish();
const textConfig = z.looseObject({
	max_position_embeddings: z.int().positive().nullish(),
	hidden_size: z.int().positive().nullish(),
	no_repeat_ngram_size: z.int().min(0).max(1000).nullish(),
	eos_token_id: ids,
});
const configSchema = textConfig.extend({
	model_type: z.string(),
	image_token_id: z.int().nullish(),
	image_token_index: z.int().nullish(),
	text_config: textConfig.nullish(),
	vision_config: z.looseObject({spatial_merge_size: z.int().positive().nullish()}).nullish(),
});
const generationSchema = z.looseObject({
	eos_token_id: ids,
	do_sample: z.boolean().nullish(),
	temperature: z.number().min(0).nullish(),
	top_p: z.number().min(0).max(1).nullish(),
	top_k: z.int().min(0).nullish(),
	min_p: z.number().min(0).max(1).nullish(),
	no_repeat_ngram_size: z.int().min(0).max(1000).nullish(),
	repetition_penalty: z.number().positive().nullish(),
});
const token = z.union([z.string(), z.looseObject({content: z.string()}).transform(({content}) => content)]).nullish();
const template = z
	.union([z.string(), z.array(z.looseObject({name: z.string(), template: z.string()})).transform(list => named(list))])
	.nullish();
const tokenizerSchema = z.looseObject({bos_token: token, eos_token: token, chat_template: template});
const processorSchema = z.looseObject({chat_template: template});

/** Where a model says nothing of it. */
const shortContext = 4096;
/** Bytes; no configuration is longer. */
const longest = 16 * 2 ** 20;

/** Throws `model-invalid` where a file is there and cannot be used. */
export async function readSettings(model: InstalledModel): Promise<VisionSettings> {
	const read = <T>(role: string, schema: z.ZodType<T>): Promise<T | undefined> => readJson(model, role, schema);
	const [config, generation, tokenizer, processor, preprocessor, templateFile, plainTemplate] = await Promise.all([
		read('config', configSchema),
		read('generation_config.json', generationSchema),
		read('tokenizer_config.json', tokenizerSchema),
		read('processor_config.json', processorSchema),
		read('preprocessor_config.json', z.looseObject({})),
		read('chat_template.json', processorSchema),
		readText(model, 'chat_template.jinja'),
	]);
	if (config === undefined) throw invalidModel(model, 'it has no config.json');
	const stops = [generation?.eos_token_id, config.eos_token_id, config.text_config?.eos_token_id].flatMap(
		one => one ?? [],
	);
	return {
		family: config.model_type,
		contextLength:
			config.text_config?.max_position_embeddings ??
			config.max_position_embeddings ??
			model.manifest.contextLength ??
			shortContext,
		imageToken: config.image_token_id ?? config.image_token_index ?? undefined,
		mergeSize: config.vision_config?.spatial_merge_size ?? 2,
		width: config.text_config?.hidden_size ?? config.hidden_size ?? 0,
		stops: [...new Set(stops)],
		sampling: samplingOf(generation),
		neverTwice: generation?.no_repeat_ngram_size ?? config.text_config?.no_repeat_ngram_size ?? 0,
		template:
			plainTemplate ?? templateFile?.chat_template ?? tokenizer?.chat_template ?? processor?.chat_template ?? undefined,
		bos: tokenizer?.bos_token ?? '',
		eos: tokenizer?.eos_token ?? '',
		words: {...preprocessor, ...tokenizer, ...processor},
	};
}

const named = (list: ReadonlyArray<{readonly name: string; readonly template: string}>): string | undefined =>
	(list.find(({name}) => name === 'default') ?? list[0])?.template;

/** Greedy where the authors do not sample. */
function samplingOf(generation: z.infer<typeof generationSchema> | undefined): Sampling {
	const repeat = {repeat_penalty: generation?.repetition_penalty ?? 1, repeat_last_n: -1};
	if (generation?.do_sample !== true) return {...repeat, temperature: 0};
	return {
		...repeat,
		temperature: generation.temperature ?? 1,
		top_p: generation.top_p ?? 1,
		top_k: generation.top_k ?? 50,
		min_p: generation.min_p ?? 0,
	};
}

async function readJson<T>(model: InstalledModel, role: string, schema: z.ZodType<T>): Promise<T | undefined> {
	const text = await readText(model, role);
	if (text === undefined) return undefined;
	try {
		return schema.parse(JSON.parse(text));
	} catch (error) {
		throw invalidModel(model, `its ${role} cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}

async function readText(model: InstalledModel, role: string): Promise<string | undefined> {
	if (model.paths[role] === undefined) return undefined;
	const file = modelFile(model, role);
	try {
		if ((await stat(file)).size > longest) throw new Error('it is too large');
		return await readFile(file, 'utf8');
	} catch (error) {
		throw invalidModel(model, `its ${role} cannot be read: ${String(error).slice(0, 300)}`, error);
	}
}
