import {MofaError} from '../../contract/error.ts';
import type {Hub} from '../hub/hub.ts';
import type {ModelName} from '../name.ts';
import type {Registry} from '../registry/registry.ts';
import type {RemoteModel} from '../remote-model.ts';
import {resolveRegistered} from './resolve-registered.ts';
import {resolveRepository} from './resolve-repository.ts';
import {withFilesElsewhere} from './with-files-elsewhere.ts';

export interface ResolveOptions {
	readonly hub: Hub;
	readonly registry: Registry;
	readonly signal: AbortSignal;
}

export interface Resolution {
	readonly model: RemoteModel;
	/** Tag of the variant that the user named, or null. */
	readonly wanted: string | null;
}

/**
 * Looks a name up without fetching it: 1. the registry, 2. the Hub. Reads listings, small JSON files, and the front of
 * one GGUF file. Throws `model-not-found` with similar names, `model-unsupported` for pickles, `invalid-request` for a
 * variant that is not there, and what the Hub throws.
 */
export async function resolveModel(name: ModelName, options: ResolveOptions): Promise<Resolution> {
	if (name.kind === 'path') throw new MofaError('invalid-request', {path: 'model', expected: 'a name, not a path'});
	// 1.
	if (name.kind === 'registered') return resolveRegistered(name, options);
	// 2.
	const {model, wanted} = await resolveRepository(name, options);
	return {model: await withFilesElsewhere(model, options), wanted};
}
