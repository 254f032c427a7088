import type {CachedFile} from './hub-cache.ts';

/** A model in one file, or in several that llama.cpp opens by the first. */
export interface FileSet {
	readonly first: CachedFile;
	readonly bytes: number;
	readonly files: readonly CachedFile[];
}

/** Joins `name-00001-of-00003.gguf` and its fellows; a set with a part missing is left out. */
export function joinShards(files: readonly CachedFile[]): readonly FileSet[] {
	const sets = new Map<string, CachedFile[]>();
	for (const file of files) {
		const key = `${file.repository}/${file.file.replace(shard, '-of-$2.gguf')}`;
		sets.set(key, [...(sets.get(key) ?? []), file]);
	}
	return [...sets.values()].flatMap(parts => {
		const sorted = parts.toSorted((a, b) => a.file.localeCompare(b.file));
		const first = sorted[0];
		const count = Number(shard.exec(first?.file ?? '')?.[2] ?? 1);
		return first === undefined || sorted.length !== count
			? []
			: [{first, files: sorted, bytes: sorted.reduce((sum, part) => sum + part.bytes, 0)}];
	});
}

const shard = /-(\d{5})-of-(\d{5})\.gguf$/i;
