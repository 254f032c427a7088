import {contextBytes, shapeContext, type ContextShape} from '../backends/llama/memory.ts';
import {poolOf, weightBytes} from '../backends/llama/model-memory.ts';
import {llamaServer} from '../backends/llama-server/llama-server.ts';
import {openPictures} from '../backends/pictures/open-pictures.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import type {Device} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import {chatHandler} from './gguf-vision/chat.ts';
import {parseOptions, type GgufVisionOptions} from './gguf-vision/options.ts';

/** Language models in GGUF with a projector beside them, which see: on llama.cpp's own server. */
export const ggufVision: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'gguf-vision',
	backend: llamaServer,
	tasks: ['chat'],
	serves: ({tasks, accepts = []}, {format, files}) =>
		format === 'gguf' &&
		tasks.includes('chat') &&
		accepts.includes('image') &&
		files.some(({role}) => role === 'projector'),
	parseOptions,
	estimate,
	async load({model, options, session, device, threads, signal, progress}) {
		// Before the program: without the codecs there is nothing for it to see.
		const pictures = await openPictures();
		const shape = shapeFor(model, options, device);
		const server = await session.start({
			model: model.manifest.name,
			weights: fileOf(model, 'weights'),
			projector: fileOf(model, 'projector'),
			contextLength: shape.contextLength,
			slots: shape.slots,
			threads,
			signal,
		});
		progress(1);
		return {
			tasks: {chat: chatHandler(server, pictures, {name: model.manifest.name, ...options, ...shape})},
			footprint: estimate(model, options, device),
			facts: {contextLength: shape.contextLength},
			slots: shape.slots,
			broken: server.broken.then(words => `llama-server ended: ${words}`),
			// The program takes its threads when it starts, and keeps them.
			usefulThreads: threads,
			[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
		};
	},
});

function shapeFor(model: InstalledModel, {header, context}: GgufVisionOptions, device: Device): ContextShape {
	const pool = poolOf(device);
	const bytes = device.pools[pool] ?? Infinity;
	return shapeContext(header, context, weightBytes(model), {bytes, accelerated: pool !== 'ram'});
}

/** Pure: file sizes and header facts alone. */
function estimate(model: InstalledModel, options: GgufVisionOptions, device: Device): Footprint {
	const projector = model.variant.files.find(({role}) => role === 'projector')?.bytes ?? 0;
	const context = contextBytes(options.header, shapeFor(model, options, device));
	return {[poolOf(device)]: weightBytes(model) + projector + context};
}

function fileOf({paths, manifest}: InstalledModel, role: string): string {
	const file = paths[role];
	if (file === undefined)
		throw new MofaError('model-invalid', {model: manifest.name, problem: `it has no ${role} file`});
	return file;
}
