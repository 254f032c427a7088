import {readFile, stat} from 'node:fs/promises';
import type {z} from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** Bytes; a configuration that is longer is none, and no vocabulary is longer than the other. */
const largestConfig = 4 * 2 ** 20;
export const largestVocabulary: number = 64 * 2 ** 20;

/** The first of these files that the model has, null where it has none. Throws `model-invalid` where it is damaged. */
export async function readJson<T>(
	model: InstalledModel,
	roles: readonly string[],
	schema: z.ZodType<T>,
	largest: number = largestConfig,
): Promise<T | null> {
	const role = roles.find(name => model.paths[name] !== undefined);
	if (role === undefined) return null;
	try {
		return schema.parse(parsed(await readText(model, role, largest)));
	} catch (error) {
		throw unreadable(model, role, error);
	}
}

/** Throws `model-invalid` where the model has no such file, or a longer one. */
export async function readText(model: InstalledModel, role: string, largest: number): Promise<string> {
	const file = model.paths[role];
	if (file === undefined) throw invalidModel(model, `it has no ${role}`);
	if ((await stat(file)).size > largest) throw invalidModel(model, `its ${role} is too large to be one`);
	return readFile(file, 'utf8');
}

export function unreadable(model: InstalledModel, role: string, error: unknown): Error {
	const words = error instanceof Error ? error.message : String(error);
	return invalidModel(model, `its ${role} cannot be used: ${words.replaceAll(/\s+/g, ' ').slice(0, 300)}`, error);
}

/** Python writes numbers that JSON does not have; here they stand for what is not said. */
function parsed(text: string): unknown {
	return JSON.parse(text.replaceAll(/:\s*(?:-?Infinity|NaN)(?=\s*[,}])/g, ': null')) as unknown;
}
