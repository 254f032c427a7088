import {createThrough, type Create} from './native-create.ts';
import {importTransformers} from './runtime.ts';
import type {OnnxModule, TransformersModule} from './session.ts';

/** The library, kept off the network and quiet, with its graphs opened by `create`. Throws `backend-unavailable`. */
export async function openTransformers(entry: string, module: OnnxModule, create: Create): Promise<TransformersModule> {
	const library = await importTransformers(entry);
	const {env, LogLevel} = library;
	env.allowRemoteModels = false;
	env.allowLocalModels = true;
	// What is not found by its path is not looked for anywhere else, nor kept for later.
	env.useFSCache = false;
	env.useBrowserCache = false;
	env.useCustomCache = false;
	env.useWasmCache = false;
	env.fetch = async address => {
		throw new Error(`nothing is fetched here: ${String(address)}`);
	};
	// Whatever it would print it throws as well.
	env.logLevel = LogLevel.NONE;
	createThrough(module, create);
	return library;
}
