import type {LlamaSession} from '../../backends/llama/llama.ts';
import {LoadedModel} from '../../backends/llama/loaded-model.ts';
import {modelFile} from '../../backends/llama/model-file.ts';
import {isMapped, poolOf} from '../../backends/llama/model-memory.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {chatHandler, chatModel} from './chat.ts';
import {completionHandler} from './completion.ts';
import {shapeFor, type GgufOptions} from './options.ts';

/** Reads the weights and opens what answers from them. Throws `load-failed`, `model-invalid`, `out-of-memory`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	threads,
	signal,
	progress,
}: LoadRequest<GgufOptions, LlamaSession>): Promise<Engine<'chat' | 'completion'>> {
	const name = model.manifest.name;
	const loaded = await LoadedModel.load(session, {
		name,
		path: modelFile(model, 'weights'),
		shape: shapeFor(model, options, device),
		threads,
		cores: device.cores,
		pool: poolOf(device),
		mapped: isMapped(device, model),
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
