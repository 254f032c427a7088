import type {LlamaSession} from '../../backends/llama/llama.ts';
import {LoadedEncoder} from '../../backends/llama/loaded-encoder.ts';
import {modelFile} from '../../backends/llama/model-file.ts';
import {isMapped, poolOf} from '../../backends/llama/model-memory.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {Handler, Warning} from '../../contract/task.ts';
import {embed, type VectorModel} from '../../tasks/embedding/embed.ts';
import {rerank, type PairModel} from '../../tasks/reranking/rerank.ts';
import {shapeOf, type GgufEncoderOptions} from './options.ts';
import {pairModel} from './pair-model.ts';
import {poolingOf, ranks} from './pooling.ts';
import {vectorModel} from './vector-model.ts';

/** Reads the weights; of the two tasks one answers, and the other says that it cannot. Throws `load-failed`, `model-invalid`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	threads,
	signal,
	progress,
}: LoadRequest<GgufEncoderOptions, LlamaSession>): Promise<Engine<'embedding' | 'reranking'>> {
	const {name} = model.manifest;
	const {overrides, isGuessed} = poolingOf(model, options);
	const {longest, contextBytes} = shapeOf(options);
	const pool = poolOf(device);
	const loaded = await LoadedEncoder.load(session, {
		name,
		path: modelFile(model, 'weights'),
		longest,
		contextBytes,
		threads,
		pool,
		signal,
		progress,
		...(overrides === undefined ? {} : {overrides}),
		cores: device.cores,
		mapped: isMapped(device, model),
	});
	try {
		const handlers = ranks(options)
			? ranking(name, pairModel(loaded, model, options, longest))
			: embedding(name, vectorModel(loaded, model, options, longest), isGuessed);
		return {
			tasks: handlers,
			get footprint() {
				return loaded.footprint;
			},
			get reclaimable() {
				return loaded.reclaimable;
			},
			facts: ranks(options) ? {contextLength: longest} : {contextLength: longest, dimensions: loaded.size},
			slots: 4,
			get usefulThreads() {
				return loaded.usefulThreads;
			},
			shrink: () => loaded.shrink(),
			setThreads: count => loaded.setThreads(count),
			[Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
		};
	} catch (error) {
		await loaded[Symbol.asyncDispose]();
		throw error;
	}
}

interface Handlers {
	readonly embedding: Handler<'embedding'>;
	readonly reranking: Handler<'reranking'>;
}

function ranking(name: string, pairs: PairModel): Handlers {
	return {
		embedding: () => {
			throw new MofaError('task-unsupported', {model: name, task: 'embedding', supported: ['reranking']});
		},
		reranking: (request, context) => rerank(pairs, request, context),
	};
}

function embedding(name: string, vectors: VectorModel, isGuessed: boolean): Handlers {
	let isTold = !isGuessed;
	return {
		embedding(request, context) {
			if (!isTold) context.warn(unsaid);
			isTold = true;
			return embed(vectors, request, context);
		},
		reranking: () => {
			throw new MofaError('task-unsupported', {model: name, task: 'reranking', supported: ['embedding']});
		},
	};
}

const unsaid: Warning = {
	setting: 'pooling',
	message: 'the file does not say how its vectors are pooled, so it is by their mean',
};
