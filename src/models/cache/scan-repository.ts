import {lstat, open, readdir, readlink, stat} from 'node:fs/promises';
import path from 'node:path';
import {granularityMs} from '../../lib/remembered-file.ts';
import {absent, stampOf} from './stamps.ts';

/** A file of a repository in the Hugging Face cache, as its snapshot shows it. */
export interface CachedFile {
	readonly repository: string;
	/** Relative to the snapshot, `/` between folders. */
	readonly file: string;
	readonly path: string;
	readonly bytes: number;
	readonly modifiedAt: Date;
}

export interface CachedRevision {
	readonly commit: string;
	/** Branches and tags that mean it: `main`, `refs/pr/1`. */
	readonly refs: readonly string[];
	/** What a name without a revision means: `refs/main`, else what was fetched last. */
	readonly current: boolean;
	/** Missing and broken links are left out. */
	readonly files: readonly CachedFile[];
}

export interface CachedRepository {
	/** `models--org--name`, below the cache. */
	readonly folder: string;
	/** `org/name`. */
	readonly repository: string;
	readonly revisions: readonly CachedRevision[];
	/** Names in the folder of blobs. */
	readonly blobs: readonly string[];
	/** False where something could not be read, or a link leads nowhere. */
	readonly complete: boolean;
	/**
	 * When each folder that was read had last changed, before it was read; by its path below the repository. Where all are
	 * the same later, nothing was added or removed.
	 */
	readonly stamps: ReadonlyMap<string, number>;
}

/** Folders inside a snapshot that are looked into: `transformer/`, `onnx/`, quantisations in folders of their own. */
const deepestFile = 4;
/** `refs/pr/1`. */
const deepestRef = 3;
/** Of one revision. Datasets have more, models do not. */
const mostFiles = 60_000;

export const folderPrefix = 'models--';

/** `models--org--name` → `org/name`. */
export const repositoryOf = (folder: string): string => folder.slice(folderPrefix.length).replace('--', '/');
export const folderOf = (repository: string): string => `${folderPrefix}${repository.replace('/', '--')}`;

/** The folders of models in a cache; empty where there is no cache. */
export async function repositoryFolders(cache: string): Promise<readonly string[]> {
	const entries = await readdir(cache).catch(() => []);
	return entries.filter(name => name.startsWith(folderPrefix));
}

/** Reads what a repository of the cache holds; one that is not there holds nothing. */
export async function scanRepository(cache: string, folder: string): Promise<CachedRepository> {
	const root = path.join(cache, folder);
	const stamps = new Map<string, number>();
	const stamp = async (relative: string): Promise<number> => {
		const time = await stampOf(path.join(root, relative));
		stamps.set(relative, time);
		return time;
	};
	const state = {complete: true};
	const missed: Look['missed'] = error => {
		if (error?.code !== 'ENOENT') state.complete = false;
		return [];
	};
	const look = {root, stamp, missed};
	for (const part of ['blobs', 'refs', 'snapshots']) await stamp(part);
	const blobs = await readdir(path.join(root, 'blobs')).catch(missed);
	const refs = await refsOf(look);
	const commits = await readdir(path.join(root, 'snapshots')).catch(missed);
	const dated = await Promise.all(commits.map(async commit => ({commit, time: await stamp(`snapshots/${commit}`)})));
	const current = currentCommit(dated, refs.get('main'));
	const repository = repositoryOf(folder);
	const revisions: CachedRevision[] = [];
	for (const {commit} of dated.toSorted((a, b) => Number(b.commit === current) - Number(a.commit === current))) {
		const files: CachedFile[] = [];
		await collect({...look, repository, commit, files}, '', 0);
		revisions.push({
			commit,
			refs: [...refs].filter(([, meant]) => meant === commit).map(([name]) => name),
			current: commit === current,
			files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
		});
	}
	return {folder, repository, revisions, blobs, complete: state.complete, stamps};
}

/** The blob that a file of a snapshot leads to, by its name; null where the file is a copy or leads elsewhere. */
export async function blobOf(file: string, repositoryRoot: string): Promise<string | null> {
	const target = await readlink(file).catch(() => null);
	if (target === null) return null;
	const resolved = path.resolve(path.dirname(file), target);
	return path.dirname(resolved) === path.join(repositoryRoot, 'blobs') ? path.basename(resolved) : null;
}

/** What `refs/main` names, else the snapshot made last. */
function currentCommit(
	dated: ReadonlyArray<{readonly commit: string; readonly time: number}>,
	main: string | undefined,
): string | null {
	if (main !== undefined && dated.some(({commit}) => commit === main)) return main;
	return dated.toSorted((a, b) => b.time - a.time)[0]?.commit ?? null;
}

interface Look {
	readonly root: string;
	readonly stamp: (relative: string) => Promise<number>;
	/** Notes that something could not be read, which leaves nothing of it. What is not there is not missed. */
	readonly missed: (error?: NodeJS.ErrnoException) => [];
}

async function refsOf(look: Look, inside = '', depth = 0): Promise<ReadonlyMap<string, string>> {
	const {root, stamp, missed} = look;
	const refs = new Map<string, string>();
	const entries = await readdir(path.join(root, 'refs', inside), {withFileTypes: true}).catch(missed);
	for (const entry of entries) {
		const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
		await stamp(`refs/${name}`);
		if (entry.isDirectory() && depth < deepestRef)
			for (const [ref, commit] of await refsOf(look, name, depth + 1)) refs.set(ref, commit);
		else if (entry.isFile()) refs.set(name, await firstLine(path.join(root, 'refs', name), missed));
	}
	return refs;
}

interface Walk extends Look {
	readonly repository: string;
	readonly commit: string;
	readonly files: CachedFile[];
}

async function collect(walk: Walk, inside: string, depth: number): Promise<void> {
	const {root, repository, commit, stamp, missed, files} = walk;
	const snapshot = path.join(root, 'snapshots', commit);
	const entries = await readdir(path.join(snapshot, inside), {withFileTypes: true}).catch(missed);
	for (const entry of entries) {
		const file = inside === '' ? entry.name : `${inside}/${entry.name}`;
		if (entry.isDirectory()) {
			if (depth >= deepestFile) continue;
			await stamp(`snapshots/${commit}/${file}`);
			await collect(walk, file, depth + 1);
		} else if (files.length < mostFiles) {
			const facts = await stat(path.join(snapshot, file)).catch(() => null);
			if (facts?.isFile())
				files.push({
					repository,
					file,
					path: path.join(snapshot, file),
					bytes: facts.size,
					modifiedAt: facts.mtime,
				});
			else missed();
		}
	}
}

/** A ref is forty letters long; what is longer is none. */
async function firstLine(file: string, missed: Look['missed']): Promise<string> {
	const facts = await lstat(file).catch(() => null);
	if (facts === null || facts.size > 1000) return '';
	const handle = await open(file, 'r').catch(() => null);
	if (handle === null) {
		missed();
		return '';
	}
	try {
		return (await handle.readFile('utf8')).trim();
	} catch {
		missed();
		return '';
	} finally {
		await handle.close();
	}
}

/** Whether a stamp can be trusted: a change in the same moment as the reading may have come after it. */
export function settled(stamps: ReadonlyMap<string, number>, readAt: number): boolean {
	return [...stamps.values()].every(stamp => stamp === absent || stamp < readAt - granularityMs);
}
