import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** Where the file of a role lies. Throws `model-invalid` where the model has none. */
export function modelFile({paths, manifest}: InstalledModel, role: string): string {
	const file = paths[role];
	if (file === undefined)
		throw new MofaError('model-invalid', {model: manifest.name, problem: `it has no ${role} file`});
	return file;
}
