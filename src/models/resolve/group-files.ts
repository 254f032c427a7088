import type {FileGroup, ListedFile} from './file-group.ts';
import {stemOf} from './file-group.ts';
import {groupGguf} from './group-gguf.ts';
import {groupOnnx} from './group-onnx.ts';
import {groupSafetensors} from './group-safetensors.ts';

export type {FileGroup, ListedFile, RoledFile} from './file-group.ts';
export {pickles, whyRefused} from './refused-weights.ts';

/** The builds in a repository, best first, in time that grows with the number of files. Pure. */
export function groupFiles<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	return distinct([...groupGguf(files), ...groupOnnx(files), ...groupSafetensors(files)]);
}

/** Builds of one type are told apart by their first file: by its name, by its folders too, or by its format as well. */
function distinct<F extends ListedFile>(groups: ReadonlyArray<FileGroup<F>>): ReadonlyArray<FileGroup<F>> {
	const byStem = retagged(groups, group => stemOf(firstFile(group)));
	const byPath = retagged(byStem, group => firstFile(group).replace(/\.\w+$/, ''));
	return retagged(byPath, firstFile);
}

function retagged<F extends ListedFile>(
	groups: ReadonlyArray<FileGroup<F>>,
	tagOf: (group: FileGroup<F>) => string,
): ReadonlyArray<FileGroup<F>> {
	const counts = new Map<string, number>();
	for (const {tag} of groups) counts.set(tag.toLowerCase(), (counts.get(tag.toLowerCase()) ?? 0) + 1);
	return groups.map(group =>
		(counts.get(group.tag.toLowerCase()) ?? 0) > 1
			? {tag: tagOf(group), format: group.format, quantization: group.quantization, files: group.files}
			: group,
	);
}

const firstFile = (group: FileGroup<ListedFile>): string => group.files[0]?.file.file ?? '';
