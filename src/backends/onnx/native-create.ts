import type {InferenceSession} from 'onnxruntime-node';
import type {OnnxModule} from './session.ts';

export type Create = (
	source: string | Uint8Array,
	options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;

/** The runtime's own function, of modules in which another stands in its place. */
const own = new WeakMap<OnnxModule, Create>();

/** The runtime's own function. */
export function createNative(module: OnnxModule): Create {
	const factory = module.InferenceSession;
	return own.get(module) ?? (factory.create.bind(factory) as Create);
}

/**
 * Whoever opens a graph in this process gets it from `create` from now on. The library of model classes opens its graphs
 * in several places, not all of which pass a caller's options on: this is the one they share.
 */
export function createThrough(module: OnnxModule, create: Create): void {
	own.set(module, createNative(module));
	module.InferenceSession.create = create as typeof module.InferenceSession.create;
}
