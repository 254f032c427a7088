import type {InferenceSession} from 'onnxruntime-node';
import {openFailure} from './failure.ts';
import type {OnnxModule} from './session.ts';

export type Create = (
	source: string | Uint8Array,
	options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

/** The runtime's own function, of modules in which another stands in its place. */
const own = new WeakMap<OnnxModule, Create>();

/** Opens a graph by the runtime's own function. Throws `model-invalid`, `load-failed`. */
export function createNative(module: OnnxModule): Create {
	const factory = module.InferenceSession;
	const create = own.get(module) ?? (factory.create.bind(factory) as Create);
	return (source, options) =>
		create(source, options).catch((error: unknown) => {
			throw openFailure(typeof source === 'string' ? source : 'a graph of the library', error);
		});
}

/**
 * Whoever opens a graph in this process gets it from `create` from now on. The library of model classes opens its graphs
 * in several places, not all of which pass a caller's options on: this is the one they share.
 */
export function createThrough(module: OnnxModule, create: Create): void {
	if (own.has(module)) return;
	const factory = module.InferenceSession;
	own.set(module, factory.create.bind(factory) as Create);
	factory.create = create as typeof factory.create;
}
