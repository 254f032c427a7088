import type {LlamaServerSession} from '../../backends/llama-server/llama-server.ts';
import {modelFile} from '../../backends/llama/model-file.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {chatHandler} from './chat.ts';
import {estimate, shapeFor, type GgufVisionOptions} from './options.ts';

/** Starts the program on the weights and their projector. Throws `load-failed`, `model-invalid`, `cancelled`. */
export async function load({
	model,
	options,
	session,
	device,
	threads,
	signal,
	progress,
}: LoadRequest<GgufVisionOptions, LlamaServerSession>): Promise<Engine<'chat'>> {
	const shape = shapeFor(model, options, device);
	const server = await session.start({
		model: model.manifest.name,
		weights: modelFile(model, 'weights'),
		projector: modelFile(model, 'projector'),
		contextLength: shape.contextLength,
		slots: shape.slots,
		threads,
		signal,
	});
	progress(1);
	return {
		tasks: {chat: chatHandler(server, {name: model.manifest.name, ...options, ...shape})},
		footprint: estimate(model, options, device),
		facts: {contextLength: shape.contextLength},
		slots: shape.slots,
		broken: server.broken.then(words => `llama-server ended: ${words}`),
		// The program takes its threads when it starts, and keeps them.
		usefulThreads: threads,
		[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
	};
}
