import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {MergedDecoder} from '../backends/onnx/merged-decoder.ts';
import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {OnnxSession} from '../backends/onnx/session.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {warnOfWhatIsLeftOut} from '../tasks/transcribing/left-out.ts';
import {readTokenizer} from '../tasks/transcribing/text-tokenizer.ts';
import {transcribe} from '../tasks/transcribing/transcribe.ts';
import {MoonshineRecognizer, type MoonshineParts} from './moonshine/recognizer.ts';

/** Moonshine: hears sound as long as it is, so short commands cost little. */
export const moonshine: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'moonshine',
	backend,
	tasks: ['transcription'],
	serves: ({family}, {format}) => family === 'moonshine' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, progress}) {
		const parts = await open(model, session);
		progress(1);
		return {
			tasks: {
				transcription: tellingWarnings(session, (request, context) => {
					warnOfWhatIsLeftOut(request, ['language', 'translate', 'words', 'prompt', 'temperature'], context);
					return transcribe(new MoonshineRecognizer(parts), request, context.signal);
				}),
			},
			...graphLifecycle(model, session, device, 4),
		};
	},
});

const count = z.number().int().min(1).max(1_000_000);

const configSchema = z.object({
	hidden_size: count,
	decoder_num_hidden_layers: count,
	decoder_num_attention_heads: count,
	decoder_num_key_value_heads: count.nullish(),
	max_position_embeddings: count.default(194),
	decoder_start_token_id: z.number().int().min(0).default(1),
	eos_token_id: z.number().int().min(0).default(2),
});

async function open(model: InstalledModel, session: OnnxSession): Promise<MoonshineParts> {
	const config = await readConfig(model);
	const tokenizer = await readTokenizer(model.manifest.name, model.paths);
	const encoder = await session.open(modelFile(model, 'weights-encoder_model'));
	const graph = await session.open(modelFile(model, 'weights-decoder_model_merged'));
	const heads = config.decoder_num_attention_heads;
	const decoder = new MergedDecoder(graph, session.module, {
		layers: config.decoder_num_hidden_layers,
		heads: config.decoder_num_key_value_heads ?? heads,
		headSize: config.hidden_size / heads,
	});
	return {
		module: session.module,
		encoder,
		decoder,
		tokenizer,
		start: config.decoder_start_token_id,
		end: config.eos_token_id,
		positions: config.max_position_embeddings,
	};
}

async function readConfig(model: InstalledModel): Promise<z.infer<typeof configSchema>> {
	try {
		return configSchema.parse(JSON.parse(await readFile(modelFile(model, 'config'), 'utf8')));
	} catch (error) {
		throw invalidModel(model, `its config.json cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}
