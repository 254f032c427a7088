import {readFile, stat} from 'node:fs/promises';
import type {z} from 'zod';
import type {InstalledModel} from '../../contract/manifest.ts';
import {invalidModel} from './model-files.ts';

/** Bytes; a configuration that is longer is none. */
const largest = 2 ** 20;

/** The JSON file with that role; null where the model has none. Throws `model-invalid` naming it where it is not as wanted. */
export async function readModelJson<T>(model: InstalledModel, role: string, schema: z.ZodType<T>): Promise<T | null> {
	const file = model.paths[role];
	if (file === undefined) return null;
	try {
		if ((await stat(file)).size > largest) throw new Error('it is too large');
		return schema.parse(JSON.parse(await readFile(file, 'utf8')));
	} catch (error) {
		throw invalidModel(model, `its ${role} cannot be used: ${String(error).slice(0, 300)}`, error);
	}
}
