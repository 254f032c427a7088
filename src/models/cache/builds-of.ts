import {groupFiles, pickles, type FileGroup, type ListedFile} from '../resolve/group-files.ts';

/** The builds whose files are all there. `groupFiles` tells them apart; a cache may hold a part of one only. Pure. */
export function buildsOf<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	return groupFiles(files).filter(
		group =>
			group.files.some(({role}) => role.startsWith('weights')) && isWhole(group.files.map(({file}) => file.file)),
	);
}

/** Bytes of the files. */
export const bytesOf = <F extends ListedFile>(group: FileGroup<F>): number =>
	group.files.reduce((sum, {file}) => sum + file.bytes, 0);

/** Why a folder of files that hold no build cannot be run, in words that follow its name. */
export function whyNoBuild<F extends ListedFile>(files: readonly F[]): {problem: string; hint: string} {
	const [pickle] = pickles(files);
	if (pickle !== undefined)
		return {
			problem: `its weights are a PyTorch pickle (${pickle.file}), which can run any code when opened`,
			hint: 'look for the same model in GGUF, ONNX or safetensors',
		};
	if (files.some(({file}) => shard.test(file)))
		return {problem: 'parts of its weights are missing', hint: 'pull it again: what is there is kept'};
	return {
		problem: 'it holds no weights in a format that mofa knows',
		hint: 'formats are GGUF, ONNX and safetensors',
	};
}

const shard = /^(.*)-(\d{5})-of-(\d{5})\.(gguf|safetensors)$/i;

/** Each set `name-00001-of-00003` has all its parts. */
function isWhole(names: readonly string[]): boolean {
	const found = new Map<string, number>();
	for (const name of names) {
		const match = shard.exec(name);
		if (match === null) continue;
		const set = `${match[1]} ${match[3]}`;
		found.set(set, (found.get(set) ?? 0) + 1);
	}
	return [...found].every(([set, count]) => count === Number(set.slice(-5)));
}
