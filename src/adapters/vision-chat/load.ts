import {graphLifecycle} from '../../backends/onnx/graph-lifecycle.ts';
import {graphFootprint} from '../../backends/onnx/model-files.ts';
import type {OnnxSession} from '../../backends/onnx/session.ts';
import {tellingWarnings} from '../../backends/onnx/telling-warnings.ts';
import type {LoadRequest} from '../../contract/adapter.ts';
import type {Engine} from '../../contract/engine.ts';
import {chatHandler} from './chat.ts';
import {openParts} from './open-parts.ts';

/** Opens the three graphs and what prepares pictures for them. Throws `model-invalid`, `load-failed`, `cancelled`. */
export async function load({
	model,
	session,
	device,
	progress,
}: LoadRequest<unknown, OnnxSession>): Promise<Engine<'chat'>> {
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
}
