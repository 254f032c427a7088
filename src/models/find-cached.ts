import {existsSync} from 'node:fs';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import {buildsOf, bytesOf} from './cache/builds-of.ts';
import {cardLicense, manifestOf} from './cache/describe-build.ts';
import type {Descriptions} from './cache/descriptions.ts';
import type {KnownRepositories} from './cache/known-repositories.ts';
import {
	blobOf,
	folderOf,
	repositoryFolders,
	repositoryOf,
	type CachedFile,
	type CachedRevision,
} from './cache/scan-repository.ts';
import type {LibraryModel} from './library-model.ts';
import type {ModelName} from './name.ts';
import {whyRefused, type FileGroup} from './resolve/group-files.ts';

/** The cache, and what is known of its repositories and headers. */
export interface CachePlace {
	readonly cache: string;
	readonly repositories: KnownRepositories;
	readonly descriptions: Descriptions;
}

type RepositoryName = Extract<ModelName, {kind: 'repository'}>;

/**
 * A model of the Hugging Face cache by its name, read from the disk as it is now. Null where the cache has no such
 * repository, revision or build; throws `model-unsupported` where the repository is there and holds no weights to open.
 */
export async function findCached(place: CachePlace, name: RepositoryName): Promise<LibraryModel | null> {
	const folder = await folderFor(place.cache, name.repository);
	if (folder === null) return null;
	const {revisions} = await place.repositories.read(folder);
	const revision = revisionFor(revisions, name.revision);
	if (revision === null) return null;
	const builds = buildsOf(revision.files);
	if (builds.length === 0 && revision.files.length > 0)
		throw new MofaError('model-unsupported', {
			model: repositoryOf(folder),
			...whyRefused(revision.files, path.posix.basename(name.repository)),
		});
	const build = name.variant === null ? builds[0] : builds.find(known => means(known, name.variant ?? ''));
	return build === undefined ? null : open(place, folder, revision, name.revision, build);
}

/** The build that a file belongs to, in the revision asked for or the one that is current. */
export async function openCached(
	place: CachePlace,
	repository: string,
	revisionName: string | null,
	file: string,
): Promise<LibraryModel | null> {
	const folder = await folderFor(place.cache, repository);
	if (folder === null) return null;
	const {revisions} = await place.repositories.read(folder);
	const revision = revisionFor(revisions, revisionName);
	const build = buildsOf(revision?.files ?? []).find(({files}) => files.some(known => known.file.file === file));
	return revision === null || build === undefined ? null : open(place, folder, revision, revisionName, build);
}

/** Whatever its case. */
export async function folderFor(cache: string, repository: string): Promise<string | null> {
	const exact = folderOf(repository);
	if (existsSync(path.join(cache, exact))) return exact;
	const folders = await repositoryFolders(cache);
	return folders.find(name => name.toLowerCase() === exact.toLowerCase()) ?? null;
}

/** By branch, tag or the start of a commit. */
export function revisionFor(revisions: readonly CachedRevision[], name: string | null): CachedRevision | null {
	if (name === null) return revisions.find(({current}) => current) ?? null;
	return (
		revisions.find(({refs}) => refs.includes(name)) ??
		(name.length >= 7 ? revisions.find(({commit}) => commit.startsWith(name.toLowerCase())) : undefined) ??
		null
	);
}

/** By its tag, its quantisation or the name of its first file. */
export function means({tag, quantization, files: [first]}: FileGroup<CachedFile>, text: string): boolean {
	const wanted = text.toLowerCase();
	const stem = path.posix.basename(first?.file.file ?? '').replace(/(-00001-of-\d{5})?\.\w+$/, '');
	return [tag, quantization, stem].some(known => known?.toLowerCase() === wanted);
}

/** What was read of the builds of a revision, by the revision that was asked for and the build. A change makes another revision of it. */
const opened = new WeakMap<CachedRevision, Map<string, Promise<LibraryModel>>>();

function open(
	place: CachePlace,
	folder: string,
	revision: CachedRevision,
	asked: string | null,
	group: FileGroup<CachedFile>,
): Promise<LibraryModel> {
	const known = opened.get(revision) ?? new Map<string, Promise<LibraryModel>>();
	opened.set(revision, known);
	const key = JSON.stringify([asked, group.tag, group.files.map(({file}) => file.file)]);
	const model = known.get(key) ?? read(place, folder, revision, asked, group);
	known.set(key, model);
	model.catch(() => known.delete(key));
	return model;
}

async function read(
	{cache, descriptions}: CachePlace,
	folder: string,
	revision: CachedRevision,
	asked: string | null,
	group: FileGroup<CachedFile>,
): Promise<LibraryModel> {
	const repository = repositoryOf(folder);
	const shown = revision.current ? null : (revision.refs[0] ?? asked);
	const name = `${repository}${shown === null ? '' : `@${shown}`}:${group.tag}`;
	const [facts, license, files] = await Promise.all([
		descriptions.describe(group, revision.files, repository),
		cardLicense(revision.files),
		Promise.all(
			group.files.map(async ({role, file}) => ({
				role,
				file: file.file,
				path: file.path,
				bytes: file.bytes,
				hash: await blobOf(file.path, path.join(cache, folder)),
			})),
		),
	]);
	return {
		installed: {id: name, ...manifestOf(name, group, {...facts, license: facts.license ?? license})},
		source: 'hub-cache',
		bytes: bytesOf(group),
		modifiedAt: group.files[0]?.file.modifiedAt ?? null,
		origin: 'huggingface',
		repository,
		commit: revision.commit,
		revision: asked ?? revision.refs.find(ref => ref === 'main') ?? revision.refs[0] ?? null,
		files,
	};
}
