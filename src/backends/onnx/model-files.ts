import type {Device} from '../../contract/backend.ts';
import type {Footprint} from '../../contract/engine.ts';
import {MofaError} from '../../contract/error.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** Of the bytes of the weights: themselves in memory, and what one request computes. Replaced by a measurement. */
const workingFactor = 2;

/** Estimate for a model of graphs on the processor. */
export function graphFootprint({variant}: InstalledModel, device: Device): Footprint {
	const weights = variant.files.filter(({role}) => role.startsWith('weights'));
	const bytes = weights.reduce((sum, file) => sum + file.bytes, 0) * workingFactor;
	return {[device.pools['unified'] === undefined ? 'ram' : 'unified']: bytes};
}

/** Where the file with that role lies. Throws `model-invalid` where the model has none. */
export function modelFile(model: InstalledModel, ...roles: readonly string[]): string {
	for (const role of roles) {
		const file = model.paths[role];
		if (file !== undefined) return file;
	}
	throw invalidModel(model, `it has no ${roles[0] ?? ''} file`);
}

export function invalidModel({manifest}: InstalledModel, problem: string, cause?: unknown): MofaError<'model-invalid'> {
	return new MofaError('model-invalid', {model: manifest.name, problem}, {cause});
}
