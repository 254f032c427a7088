import type {RegistryFile, RegistryVariant} from '../registry/entry.ts';
import type {FoundFile} from './remote-variant.ts';
import type {Repositories} from './repositories.ts';

/** A file of a build as the Hub has it, in the repository that the registry names; null where it is gone from there. */
export async function findFile(
	{role, file, repository, revision}: RegistryFile,
	variant: RegistryVariant,
	repositories: Repositories,
): Promise<FoundFile | null> {
	const own = repository === undefined || repository === variant.repository;
	const place = own ? variant : {repository, revision};
	const opened = await repositories.open(place.repository, place.revision ?? null);
	const found = opened.files.find(known => known.file === file);
	if (found === undefined) return null;
	const {repository: name, commit} = opened.revision;
	return own ? {role, file: found} : {role, file: found, source: {repository: name, commit}};
}
