import {quantizationName} from '../quantization-name.ts';
import {preference} from './quantization-order.ts';

/** A file of a repository, as much as grouping needs to know. */
export interface ListedFile {
	/** `/` between folders. */
	readonly file: string;
	readonly bytes: number;
}

/** The files of one build of a model, each with what it is for. */
export interface FileGroup<F extends ListedFile> {
	readonly tag: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly files: ReadonlyArray<{readonly role: string; readonly file: F}>;
}

/** How many weights files of one build are told apart. */
const part = /-(\d{5})-of-(\d{5})\.(gguf|safetensors)$/i;

/** The builds in a repository, best first. Pure. */
export function groupFiles<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const gguf = ggufGroups(files.filter(({file}) => /\.gguf$/i.test(file)));
	if (gguf.length > 0) return gguf;
	const onnx = onnxGroups(files);
	if (onnx.length > 0) return onnx;
	return safetensorsGroups(files);
}

/** Weights that only Python's pickle opens, which can run any code. */
export function pickles<F extends ListedFile>(files: readonly F[]): readonly F[] {
	return files.filter(({file}) => /\.(pt|pth|ckpt|pkl|pickle)$|pytorch_model.*\.bin$|^model.*\.bin$/i.test(file));
}

function ggufGroups<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const models = files.filter(({file}) => !/mmproj|imatrix|(^|[-_./])lora[-_.]/i.test(file));
	const sets = new Map<string, F[]>();
	for (const file of models) {
		const key = file.file.replace(part, '.$3');
		sets.set(key, [...(sets.get(key) ?? []), file]);
	}
	const groups = [...sets].flatMap(([key, parts]): ReadonlyArray<FileGroup<F>> => {
		const sorted = parts.toSorted((a, b) => a.file.localeCompare(b.file));
		const expected = Number(part.exec(sorted[0]?.file ?? '')?.[2] ?? 1);
		if (sorted.length !== expected) return [];
		const quantization = quantizationName(key);
		const tag = quantization ?? baseName(key).replace(/\.gguf$/i, '');
		return [
			{tag, format: 'gguf', quantization, files: sorted.map((file, index) => ({role: weightsRole(index), file}))},
		];
	});
	return distinct(groups).toSorted((a, b) => preference(a.quantization) - preference(b.quantization));
}

/** Two files of one quantisation are told apart by their own names. */
function distinct<F extends ListedFile>(groups: ReadonlyArray<FileGroup<F>>): ReadonlyArray<FileGroup<F>> {
	const counts = new Map<string, number>();
	for (const {tag} of groups) counts.set(tag, (counts.get(tag) ?? 0) + 1);
	return groups.map(group =>
		(counts.get(group.tag) ?? 0) > 1
			? Object.assign(
					{...group},
					{
						tag: baseName(group.files[0]?.file.file ?? '')
							.replace(part, '')
							.replace(/\.gguf$/i, ''),
					},
				)
			: group,
	);
}

const dtypes = /_(fp16|fp32|q8|q4|q4f16|int8|uint8|quantized|bnb4|q8f16|uint8f16)$/;

/** transformers.js lays graphs out as `onnx/<graph>[_<dtype>].onnx`; other exports have them at the top or in folders. */
function onnxGroups<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const graphs = files.filter(({file}) => /\.onnx$/i.test(file));
	if (graphs.length === 0) return [];
	const byType = new Map<string, Map<string, F>>();
	for (const graph of graphs) {
		const stem = graph.file.replace(/\.onnx$/i, '');
		const type = dtypes.exec(stem)?.[1] ?? 'fp32';
		const name = stem.replace(dtypes, '');
		byType.set(type, (byType.get(type) ?? new Map<string, F>()).set(name, graph));
	}
	const most = Math.max(...[...byType.values()].map(({size}) => size));
	const companions = files.filter(({file}) => isCompanion(file));
	const groups = [...byType].flatMap(([type, found]): ReadonlyArray<FileGroup<F>> => {
		// A type that only some of the graphs come in is no build by itself.
		if (found.size < most && !(byType.size === 1)) return [];
		const wanted = [...found].filter(([name]) => !superseded(name, found));
		const weights: Array<{role: string; file: F}> = [];
		for (const [name, graph] of wanted) {
			weights.push({role: wanted.length === 1 ? 'weights' : `weights-${baseName(name)}`, file: graph});
			for (const file of dataOf(graph, files)) weights.push({role: `data-${baseName(file.file)}`, file});
		}
		return [{tag: type, format: 'onnx', quantization: type, files: [...weights, ...roles(companions)]}];
	});
	return groups.toSorted((a, b) => preference(a.quantization) - preference(b.quantization));
}

/** A merged decoder does what the two others do. */
function superseded(name: string, found: ReadonlyMap<string, unknown>): boolean {
	const merged = name.replace(/decoder(_with_past)?_model$/, 'decoder_model_merged');
	return merged !== name && found.has(merged);
}

function dataOf<F extends ListedFile>(graph: F, files: readonly F[]): readonly F[] {
	return files.filter(({file}) => file.startsWith(`${graph.file}_data`) || file.startsWith(`${graph.file}.data`));
}

function safetensorsGroups<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const weights = files.filter(({file}) => /\.safetensors$/i.test(file));
	if (weights.length === 0) return [];
	const diffusers = files.some(({file}) => file === 'model_index.json');
	const chosen = diffusers ? weights : topLevel(weights);
	const companions = files.filter(({file}) => isCompanion(file) || (diffusers && /\.json$|merges\.txt$/.test(file)));
	return [
		{
			tag: 'safetensors',
			format: 'safetensors',
			quantization: null,
			files: [...chosen.map((file, index) => ({role: weightsRole(index), file})), ...roles(companions)],
		},
	];
}

/** Weights beside `config.json`; repositories keep copies in other layouts further down. */
function topLevel<F extends ListedFile>(weights: readonly F[]): readonly F[] {
	const top = weights.filter(({file}) => !file.includes('/') && !/^consolidated/i.test(file));
	return top.length > 0 ? top : weights;
}

/** Configuration, tokenizers and voices: small, and needed by every build. */
function isCompanion(file: string): boolean {
	return (
		/^[^/]+\.(json|txt|model|jinja|yaml)$/i.test(file) ||
		/^voices\/[^/]+\.(bin|npy|json)$/i.test(file) ||
		/(^|\/)(tokenizer|tokenizer_2|scheduler|text_encoder|text_encoder_2|unet|transformer|vae_decoder|vae_encoder|feature_extractor)\/[^/]+\.(json|txt|model)$/i.test(
			file,
		)
	);
}

function roles<F extends ListedFile>(files: readonly F[]): ReadonlyArray<{readonly role: string; readonly file: F}> {
	return files.map(file => ({role: file.file === 'config.json' ? 'config' : file.file, file}));
}

const weightsRole = (index: number): string => (index === 0 ? 'weights' : `weights-${index + 1}`);
const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
