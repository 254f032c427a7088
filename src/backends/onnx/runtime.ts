import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {MofaError} from '../../contract/error.ts';
import {packageFile} from '../../lib/package-file.ts';
import type {OnnxModule, TransformersModule} from './session.ts';

const missing = 'install the onnx backend: mofa backend install onnx-cpu';

/**
 * Where the package's entry file is: the pack that whoever started this process chose, else the
 * package beside this program. Undefined when there is neither.
 */
export function runtimeEntry(environment: NodeJS.ProcessEnv = process.env): string | undefined {
	const chosen = environment['MOFA_ONNX_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? path.resolve(chosen) : undefined;
	return packageFile(import.meta.url, 'onnxruntime-node', 'dist', 'index.js');
}

/** Loads the package and its native code into this process, some 50 ms. Throws `backend-unavailable`. */
export function requireRuntime(): {readonly module: OnnxModule; readonly entry: string} {
	const entry = runtimeEntry();
	if (entry === undefined) throw unavailable('not-installed', missing);
	// The runtime of some platforms reports its use to its maker unless it is told not to.
	process.env['ORT_DISABLE_TELEMETRY'] = '1';
	try {
		const module = createRequire(entry)(entry) as OnnxModule;
		// Warnings of the native code go to this process's stderr; its errors are thrown as well.
		module.env.logLevel = 'fatal';
		return {module, entry};
	} catch (error) {
		throw unavailable('crashed', missing, error);
	}
}

/** Loads the library that stands beside the runtime and uses the very same copy of it. Throws `backend-unavailable`. */
export async function importTransformers(entry: string): Promise<TransformersModule> {
	const file = path.resolve(entry, '../../../@huggingface/transformers/dist/transformers.node.mjs');
	if (!existsSync(file)) throw unavailable('not-installed', missing);
	// Two copies in one process would each have threads of their own, and ours would not hold for the other.
	if (createRequire(file).resolve('onnxruntime-node') !== createRequire(entry).resolve(entry))
		throw unavailable('crashed', `@huggingface/transformers uses another onnxruntime-node than ${entry}; ${missing}`);
	try {
		return (await import(pathToFileURL(file).href)) as TransformersModule;
	} catch (error) {
		throw unavailable('crashed', missing, error);
	}
}

export function unavailable(reason: string, hint: string = missing, cause?: unknown): MofaError<'backend-unavailable'> {
	return new MofaError('backend-unavailable', {backend: 'onnx', reason, hint}, {cause});
}
