import type {OutdatedReport} from '../contract/store.ts';
import type {Hub, RepositoryFile} from '../models/hub/hub.ts';
import type {Library, LibraryEntry} from '../models/library.ts';
import {compareWithHub} from '../models/outdated.ts';
import {fileSources} from '../models/registry/file-sources.ts';
import type {Registry} from '../models/registry/registry.ts';
import {Repositories} from '../models/resolve/repositories.ts';

export interface OutdatedPlaces {
	readonly library: Library;
	readonly registry: Registry;
	readonly hub: Hub;
}

/** Those of the models, or of all, that the Hub has something newer of; what was fetched by its commit stays as it is. */
export async function outdatedModels(
	models: readonly string[] | null,
	{library, registry, hub}: OutdatedPlaces,
	signal: AbortSignal,
): Promise<readonly OutdatedReport[]> {
	const names = models ?? (await library.list()).filter(isWhole).map(({name}) => name);
	const sourceOf = fileSources(await registry.entries());
	const repositories = new Repositories(hub, signal);
	const reports: OutdatedReport[] = [];
	for (const name of names) {
		const {installed, repository, commit, revision, files} = await library.find(name);
		if (repository === null || commit === null || revision === commit) continue;
		const latest = await repositories.open(repository, revision);
		const elsewhere = new Map<string, RepositoryFile | undefined>();
		const own = new Set(latest.files.map(({file}) => file));
		for (const {file} of files) {
			const source = own.has(file) ? undefined : sourceOf(repository, file);
			if (source === undefined) continue;
			const opened = await repositories.open(source.repository, source.revision);
			elsewhere.set(
				file,
				opened.files.find(known => known.file === file),
			);
		}
		const build = {model: installed.manifest.name, repository, commit, files};
		const report = compareWithHub(build, {commit: latest.revision.commit, tree: latest.files, elsewhere});
		if (report !== null) reports.push(report);
	}
	return reports;
}

const isWhole = ({state, repository}: LibraryEntry): boolean => state === 'present' && repository !== null;
