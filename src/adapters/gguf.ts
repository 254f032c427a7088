import {llama} from '../backends/llama/llama.ts';
import {LoadedModel} from '../backends/llama/loaded-model.ts';
import {isRearranged} from '../backends/llama/memory.ts';
import {poolOf} from '../backends/llama/model-memory.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {MofaError} from '../contract/error.ts';
import {chatHandler, chatModel} from './gguf/chat.ts';
import {completionHandler} from './gguf/completion.ts';
import {estimate, parseOptions, shapeFor} from './gguf/options.ts';

/** Any language model in a GGUF file, on llama.cpp. */
export const gguf: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf',
	backend: llama,
	tasks: ['chat', 'completion'],
	accepts: [],
	// What makes vectors or scores out of texts has an adapter of its own.
	serves: ({tasks}, {format}) => format === 'gguf' && !tasks.some(task => /^(embedding|reranking)$/.test(task)),
	parseOptions,
	estimate,
	async load({model, options, session, device, threads, signal, progress}) {
		const name = model.manifest.name;
		const path = model.paths['weights'];
		if (path === undefined) throw new MofaError('model-invalid', {model: name, problem: 'it has no weights file'});
		const loaded = await LoadedModel.load(session, {
			name,
			path,
			shape: shapeFor(model, options, device),
			threads,
			cores: device.cores,
			pool: poolOf(device),
			mapped: poolOf(device) !== 'ram' || !isRearranged(model.variant.quantization),
			signal,
			progress,
		});
		try {
			return {
				tasks: {
					chat: chatHandler(loaded, options, chatModel(loaded, options, name), model.manifest),
					completion: completionHandler(loaded, options),
				},
				get footprint() {
					return loaded.footprint;
				},
				get reclaimable() {
					return loaded.reclaimable;
				},
				facts: {contextLength: loaded.contextLength},
				slots: loaded.slots,
				usefulThreads: loaded.usefulThreads,
				shrink: () => loaded.shrink(),
				setThreads: count => loaded.setThreads(count),
				[Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
			};
		} catch (error) {
			await loaded[Symbol.asyncDispose]();
			throw error;
		}
	},
});
