import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

export function invalidFile({manifest}: InstalledModel, problem: string): MofaError<'model-invalid'> {
	return new MofaError('model-invalid', {model: manifest.name, problem});
}
