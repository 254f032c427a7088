import type {z} from 'zod';
import {invalidModel} from '../../backends/onnx/model-files.ts';
import {readModelJson} from '../../backends/onnx/model-json.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** The JSON file with that role. Throws `model-invalid` where it is absent or not as wanted. */
export async function readRequiredJson<T>(model: InstalledModel, role: string, schema: z.ZodType<T>): Promise<T> {
	const read = await readModelJson(model, role, schema);
	if (read === null) throw invalidModel(model, `it has no ${role} file`);
	return read;
}
