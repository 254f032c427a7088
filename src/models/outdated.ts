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

/**
 * What a newer commit changes for a build; null where the commit is the same. Pure.
 * A file that the newer commit has no more is a change too, with nothing to fetch for it.
 */
export function compareWithHub(
	{model, repository, commit, files}: InstalledBuild,
	latestCommit: string,
	tree: readonly RepositoryFile[],
): OutdatedReport | null {
	if (commit === latestCommit) return null;
	const latest = new Map(tree.map(file => [file.file, file]));
	const changed = files.filter(file => !same(file, latest.get(file.file)));
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
