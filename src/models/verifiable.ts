import {lstat, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {readAdopted} from './adopt/adopted.ts';
import {buildsOf} from './cache/builds-of.ts';
import {buildName, listedRevisions} from './cache/cache-index.ts';
import {
	blobOf,
	repositoryFolders,
	repositoryOf,
	scanRepository,
	type CachedFile,
	type CachedRevision,
} from './cache/scan-repository.ts';
import {folderFor, means, revisionFor} from './find-cached.ts';
import type {LibraryFile, LibraryModel} from './library-model.ts';
import type {RegisteredSource, SourceOf} from './registry/file-sources.ts';
import type {FileSource} from './remote-model.ts';
import type {FileGroup} from './resolve/group-files.ts';

/** The files of a model and what they should be; none of them needs to be readable, nor even there. */
export interface VerifiableModel {
	readonly name: string;
	/** Of the Hub; null for files that came another way and cannot be fetched again. */
	readonly repository: string | null;
	readonly commit: string | null;
	readonly files: readonly VerifiableFile[];
}

export interface VerifiableFile extends LibraryFile {
	/** Where it is fetched from, if not from the repository that it lies in. */
	readonly source?: FileSource;
}

/** What to look for in the cache. */
export interface WantedBuilds {
	readonly repository: string;
	/** Null: the current one. */
	readonly revision: string | null;
	/** A build by its tag, its quantisation or the name of its first file; null: every one. */
	readonly variant?: string | null;
	/** The build that this file belongs to. */
	readonly file?: string;
}

export const verifiableOf = ({installed, repository, commit, files}: LibraryModel): VerifiableModel => ({
	name: installed.manifest.name,
	repository,
	commit,
	files,
});

/** With the place of each file that comes from another repository than its own. */
export function withSources(model: VerifiableModel, sourceOf: SourceOf): VerifiableModel {
	const {repository, files} = model;
	if (repository === null) return model;
	return {...model, files: files.map(file => withSource(file, sourceOf(repository, file.file)))};
}

function withSource(file: VerifiableFile, source: RegisteredSource | undefined): VerifiableFile {
	if (source === undefined) return file;
	// Which commit it was nobody remembers: the newest still has it, or the hash says that it has not.
	return {...file, source: {repository: source.repository, commit: source.revision ?? 'main'}};
}

/**
 * The models of the Hugging Face cache as their names and links tell of them, without opening a file: what is damaged or
 * has lost a blob is missing from the library, and is what a check is for. `wanted` null: all that are listed.
 */
export async function cachedModels(cache: string, wanted: WantedBuilds | null): Promise<readonly VerifiableModel[]> {
	if (wanted === null) {
		const models: VerifiableModel[] = [];
		for (const folder of await repositoryFolders(cache)) models.push(...(await modelsIn(cache, folder, null)));
		return models;
	}
	const folder = await folderFor(cache, wanted.repository);
	return folder === null ? [] : modelsIn(cache, folder, wanted);
}

/** What was adopted from other tools, whether they still have it or not. */
export async function adoptedModels(folder: string): Promise<readonly VerifiableModel[]> {
	return (await readAdopted(folder)).map(({name, files}) => ({
		name,
		repository: null,
		commit: null,
		files: files.map(({role, link, target, bytes, sha256}) => ({
			role,
			file: path.basename(target),
			path: path.join(folder, link),
			bytes,
			hash: sha256,
		})),
	}));
}

async function modelsIn(cache: string, folder: string, wanted: WantedBuilds | null): Promise<VerifiableModel[]> {
	const scanned = await scanRepository(cache, folder);
	const listed = listedRevisions(scanned);
	const revision = wanted === null ? null : revisionFor(scanned.revisions, wanted.revision);
	const chosen =
		wanted === null
			? listed
			: revision === null
				? []
				: [listed.find(known => known.revision === revision) ?? {revision, name: wanted.revision}];
	const models: VerifiableModel[] = [];
	for (const {revision, name} of chosen) {
		const root = path.join(cache, folder);
		const files = [...revision.files, ...(await brokenLinks(root, scanned.repository, revision))];
		for (const build of buildsOf(files).filter(build => isWanted(build, wanted)))
			models.push({
				name: buildName(folder, {revision: name, tag: build.tag}),
				repository: repositoryOf(folder),
				commit: revision.commit,
				files: await Promise.all(build.files.map(({role, file}) => withHash(role, file, root))),
			});
	}
	return models;
}

function isWanted(build: FileGroup<CachedFile>, wanted: WantedBuilds | null): boolean {
	const {variant = null, file} = wanted ?? {};
	if (file !== undefined && !build.files.some(known => known.file.file === file)) return false;
	return variant === null || means(build, variant);
}

async function withHash(role: string, {file, path: at, bytes}: CachedFile, root: string): Promise<LibraryFile> {
	return {role, file, path: at, bytes, hash: await blobOf(at, root)};
}

/** Links to blobs of the repository that are not there. */
async function brokenLinks(root: string, repository: string, {commit}: CachedRevision): Promise<readonly CachedFile[]> {
	const snapshot = path.join(root, 'snapshots', commit);
	const entries = await readdir(snapshot, {recursive: true, withFileTypes: true}).catch(() => []);
	const found: CachedFile[] = [];
	for (const entry of entries.filter(entry => entry.isSymbolicLink())) {
		const at = path.join(entry.parentPath, entry.name);
		if ((await stat(at).catch(() => null)) !== null || (await blobOf(at, root)) === null) continue;
		const file = path.relative(snapshot, at).split(path.sep).join('/');
		const facts = await lstat(at).catch(() => null);
		if (facts !== null) found.push({repository, file, path: at, bytes: 0, modifiedAt: facts.mtime});
	}
	return found;
}
