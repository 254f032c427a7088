import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';

/** A file of a repository in the Hugging Face cache, as its snapshot shows it. */
export interface CachedFile {
	readonly repository: string;
	/** Relative to the snapshot, `/` between folders. */
	readonly file: string;
	readonly path: string;
	readonly bytes: number;
	readonly modifiedAt: Date;
}

/** Folders inside a snapshot that are looked into; repositories keep quantisations one folder down. */
const deepest = 3;

/** Every file with this ending in the newest snapshot of every cached model. Missing or broken links are left out. */
export async function scanHubCache(root: string, ending: string): Promise<readonly CachedFile[]> {
	const folders = await names(root);
	const found = await Promise.all(
		folders
			.filter(folder => folder.startsWith('models--'))
			.map(async folder => {
				const snapshot = await currentSnapshot(path.join(root, folder));
				const repository = folder.slice('models--'.length).replace('--', '/');
				return snapshot === null ? [] : filesBelow(repository, snapshot, ending);
			}),
	);
	return found.flat();
}

/** What `refs/main` names, else the snapshot made last. */
async function currentSnapshot(repository: string): Promise<string | null> {
	const snapshots = path.join(repository, 'snapshots');
	const revisions = await names(snapshots);
	const main = await readFile(path.join(repository, 'refs', 'main'), 'utf8').catch(() => '');
	if (revisions.includes(main.trim())) return path.join(snapshots, main.trim());
	const dated = await Promise.all(
		revisions.map(async revision => ({revision, time: (await stat(path.join(snapshots, revision))).mtimeMs})),
	);
	const newest = dated.toSorted((a, b) => b.time - a.time)[0];
	return newest === undefined ? null : path.join(snapshots, newest.revision);
}

async function filesBelow(
	repository: string,
	snapshot: string,
	ending: string,
	inside = '',
	depth = 0,
): Promise<readonly CachedFile[]> {
	if (depth > deepest) return [];
	const entries = await readdir(path.join(snapshot, inside), {withFileTypes: true}).catch(() => []);
	const found = await Promise.all(
		entries.map(async entry => {
			const file = inside === '' ? entry.name : `${inside}/${entry.name}`;
			if (entry.isDirectory()) return filesBelow(repository, snapshot, ending, file, depth + 1);
			if (!entry.name.toLowerCase().endsWith(ending)) return [];
			const facts = await stat(path.join(snapshot, file)).catch(() => null);
			return facts?.isFile()
				? [{repository, file, path: path.join(snapshot, file), bytes: facts.size, modifiedAt: facts.mtime}]
				: [];
		}),
	);
	return found.flat();
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
