import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import type {LlamaSession} from '../../backends/llama/llama.ts';
import type {GgufOptions} from './options.ts';
import {LoadedModel} from '../../backends/llama/loaded-model.ts';
import {isRearranged} from '../../backends/llama/memory.ts';
import {poolOf} from '../../backends/llama/model-memory.ts';
import {MofaError} from '../../contract/error.ts';
import {chatHandler, chatModel} from './chat.ts';
import {completionHandler} from './completion.ts';
import {shapeFor} from './options.ts';

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
}
