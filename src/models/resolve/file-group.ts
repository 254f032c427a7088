/** A file of a repository or a folder, as much as grouping needs to know. */
export interface ListedFile {
	/** `/` between folders. */
	readonly file: string;
	readonly bytes: number;
}

export interface RoledFile<F extends ListedFile> {
	/** See roles.ts. */
	readonly role: string;
	readonly file: F;
}

/** The files of one build of a model, the weights first. */
export interface FileGroup<F extends ListedFile> {
	/** Unique in its repository, whatever the case. */
	readonly tag: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly files: ReadonlyArray<RoledFile<F>>;
}

export const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
export const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));

const part = /-(\d{5})-of-(\d{5})(?=\.\w+$)/;

/** The name of a file without the number of its part. */
export const withoutPart = (file: string): string => file.replace(part, '');
/** What a build may be called by its file: `Qwen3-8B-Q8_0` of `a/Qwen3-8B-Q8_0-00001-of-00002.gguf`. */
export const stemOf = (file: string): string => withoutPart(baseName(file)).replace(/\.\w+$/, '');

/** Joins `name-00001-of-00003` and its fellows, in order, by their common name; a set with a part missing is left out. */
export function joinParts<F extends ListedFile>(files: readonly F[]): ReadonlyMap<string, readonly [F, ...F[]]> {
	const sets = new Map<string, F[]>();
	for (const file of files) {
		// A whole file of that name is another build than the parts.
		const key = `${withoutPart(file.file)} ${part.exec(file.file)?.[2] ?? ''}`;
		const set = sets.get(key);
		if (set === undefined) sets.set(key, [file]);
		else set.push(file);
	}
	const whole = new Map<string, readonly [F, ...F[]]>();
	for (const [key, found] of sets) {
		const [first, ...others] = found.toSorted((a, b) => (a.file < b.file ? -1 : 1));
		if (first === undefined || found.length !== Number(part.exec(first.file)?.[2] ?? 1)) continue;
		whole.set(key.trimEnd(), [first, ...others]);
	}
	return whole;
}
