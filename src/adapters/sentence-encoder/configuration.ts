import * as z from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import {readModelJson} from '../../backends/onnx/model-json.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {knownLine} from '../../tasks/embedding/known-lines.ts';
import type {EncoderOptions, Pooling} from '../../tasks/embedding/encoder-options.ts';
import {positionFields, positionsOf, tokenizerLimits} from '../../tasks/text-rows/longest-row.ts';

export interface EncoderConfiguration {
	/** Null where the repository does not say. */
	readonly pooling: Pooling | null;
	/** What stands before a text of that purpose, and before one of none. */
	readonly prompts: {readonly query: string; readonly document: string; readonly any: string};
	/** Tokens of a text, special ones included; Infinity where nothing says it. */
	readonly longest: number;
	/** Of the hidden state; null where nothing says it. */
	readonly width: number | null;
	/** Layers behind the pooling that a graph must have in it, as their authors call them. */
	readonly further: readonly string[];
}

const count = z.number().min(1).nullish().catch(null);
const modelSchema = z.object({
	...positionFields,
	hidden_size: count,
	_name_or_path: z.string().max(500).nullish().catch(null),
});
const poolingSchema = z.record(z.string(), z.unknown());
const sentenceSchema = z.object({max_seq_length: count});
const promptsSchema = z.object({
	prompts: z.record(z.string(), z.string().max(2000)).nullish(),
	default_prompt_name: z.string().nullish(),
});
const modulesSchema = z.array(z.object({path: z.string(), type: z.string()})).max(20);

/**
 * From the files that sentence-transformers lays beside a model, each of which may be absent; where they are, `options`, and
 * what is known of the line it is of.
 * Throws `model-invalid` where one is damaged, or asks for what nothing here does.
 */
export async function readConfiguration(model: InstalledModel, options: EncoderOptions): Promise<EncoderConfiguration> {
	const [config, modes, sentence, tokenizer, named, modules] = await Promise.all([
		readModelJson(model, 'config', modelSchema),
		readModelJson(model, '1_Pooling/config.json', poolingSchema),
		readModelJson(model, 'sentence_bert_config.json', sentenceSchema),
		readModelJson(model, 'tokenizer_config.json', tokenizerLimits),
		readModelJson(model, 'config_sentence_transformers.json', promptsSchema),
		readModelJson(model, 'modules.json', modulesSchema),
	]);
	const prompts = named?.prompts ?? {};
	const line = knownLine([config?._name_or_path ?? '', model.manifest.name]);
	return {
		pooling: (modes === null ? null : poolingOf(model, modes)) ?? options.pooling ?? line.pooling ?? null,
		prompts: {
			query: prompts['query'] ?? options.prompts?.query ?? line.prompts?.query ?? '',
			document: prompts['document'] ?? prompts['passage'] ?? options.prompts?.document ?? line.prompts?.document ?? '',
			any: prompts[named?.default_prompt_name ?? ''] ?? '',
		},
		longest: Math.min(
			positionsOf(config),
			sentence?.max_seq_length ?? Infinity,
			tokenizer?.model_max_length ?? Infinity,
			model.manifest.contextLength ?? Infinity,
		),
		width: config?.hidden_size ?? null,
		further: (modules ?? [])
			.map(({type}) => type.split('.').at(-1) ?? type)
			.filter(type => !/^(Transformer|Pooling|Normalize)$/.test(type)),
	};
}

const modeNames: ReadonlyArray<readonly [string, Pooling]> = [
	['pooling_mode_cls_token', 'cls'],
	['pooling_mode_mean_tokens', 'mean'],
	['pooling_mode_lasttoken', 'last'],
	['pooling_mode_max_tokens', 'max'],
];
const written: ReadonlyArray<readonly [string, Pooling]> = [
	['cls', 'cls'],
	['mean', 'mean'],
	['lasttoken', 'last'],
	['max', 'max'],
];

/** One switch for each way, or since version 5 a single word. */
function poolingOf(model: InstalledModel, modes: Readonly<Record<string, unknown>>): Pooling | null {
	const word = modes['pooling_mode'];
	if (typeof word === 'string') {
		const known = written.find(([name]) => name === word)?.[1];
		if (known === undefined) throw cannotPool(model, word);
		return known;
	}
	const on = Object.keys(modes).filter(name => name.startsWith('pooling_mode_') && modes[name] === true);
	if (on.length === 0) return null;
	const known = modeNames.find(([name]) => name === on[0])?.[1];
	if (on.length > 1 || known === undefined) throw cannotPool(model, on.join(', '));
	return known;
}

const cannotPool = (model: InstalledModel, words: string): Error =>
	invalidModel(model, `it pools by ${words.slice(0, 200)}, where mean, cls, last or max is wanted`);
