import {filesOf, type RegistryEntry} from './entry.ts';

/** Where a file is fetched from. */
export interface RegisteredSource {
	readonly repository: string;
	/** Null: the current one. */
	readonly revision: string | null;
}

/** Undefined for a file that comes from the repository it lies in, as nearly all do. */
export type SourceOf = (repository: string, file: string) => RegisteredSource | undefined;

/**
 * The files that the registry fetches from elsewhere, and that come to lie beside the weights: nothing on the disk says where they
 * are from. Pure.
 */
export function fileSources(entries: readonly RegistryEntry[]): SourceOf {
	const sources = new Map<string, RegisteredSource>();
	for (const entry of entries)
		for (const variant of Object.values(entry.sizes).flatMap(({variants}) => variants))
			for (const {file, repository, revision = null} of filesOf(entry, variant))
				if (repository !== undefined && repository !== variant.repository)
					sources.set(keyOf(variant.repository, file), {repository, revision});
	return (repository, file) => sources.get(keyOf(repository, file));
}

/** The Hub takes a repository in any case. */
const keyOf = (repository: string, file: string): string => `${repository.toLowerCase()} ${file}`;
