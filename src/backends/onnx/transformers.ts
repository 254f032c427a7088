import type {InferenceSession} from 'onnxruntime-node';
import {importTransformers} from './runtime.ts';
import {sessionOptions} from './session-options.ts';
import type {OnnxModule, TransformersModule} from './session.ts';

/** Modules whose `create` is ours already: a second session of this process must not wrap it again. */
const adjusted = new WeakMap<OnnxModule, {threads: () => number}>();

/** The library, kept off the network and quiet; its graphs are opened like ours. Throws `backend-unavailable`. */
export async function openTransformers(
	entry: string,
	module: OnnxModule,
	threads: () => number,
): Promise<TransformersModule> {
	const library = await importTransformers(entry);
	const {env, LogLevel} = library;
	env.allowRemoteModels = false;
	env.allowLocalModels = true;
	env.useFSCache = false;
	env.useBrowserCache = false;
	env.useWasmCache = false;
	env.fetch = async address => {
		throw new Error(`nothing is fetched here: ${String(address)}`);
	};
	env.logLevel = LogLevel.NONE;
	adjust(module, threads);
	return library;
}

/** The library passes a caller's options on for some of its sessions only, so they are added where all are made. */
function adjust(module: OnnxModule, threads: () => number): void {
	const known = adjusted.get(module);
	if (known !== undefined) {
		known.threads = threads;
		return;
	}
	const ours = {threads};
	adjusted.set(module, ours);
	const factory = module.InferenceSession;
	const create = factory.create.bind(factory) as Create;
	const adjustedCreate: Create = (source, options) => create(source, {...sessionOptions(ours.threads()), ...options});
	factory.create = adjustedCreate as typeof factory.create;
}

type Create = (source: Uint8Array | string, options?: InferenceSession.SessionOptions) => Promise<InferenceSession>;
