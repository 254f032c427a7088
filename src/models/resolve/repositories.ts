import type {Hub, RepositoryFile, RepositoryRevision} from '../hub/hub.ts';

export interface OpenedRepository {
	readonly revision: RepositoryRevision;
	readonly files: readonly RepositoryFile[];
}

/** Each repository is asked once, however many variants lie in it. */
export class Repositories {
	readonly #hub: Hub;
	readonly #signal: AbortSignal;
	readonly #opened = new Map<string, Promise<OpenedRepository>>();

	constructor(hub: Hub, signal: AbortSignal) {
		this.#hub = hub;
		this.#signal = signal;
	}

	open(repository: string, revision: string | null): Promise<OpenedRepository> {
		const key = `${repository}@${revision ?? 'main'}`;
		const opened = this.#opened.get(key) ?? this.#ask(repository, revision);
		this.#opened.set(key, opened);
		return opened;
	}

	async #ask(repository: string, wanted: string | null): Promise<OpenedRepository> {
		const revision = await this.#hub.revision(repository, wanted, this.#signal);
		return {revision, files: await this.#hub.tree(repository, revision.commit, this.#signal)};
	}
}

const largestJson = 4 * 2 ** 20;

/** A small JSON file of the repository; null when it is not there, too large, or no JSON. */
export async function readJson(
	hub: Hub,
	{repository, commit}: RepositoryRevision,
	files: readonly RepositoryFile[],
	name: string,
	signal: AbortSignal,
): Promise<unknown> {
	const found = files.find(({file}) => file === name);
	if (found === undefined || found.bytes > largestJson) return null;
	const location = await hub.locate(repository, commit, name, signal);
	const content = await hub.read(location, 0, location.bytes, signal);
	try {
		return JSON.parse(content.toString('utf8'));
	} catch {
		return null;
	}
}
