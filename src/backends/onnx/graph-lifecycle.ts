import type {Device} from '../../contract/backend.ts';
import type {EngineLifecycle} from '../../contract/engine.ts';
import type {InstalledModel} from '../../contract/manifest.ts';
import {graphFootprint} from './model-files.ts';
import type {OnnxSession} from './session.ts';

/** Milliseconds. A call blocks its thread; one look of a large network at a large picture takes minutes on a few cores. */
const longestCall = 30 * 60 * 1000;

/** What an engine of graphs has in common whatever it does: it computes on the cores it is handed, and ends with its session. */
export function graphLifecycle(
	model: InstalledModel,
	session: OnnxSession,
	device: Device,
	slots: number,
): EngineLifecycle {
	return {
		footprint: graphFootprint(model, device),
		slots,
		usefulThreads: device.cores,
		longestCall,
		setThreads: count => {
			session.threads = count;
		},
		[Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
	};
}
