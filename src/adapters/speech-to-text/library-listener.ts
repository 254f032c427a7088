import {invalidModel} from '../../backends/onnx/model-files.ts';
import type {TransformersModule} from '../../backends/onnx/session.ts';
import type {InstalledModel} from '../../contract/manifest.ts';

/** The library's pipeline for one model. */
export interface LibraryListener extends AsyncDisposable {
	hear(sound: Float32Array, language: string | undefined): Promise<string>;
}

/** Words of the library for the type of a build, by how builds are called here. */
const types = {
	q8: 'q8',
	int8: 'int8',
	uint8: 'uint8',
	fp16: 'fp16',
	fp32: 'fp32',
	q4: 'q4',
	q4f16: 'q4f16',
	bnb4: 'bnb4',
} as const;

/** Throws `model-invalid` where the library cannot open it. */
export async function openLibraryListener(
	model: InstalledModel,
	{pipeline}: TransformersModule,
	folder: string,
): Promise<LibraryListener> {
	const {quantization = 'fp32'} = model.variant;
	const type = Object.entries(types).find(([name]) => name === quantization)?.[1] ?? 'fp32';
	const options = {device: 'cpu', dtype: type, local_files_only: true} as const;
	const heard = await pipeline('automatic-speech-recognition', folder, options).catch((error: unknown) => {
		throw invalidModel(model, `the library cannot open it: ${String(error).slice(0, 300)}`, error);
	});
	return {
		async hear(sound, language) {
			const {text} = await heard(sound, language === undefined ? {} : {language});
			return text;
		},
		[Symbol.asyncDispose]: () => heard.dispose().then(() => undefined),
	};
}
