import {baseName, type ListedFile} from './file-group.ts';

/** Weights that only Python's pickle opens, which can run any code. */
export function pickles<F extends ListedFile>(files: readonly F[]): readonly F[] {
	return files.filter(({file}) => pickle.test(baseName(file)));
}

const pickle = /\.(pt|pth|ckpt|pkl|pickle|nemo)$|pytorch_model.*\.bin$|^model.*\.bin$/i;

/** Formats of other tools, by the files that show them. */
const foreign: ReadonlyArray<readonly [pattern: RegExp, words: string]> = [
	[/^ggml-.*\.bin$/i, "in whisper.cpp's own format"],
	[/^vocabulary\.(json|txt)$/, "in CTranslate2's format"],
	[/^openvino_.*\.xml$/i, "in OpenVINO's format"],
	[/\.(mlmodel|mlmodelc|mlpackage)$/i, 'in the format of Core ML'],
	[/\.tflite$/i, 'in the format of TensorFlow Lite'],
	[/\.(h5|keras|pb)$/i, 'in the format of TensorFlow'],
	[/\.msgpack$/i, 'in the format of Flax'],
	[/\.(engine|plan)$/i, 'in the format of TensorRT'],
	[/\.(rkllm|rknn|mnn)$/i, 'in the format of one kind of chip'],
	[/\.pdiparams$|\.pdparams$/i, 'in the format of Paddle'],
];

/** Why nothing of these files is run, in words that follow the name of the model, and the way out. */
export function whyRefused(files: readonly ListedFile[], search: string): {problem: string; hint: string} {
	const hint = `look for the same model in GGUF, ONNX or safetensors: mofa search ${search}`;
	const names = files.map(({file}) => baseName(file));
	const other = foreign.find(([pattern]) => names.some(name => pattern.test(name)));
	const [unsafe] = pickles(files);
	if (unsafe !== undefined && other?.[1] !== "in CTranslate2's format")
		return {
			problem: `its weights are a PyTorch pickle (${unsafe.file}), which can run any code when it is opened, so mofa never opens one`,
			hint,
		};
	if (other !== undefined) return {problem: `its weights are ${other[1]}, which nothing here opens`, hint};
	if (names.some(name => /adapter|lora/i.test(name)))
		return {problem: 'it changes another model (LoRA) and is none by itself', hint: 'pull the model it was made for'};
	if (names.some(name => /-\d{5}-of-\d{5}\.(gguf|safetensors)$/i.test(name)))
		return {problem: 'parts of its weights are missing', hint};
	return {problem: 'it holds no weights in a format that mofa knows', hint};
}
