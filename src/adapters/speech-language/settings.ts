import {readFile, stat} from 'node:fs/promises';
import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import {readModelJson} from '../../backends/onnx/model-json.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** What the files of a model say of it, beside its weights. */
export interface SpeechSettings {
	readonly family: string;
	/** Tokens it looks back on, those of the sound among them. */
	readonly contextLength: number;
	readonly stops: readonly number[];
	readonly template: string | undefined;
	readonly bos: string;
	readonly eos: string;
	/** How sound is made ready, by the names that the library has for it. */
	readonly preprocessor: Readonly<Record<string, unknown>>;
}

const ids = z.union([z.int(), z.array(z.int())]).nullish();
const configSchema = z.looseObject({
	model_type: z.string(),
	eos_token_id: ids,
	max_position_embeddings: z.int().positive().nullish(),
	text_config: z.looseObject({eos_token_id: ids, max_position_embeddings: z.int().positive().nullish()}).nullish(),
});
const generationSchema = z.looseObject({eos_token_id: ids});
const token = z.union([z.string(), z.looseObject({content: z.string()}).transform(({content}) => content)]).nullish();
const templated = z.looseObject({chat_template: z.string().nullish()});
const tokenizerSchema = templated.extend({bos_token: token, eos_token: token});
const objectSchema = z.looseObject({});

/** Where a model says nothing of it. */
const shortContext = 4096;
/** Bytes; no template is longer. */
const longest = 2 ** 20;

/** Throws `model-invalid` where a file is absent that must be there, or cannot be used. */
export async function readSettings(model: InstalledModel): Promise<SpeechSettings> {
	const [config, generation, tokenizer, processor, preprocessor, templateFile, template] = await Promise.all([
		readModelJson(model, 'config', configSchema),
		readModelJson(model, 'generation_config.json', generationSchema),
		readModelJson(model, 'tokenizer_config.json', tokenizerSchema),
		readModelJson(model, 'processor_config.json', templated),
		readModelJson(model, 'preprocessor_config.json', objectSchema),
		readModelJson(model, 'chat_template.json', templated),
		readTemplate(model),
	]);
	if (config === null) throw invalidModel(model, 'it has no config.json');
	if (preprocessor === null) throw invalidModel(model, 'it has no preprocessor_config.json');
	const stops = [generation?.eos_token_id, config.eos_token_id, config.text_config?.eos_token_id];
	return {
		family: config.model_type,
		contextLength:
			config.text_config?.max_position_embeddings ??
			config.max_position_embeddings ??
			model.manifest.contextLength ??
			shortContext,
		stops: [...new Set(stops.flatMap(one => one ?? []))],
		template:
			template ?? templateFile?.chat_template ?? tokenizer?.chat_template ?? processor?.chat_template ?? undefined,
		bos: tokenizer?.bos_token ?? '',
		eos: tokenizer?.eos_token ?? '',
		preprocessor,
	};
}

async function readTemplate(model: InstalledModel): Promise<string | undefined> {
	const file = model.paths['chat_template.jinja'];
	if (file === undefined) return undefined;
	try {
		if ((await stat(file)).size > longest) throw new Error('it is too large');
		return await readFile(file, 'utf8');
	} catch (error) {
		throw invalidModel(model, `its chat template cannot be read: ${String(error).slice(0, 300)}`, error);
	}
}
