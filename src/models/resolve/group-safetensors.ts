import {companions} from './companions.ts';
import {baseName, folderOf, joinParts, stemOf, type FileGroup, type ListedFile, type RoledFile} from './file-group.ts';
import {partRole} from './roles.ts';

/** Changes to another model, states of training, copies in the author's own layout. */
const noModel =
	/(^|\/)(adapter_model|consolidated|optimizer|training)|(^|[-_./])loras?([-_./]|$)|(^|\/)safety_checker\//i;
const infix = /\.(fp16|bf16|fp32|fp8)(?=[.-])/i;

/** `config.json` and its weights, or the folders of diffusers that `model_index.json` tells of. */
export function groupSafetensors<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	const weights = files.filter(({file}) => /\.safetensors$/i.test(file) && !noModel.test(file));
	if (weights.length === 0) return [];
	const beside = companions(files);
	const inParts = weights.filter(({file}) => file.includes('/'));
	const isPipeline = inParts.length > 0 && files.some(({file}) => file === 'model_index.json');
	return isPipeline ? pipelineGroups(inParts, beside) : modelGroups(weights, beside);
}

/** Weights beside `config.json`; repositories keep copies in other layouts further down. */
function modelGroups<F extends ListedFile>(
	weights: readonly F[],
	beside: ReadonlyArray<RoledFile<F>>,
): ReadonlyArray<FileGroup<F>> {
	const top = weights.filter(({file}) => !file.includes('/'));
	const sets = [...joinParts(top.length > 0 ? top : weights)];
	const standard = sets.filter(([name]) => /^model\.safetensors(\s|$)/.test(name));
	return (standard.length > 0 ? standard : sets).map(([, parts]) => {
		const files = parts.map((file, index): RoledFile<F> => ({role: partRole(index), file}));
		const tag = sets.length === 1 || standard.length === 1 ? 'safetensors' : stemOf(parts[0].file);
		return {tag, format: 'safetensors', quantization: null, files: files.concat(beside)};
	});
}

/** Half the bytes first, where the author has them: `diffusion_pytorch_model.fp16.safetensors`. */
function pipelineGroups<F extends ListedFile>(
	weights: readonly F[],
	beside: ReadonlyArray<RoledFile<F>>,
): ReadonlyArray<FileGroup<F>> {
	const sets = [...joinParts(weights).values()];
	const types = new Set(sets.map(([{file}]) => infix.exec(file)?.[1]?.toLowerCase() ?? null));
	const folders = new Set(sets.map(([{file}]) => folderOf(file)));
	return [...types]
		.toSorted((a, b) => Number(a === null) - Number(b === null))
		.flatMap((type): ReadonlyArray<FileGroup<F>> => {
			const files = [...folders].flatMap(folder => partFiles(folder, type, sets));
			if (new Set(files.map(({file}) => folderOf(file.file))).size < folders.size) return [];
			return [{tag: type ?? 'safetensors', format: 'safetensors', quantization: type, files: files.concat(beside)}];
		});
}

/** Of one part of the pipeline, in the type wanted or, where there is none, in the only one there is. */
function partFiles<F extends ListedFile>(
	folder: string,
	type: string | null,
	sets: ReadonlyArray<readonly F[]>,
): ReadonlyArray<RoledFile<F>> {
	const own = sets.filter(([first]) => first !== undefined && folderOf(first.file) === folder);
	const typeOf = ([first]: readonly F[]): string | null =>
		infix.exec(baseName(first?.file ?? ''))?.[1]?.toLowerCase() ?? null;
	const parts = own.find(set => typeOf(set) === type) ?? own.find(set => typeOf(set) === null);
	return (parts ?? []).map((file, index) => ({
		role:
			index === 0 ? `weights-${folder.replaceAll('/', '-')}` : `weights-${folder.replaceAll('/', '-')}-${index + 1}`,
		file,
	}));
}
