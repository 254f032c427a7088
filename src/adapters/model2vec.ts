import {readFile} from 'node:fs/promises';
import * as z from 'zod';
import {checkGraph} from '../backends/onnx/check-graph.ts';
import {graphFootprint, invalidModel, modelFile} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import type {Feeds, OnnxGraph, OnnxModule, OnnxSession} from '../backends/onnx/session.ts';
import {tokenFeeds} from '../backends/onnx/token-feeds.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {float32Of} from '../lib/float16.ts';
import {embed, type VectorModel} from '../tasks/embedding/embed.ts';
import {readRowTokenizer, type RowTokenizer} from '../tasks/text-rows/row-tokenizer.ts';

const configSchema = z.object({seq_length: z.int().min(1).nullish(), hidden_dim: z.int().min(1).nullish()});

/** Static vectors: a text is the mean of what its tokens are looked up as, with no network between. */
export const model2vec: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'model2vec',
	backend,
	tasks: ['embedding'],
	serves: ({family}, {format}) => family === 'model2vec' && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device}) {
		const tokenizer = await readRowTokenizer(model.manifest.name, model.paths);
		const config = await readConfig(model);
		// A table to look up in: one core, and no way to an accelerator and back.
		const graph = await session.open(modelFile(model, 'weights'), {threads: 1, accelerate: false});
		const vectors = vectorModel(model, graph, session, tokenizer, config);
		return {
			tasks: {embedding: (request, context) => embed(vectors, request, context)},
			footprint: graphFootprint(model, device),
			slots: 4,
			usefulThreads: 1,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

async function readConfig(model: InstalledModel): Promise<z.infer<typeof configSchema>> {
	try {
		return configSchema.parse(JSON.parse(await readFile(modelFile(model, 'config'), 'utf8')));
	} catch (error) {
		throw invalidModel(model, `its config.json cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}

/** Exports differ in how they take several texts at once, and in what they call the answer. */
const outputs = ['sentence_embedding', 'embeddings'];

function vectorModel(
	model: InstalledModel,
	graph: OnnxGraph,
	{module}: OnnxSession,
	tokenizer: RowTokenizer,
	{seq_length: longest, hidden_dim: width}: z.infer<typeof configSchema>,
): VectorModel {
	const names = graph.inputs.map(({name}) => name);
	const inputs = names.includes('offsets') ? ['input_ids', 'offsets'] : ['input_ids', 'attention_mask'];
	const output = outputs.find(name => graph.outputs.some(given => given.name === name)) ?? outputs[0] ?? '';
	checkGraph(graph, {inputs: Object.fromEntries(inputs.map(name => [name, 'int64'])), outputs: [output]});
	const last = graph.outputs.find(({name}) => name === output)?.shape.at(-1);
	const dimensions = typeof last === 'number' && last > 0 ? last : width;
	if (dimensions === undefined || dimensions === null)
		throw invalidModel(model, 'nothing says how long its vectors are');
	return {
		name: model.manifest.name,
		dimensions,
		longest: longest ?? Infinity,
		vocabulary: tokenizer.vocabulary,
		batches: {tokens: 32_768, inputs: 512},
		prompt: () => '',
		tokens(text) {
			// What has no token says nothing, and would pull every text towards the same place.
			const ids = tokenizer.tokens(text).filter(id => id !== tokenizer.unknown);
			return longest !== undefined && longest !== null && ids.length > longest
				? {ids: ids.slice(0, longest), cut: true}
				: {ids, cut: false};
		},
		async vectors(rows, signal) {
			const feeds = inputs.includes('offsets')
				? bagFeeds(module, rows)
				: tokenFeeds(module, {rows, padding: tokenizer.padding}, inputs);
			const {[output]: answer} = await graph.run(feeds, {signal, fetches: [output]});
			const data = float32Of(answer?.data ?? []);
			if (data.length !== rows.length * dimensions)
				throw invalidModel(model, `its graph gives other vectors than of ${dimensions} numbers`);
			return rows.map((_, index) => data.subarray(index * dimensions, (index + 1) * dimensions));
		},
	};
}

/** All rows in one, and where each begins. */
function bagFeeds({Tensor}: OnnxModule, rows: ReadonlyArray<readonly number[]>): Feeds {
	const ids = BigInt64Array.from(rows.flat(), BigInt);
	let at = 0;
	const offsets = BigInt64Array.from(rows, row => {
		const start = at;
		at += row.length;
		return BigInt(start);
	});
	return {
		input_ids: new Tensor('int64', ids, [ids.length]),
		offsets: new Tensor('int64', offsets, [offsets.length]),
	};
}
