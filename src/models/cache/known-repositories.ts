import path from 'node:path';
import {scanRepository, settled, type CachedRepository} from './scan-repository.ts';
import {changedAmong, stampOf, type Watched} from './stamps.ts';

/** More are not kept; those read first go first. */
const mostRepositories = 100;
/** Folders and files; to look at more of them takes longer than an ask should wait. */
const mostPaths = 400;

interface Known {
	readonly repository: CachedRepository;
	/** Each path by itself, so that a slow disk is noticed between two of them. */
	readonly watched: readonly Watched[];
}

/**
 * Repositories of the cache as they are now. One that nothing has changed in is not read again, and is the same object as before:
 * what was learned from it still holds. Each folder and each file is looked at, for a file may be written over where it stands.
 */
export class KnownRepositories {
	readonly #cache: string;
	readonly #now: () => number;
	readonly #known = new Map<string, Known>();

	constructor(cache: string, now: () => number = Date.now) {
		this.#cache = cache;
		this.#now = now;
	}

	async read(folder: string): Promise<CachedRepository> {
		const known = this.#known.get(folder);
		if (known !== undefined && (await changedAmong(known.watched)).length === 0) return known.repository;
		this.#known.delete(folder);
		const readAt = this.#now();
		const repository = await scanRepository(this.#cache, folder);
		const files = repository.revisions.flatMap(({commit, files}) =>
			files.map(({file}) => `snapshots/${commit}/${file}`),
		);
		// A link that leads nowhere may lead somewhere later, and no folder of the repository would tell.
		if (repository.complete && files.length + repository.stamps.size <= mostPaths)
			await this.#keep(folder, repository, files, readAt);
		return repository;
	}

	async #keep(folder: string, repository: CachedRepository, files: readonly string[], readAt: number): Promise<void> {
		const root = path.join(this.#cache, folder);
		const ofFiles = files.map(async file => [file, await stampOf(path.join(root, file))] as const);
		const stamps = new Map([...repository.stamps, ...(await Promise.all(ofFiles))]);
		if (!settled(stamps, readAt)) return;
		const watched = [...stamps].map(([inside, at]) => ({root, paths: [inside], stamps: [at], count: 1}));
		this.#known.set(folder, {repository, watched});
		for (const oldest of [...this.#known.keys()].slice(0, Math.max(0, this.#known.size - mostRepositories)))
			this.#known.delete(oldest);
	}
}
