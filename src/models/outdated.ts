import type {OutdatedReport} from '../contract/store.ts';
import type {RepositoryFile} from './hub/hub.ts';

/** A model of the cache, as much as comparing it with the Hub needs. */
export interface InstalledBuild {
	readonly model: string;
	readonly repository: string;
	readonly commit: string;
	readonly files: ReadonlyArray<{
		readonly file: string;
		readonly bytes: number;
		/** Name of its blob: SHA-256, or git's SHA-1 for small files. */
		readonly hash: string | null;
	}>;
}

/** What the Hub has now. */
export interface LatestFiles {
	readonly commit: string;
	readonly tree: readonly RepositoryFile[];
	/** Those of the build that come from other repositories, by their names here; undefined for one that is gone from there. */
	readonly elsewhere?: ReadonlyMap<string, RepositoryFile | undefined>;
}

/**
 * What there is of a build that is newer; null where nothing is: the commit is the same, and so is what comes from elsewhere. Pure.
 * A file that the newer commit has no more is a change too, with nothing to fetch for it.
 */
export function compareWithHub(
	{model, repository, commit, files}: InstalledBuild,
	{commit: latestCommit, tree, elsewhere = new Map()}: LatestFiles,
): OutdatedReport | null {
	const latest = new Map([...tree.map(file => [file.file, file] as const), ...elsewhere]);
	// A commit does not change: only what is not of it can have.
	const mutable = commit === latestCommit ? files.filter(({file}) => elsewhere.has(file)) : files;
	const changed = mutable.filter(file => !same(file, latest.get(file.file)));
	if (commit === latestCommit && changed.length === 0) return null;
	return {
		model,
		repository,
		commit,
		latestCommit,
		filesChanged: changed.length > 0,
		downloadBytes: changed.reduce((total, {file}) => total + (latest.get(file)?.bytes ?? 0), 0),
	};
}

function same(mine: InstalledBuild['files'][number], theirs: RepositoryFile | undefined): boolean {
	if (theirs === undefined || mine.bytes !== theirs.bytes) return false;
	// Without a hash, the same length is all that is known.
	return mine.hash === null || mine.hash === theirs.sha256 || mine.hash === theirs.blobId;
}
