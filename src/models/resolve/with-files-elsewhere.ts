import {factsOf, filesOf, type RegistryEntry, type RegistryFile, type RegistryVariant} from '../registry/entry.ts';
import type {RemoteModel, RemoteVariant} from '../remote-model.ts';
import {findFile} from './find-file.ts';
import {remoteFile, variantFile, type FoundFile} from './remote-variant.ts';
import {Repositories} from './repositories.ts';
import type {ResolveOptions} from './resolve-model.ts';

/**
 * A repository that was asked for by its own name, with the files that the registry knows to lie in others: fetched without them, or
 * updated without them, its builds would not run. No other repository is asked where the registry knows of none.
 */
export async function withFilesElsewhere(
	model: RemoteModel,
	{hub, registry, signal}: ResolveOptions,
): Promise<RemoteModel> {
	const scattered = scatteredBuilds(await registry.entries(), model.repository);
	if (scattered.length === 0) return model;
	const repositories = new Repositories(hub, signal);
	const completed = (variant: RemoteVariant): Promise<RemoteVariant> => complete(variant, scattered, repositories);
	const [first, ...others] = model.variants;
	const variants = [await completed(first), ...(await Promise.all(others.map(completed)))] as const;
	const [leading, ...further] = variants;
	return {
		...model,
		variants,
		manifest: {...model.manifest, variants: [leading.variant, ...further.map(({variant}) => variant)]},
	};
}

interface ScatteredBuild {
	readonly build: RegistryVariant;
	readonly elsewhere: readonly RegistryFile[];
}

/** The builds of a repository that run, and have files in others. */
function scatteredBuilds(entries: readonly RegistryEntry[], repository: string): readonly ScatteredBuild[] {
	return entries.flatMap(entry =>
		Object.values(entry.sizes).flatMap(size =>
			size.variants
				.filter(build => build.repository.toLowerCase() === repository.toLowerCase())
				.filter(({runs}) => factsOf(entry, size).runs && runs !== false)
				.map(build => ({build, elsewhere: filesOf(entry, build).filter(file => isElsewhere(file, build))}))
				.filter(({elsewhere}) => elsewhere.length > 0),
		),
	);
}

const isElsewhere = ({repository}: RegistryFile, build: RegistryVariant): boolean =>
	repository !== undefined && repository !== build.repository;

/** As it is where one of the files is gone. */
async function complete(
	remote: RemoteVariant,
	scattered: readonly ScatteredBuild[],
	repositories: Repositories,
): Promise<RemoteVariant> {
	const own = new Set(remote.files.map(({file}) => file));
	const match = scattered.find(({build}) => build.files.every(file => isElsewhere(file, build) || own.has(file.file)));
	const wanted = match?.elsewhere.filter(({file}) => !own.has(file)) ?? [];
	if (match === undefined || wanted.length === 0) return remote;
	const found = await Promise.all(wanted.map(file => findFile(file, match.build, repositories)));
	const present = found.filter((file): file is FoundFile => file !== null);
	if (present.length < wanted.length) return remote;
	return {
		...remote,
		files: [...remote.files, ...present.map(remoteFile)],
		variant: {
			...remote.variant,
			files: [...remote.variant.files, ...present.map(file => variantFile(file, remote))],
		},
	};
}
