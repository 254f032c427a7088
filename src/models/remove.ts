import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import {readToolRecord, writeToolRecord} from './adopt/adopted.ts';
import {buildsOf} from './cache/builds-of.ts';
import {isFetching} from './cache/is-fetching.ts';
import {removeInside, requireInside} from './cache/remove-inside.ts';
import {blobOf, folderOf, scanRepository} from './cache/scan-repository.ts';
import {surveyRepository, type DiskFile} from './cache/survey.ts';
import type {LibraryModel} from './library-model.ts';
import {pickles} from './resolve/group-files.ts';

export interface RemovalPlaces {
	readonly hubCache: string;
	/** Folder of what was adopted from other tools. */
	readonly adopted?: string;
}

/**
 * Deletes a model of the Hugging Face cache: its links, those blobs that nothing else links to, and, with the last model
 * of a repository, what is left of it. Of an adopted model mofa's links go; the files are its own tool's.
 * What ships with mofa and files outside the cache are not mofa's to delete. Throws `invalid-request`, `file-error`.
 */
export async function removeModel(
	model: LibraryModel,
	{hubCache, adopted}: RemovalPlaces,
): Promise<{readonly freedBytes: number}> {
	const {repository, commit} = model;
	if (model.source === 'adopted' && adopted !== undefined && model.origin !== null)
		return forgetAdopted(adopted, model.origin, model.installed.manifest.name);
	if (model.source !== 'hub-cache' || repository === null || commit === null) {
		const expected = keeps[model.source] ?? 'a model of the cache; delete the file itself';
		throw new MofaError('invalid-request', {path: 'model', expected});
	}
	return removeCached(hubCache, {repository, commit, files: model.files.map(({file}) => file)});
}

const keeps: Readonly<Record<string, string>> = {
	starter: 'a model that was downloaded; this one ships with mofa',
	plugin: 'a model that was downloaded; this one goes with its plugin',
};

/**
 * Deletes the downloads of a repository that were not finished, and the repository where nothing else is in it.
 * Throws `model-in-use` while one of them is going on.
 */
export async function removeUnfinished(hubCache: string, repository: string): Promise<{readonly freedBytes: number}> {
	const root = path.join(hubCache, folderOf(repository));
	await requireInside(hubCache, path.join(root, 'blobs'));
	const {partials} = await surveyRepository(hubCache, folderOf(repository));
	if (partials.some(({path: file}) => isFetching(hubCache, folderOf(repository), file)))
		throw new MofaError('model-in-use', {model: repository, leases: 1});
	for (const {path: file} of partials) await removeInside(hubCache, file);
	const {blobs, revisions} = await surveyRepository(hubCache, folderOf(repository));
	if (blobs.length === 0 && revisions.every(({blobs, copies}) => blobs.size + copies.length === 0))
		await removeRepository(hubCache, repository);
	return {freedBytes: bytesOf(partials)};
}

/** Takes the record of an adopted model and its links away; frees nothing, since nothing was copied. */
export async function forgetAdopted(
	folder: string,
	tool: string,
	name: string,
): Promise<{readonly freedBytes: number}> {
	const models = await readToolRecord(folder, tool);
	const gone = models.find(model => model.name === name);
	if (gone === undefined) throw new MofaError('model-not-found', {model: name, similar: []});
	await writeToolRecord(
		folder,
		tool,
		models.filter(model => model !== gone),
	);
	for (const {link} of gone.files) await removeInside(folder, path.join(folder, link));
	return {freedBytes: 0};
}

interface CachedPart {
	readonly repository: string;
	readonly commit: string;
	readonly files: readonly string[];
}

async function removeCached(
	cache: string,
	{repository, commit, files}: CachedPart,
): Promise<{readonly freedBytes: number}> {
	const folder = folderOf(repository);
	const root = path.join(cache, folder);
	const snapshot = path.join(root, 'snapshots', commit);
	await requireInside(cache, snapshot);
	await requireInside(cache, path.join(root, 'blobs'));
	const before = await bytesIn(cache, folder);
	const scanned = (await scanRepository(cache, folder)).revisions.find(revision => revision.commit === commit);
	const present = scanned?.files ?? [];
	const others = buildsOf(present).filter(build => !build.files.some(({file}) => files[0] === file.file));
	const shared = new Set(others.flatMap(build => build.files.map(({file}) => file.file)));
	if (others.length === 0 && pickles(present).length === 0) await removeRevision(cache, root, commit);
	else
		for (const file of files.filter(file => !shared.has(file))) {
			const blob = await blobOf(path.join(snapshot, file), root);
			await removeInside(cache, path.join(snapshot, file));
			if (blob !== null) await removeUnlinked(cache, folder, new Set([blob]));
		}
	await removeEmpty(cache, repository);
	return {freedBytes: Math.max(0, before - (await bytesIn(cache, folder)))};
}

/** A whole revision: its links, the refs that mean it, and the blobs that no other revision links to. */
export async function removeRevision(cache: string, root: string, commit: string): Promise<void> {
	const folder = path.basename(root);
	const {revisions} = await surveyRepository(cache, folder);
	const revision = revisions.find(known => known.commit === commit);
	await removeInside(cache, path.join(root, 'snapshots', commit));
	for (const ref of revision?.refs ?? []) await removeInside(cache, path.join(root, 'refs', ...ref.split('/')));
	await removeUnlinked(cache, folder, revision?.blobs ?? new Set());
}

/** Deletes those of the blobs that no link leads to any more; nothing where not every link could be seen. */
async function removeUnlinked(cache: string, folder: string, blobs: ReadonlySet<string>): Promise<void> {
	const {revisions, root, complete} = await surveyRepository(cache, folder);
	if (!complete) return;
	for (const blob of blobs)
		if (!revisions.some(revision => revision.blobs.has(blob)))
			await removeInside(cache, path.join(root, 'blobs', blob));
}

/** A repository none of whose snapshots holds a file any more is deleted whole, unfinished downloads and all. */
async function removeEmpty(cache: string, repository: string): Promise<void> {
	const {revisions, complete} = await surveyRepository(cache, folderOf(repository));
	if (complete && revisions.every(({blobs, copies}) => blobs.size + copies.length === 0))
		await removeRepository(cache, repository);
}

async function removeRepository(cache: string, repository: string): Promise<void> {
	await removeInside(cache, path.join(cache, folderOf(repository)));
	await removeInside(cache, path.join(cache, '.locks', folderOf(repository)));
}

async function bytesIn(cache: string, folder: string): Promise<number> {
	const {blobs, partials, temporaries, revisions} = await surveyRepository(cache, folder);
	return bytesOf([...blobs, ...partials, ...temporaries, ...revisions.flatMap(({copies}) => copies)]);
}

const bytesOf = (files: readonly DiskFile[]): number => files.reduce((sum, {bytes}) => sum + bytes, 0);
