import {graphLifecycle} from '../backends/onnx/graph-lifecycle.ts';
import {graphFootprint} from '../backends/onnx/model-files.ts';
import {onnx as backend} from '../backends/onnx/onnx.ts';
import {tellingWarnings} from '../backends/onnx/telling-warnings.ts';
import {defineAdapter, type AnyAdapter} from '../contract/adapter.ts';
import {chatHandler} from './vision-chat/chat.ts';
import {familyNames} from './vision-chat/families.ts';
import {openParts} from './vision-chat/open-parts.ts';

/**
 * Models that see and answer, in the layout of three graphs: a vision encoder, a table of words and a decoder with a memory.
 * The library of model classes prepares the pixels; its own way of writing knows neither several pictures of different
 * sizes, nor `top_p`, nor a memory between turns, so that the graphs are run here.
 */
export const visionChat: AnyAdapter = defineAdapter({
	apiVersion: 1,
	name: 'vision-chat',
	backend,
	tasks: ['chat'],
	serves: ({family}, {format}) => familyNames.has(family) && format === 'onnx',
	parseOptions: () => ({}),
	estimate: (model, _options, device) => graphFootprint(model, device),
	async load({model, session, device, progress}) {
		const parts = await openParts(model, session, progress);
		const {conversation, encoder} = parts;
		const held = (): number => conversation.held + encoder.held;
		const [[pool, bytes] = ['ram', 0]] = Object.entries(graphFootprint(model, device));
		return {
			...graphLifecycle(model, session, device, 1),
			get footprint() {
				return {[pool]: bytes + held()};
			},
			get reclaimable() {
				return {[pool]: held()};
			},
			async shrink() {
				conversation.forget();
				encoder.forget();
			},
			facts: {contextLength: parts.settings.contextLength},
			tasks: {chat: tellingWarnings(session, chatHandler(parts))},
		};
	},
});
