import {existsSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import type {getLlama, Llama, LlamaGrammarEvaluationState, LlamaLogLevel, LlamaVocabularyType} from 'node-llama-cpp';
import type {Device} from '../../contract/backend.ts';
import {MofaError} from '../../contract/error.ts';
import {packageFile} from '../../lib/package-file.ts';

/** The package as this program uses it; a pack and a checkout give the same module. */
export interface LlamaModule {
	readonly getLlama: typeof getLlama;
	readonly LlamaGrammarEvaluationState: typeof LlamaGrammarEvaluationState;
	readonly LlamaLogLevel: typeof LlamaLogLevel;
	readonly LlamaVocabularyType: typeof LlamaVocabularyType;
}

export type Gpu = Llama['gpu'];

const missing = 'install the llama backend: mofa backend install llama';

/**
 * Where the package's entry file is: the pack that whoever started this process chose, else the
 * package beside this program. Undefined when there is neither.
 */
export function runtimeEntry(environment: NodeJS.ProcessEnv = process.env): string | undefined {
	const chosen = environment['MOFA_LLAMA_RUNTIME'];
	if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? path.resolve(chosen) : undefined;
	try {
		// Found by folder, not resolved: the package exports nothing to require().
		return packageFile(import.meta.url, 'node-llama-cpp', 'dist', 'index.js');
	} catch {
		return undefined;
	}
}

/** Loads the package into this process; the native code follows with `getLlama`. Throws `backend-unavailable`. */
export async function importRuntime(): Promise<LlamaModule> {
	const entry = runtimeEntry();
	if (entry === undefined) throw unavailable('not-installed', missing);
	try {
		return (await import(pathToFileURL(entry).href)) as LlamaModule;
	} catch (error) {
		throw unavailable('crashed', missing, error);
	}
}

/** What to ask llama.cpp for. No accelerator on the machine means no search for one: each try costs a process. */
export function gpuOf(device: Device): Gpu {
	const kinds = new Set(device.accelerators.map(name => name.split(':')[0]));
	if (kinds.has('metal')) return 'metal';
	if (kinds.has('cuda')) return 'cuda';
	return kinds.has('vulkan') ? 'vulkan' : false;
}

export function unavailable(reason: string, hint: string = missing, cause?: unknown): MofaError<'backend-unavailable'> {
	return new MofaError('backend-unavailable', {backend: 'llama', reason, hint}, {cause});
}
