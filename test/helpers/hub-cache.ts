import {mkdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';

export interface CachedFileSource {
	readonly repository: string;
	/** The snapshot. */
	readonly commit: string;
	readonly file: string;
	/** Name of the blob. */
	readonly blob: string;
	readonly content: Buffer | string;
	/** What means the commit from now on; null: nothing. */
	readonly ref?: string | null;
}

/** Writes a file in the layout of the Hugging Face cache: a blob, a relative link to it in a snapshot, and a ref. */
export function cacheFile(
	root: string,
	{repository, commit, file, blob, content, ref = 'main'}: CachedFileSource,
): void {
	const folder = path.join(root, `models--${repository.replace('/', '--')}`);
	const snapshot = path.join(folder, 'snapshots', commit, path.dirname(file));
	for (const made of [path.join(folder, 'blobs'), path.join(folder, 'refs'), snapshot])
		mkdirSync(made, {recursive: true});
	writeFileSync(path.join(folder, 'blobs', blob), content);
	symlinkSync(path.relative(snapshot, path.join(folder, 'blobs', blob)), path.join(snapshot, path.basename(file)));
	if (ref !== null) writeFileSync(path.join(folder, 'refs', ref), commit);
}

/** Makes a repository's folders look as if nothing had happened to them for an hour. */
export function age(root: string, repository: string, commits: readonly string[]): void {
	const folder = path.join(root, `models--${repository.replace('/', '--')}`);
	const then = new Date(Date.now() - 3_600_000);
	for (const inside of ['blobs', 'refs', 'refs/main', 'snapshots', ...commits.map(commit => `snapshots/${commit}`)])
		utimesSync(path.join(folder, inside), then, then);
}
