import {lstat, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {checkRepository} from '../hub/safe-name.ts';

/**
 * Where the Hugging Face cache keeps things, so that Python's tools and mofa share one copy:
 *
 *     models--org--name/blobs/<etag>              the bytes, by SHA-256, or by git's SHA-1 where they are few
 *     models--org--name/snapshots/<commit>/<file> a relative link to a blob
 *     models--org--name/refs/<revision>           the commit that it means
 *     models--org--name/.no_exist/<commit>/<file> files known not to be there
 *     .locks/models--org--name/                   locks, and what is written before it is moved into place
 *
 * Source: huggingface_hub, `file_download.py`.
 */
export interface RepositoryFolders {
	readonly root: string;
	readonly blobs: string;
	readonly snapshots: string;
	readonly refs: string;
	readonly noExist: string;
	readonly locks: string;
}

/** Pure. Throws `invalid-request` for what is no repository. */
export function repositoryFolders(cache: string, repository: string): RepositoryFolders {
	const name = repositoryFolder(repository);
	const root = path.join(cache, name);
	return {
		root,
		blobs: path.join(root, 'blobs'),
		snapshots: path.join(root, 'snapshots'),
		refs: path.join(root, 'refs'),
		noExist: path.join(root, '.no_exist'),
		locks: path.join(cache, '.locks', name),
	};
}

/** `org/name` → `models--org--name`. Throws `invalid-request` for what is no repository. */
export function repositoryFolder(repository: string): string {
	return `models--${checkRepository(repository).replace('/', '--')}`;
}

/** What is on its way to a blob lies beside it, under this name and names that begin with it. */
export const partialEnding = '.mofa-partial';

/** Whether it may name a blob: SHA-256 or git's SHA-1. */
export const isEtag = (text: string): boolean => /^([\da-f]{40}|[\da-f]{64})$/.test(text);

export const isCommit = (text: string): boolean => /^[\da-f]{40}$/.test(text);

/**
 * Makes a folder below the cache, one part at a time, and refuses a link in the way: someone may have planted one that
 * leads elsewhere. The cache itself may be a link. Throws `file-error`.
 */
export async function makeFolderInside(cache: string, folder: string): Promise<void> {
	await mkdir(cache, {recursive: true}).catch((error: unknown) => {
		throw fileError(cache, error);
	});
	let at = cache;
	for (const part of path.relative(cache, folder).split(path.sep)) {
		if (part === '' || part === '..') throw fileError(folder, 'it is outside the cache');
		at = path.join(at, part);
		await mkdir(at).catch((error: unknown) => {
			if (!isCode(error, 'EEXIST')) throw fileError(at, error);
		});
		if (!(await lstat(at)).isDirectory())
			throw fileError(at, 'it should be a folder of the cache, and is a link or a file');
	}
}

/** `disk-full` where that is why, else `file-error`. */
export function fileError(file: string, problem: unknown): MofaError {
	if (MofaError.is(problem)) return problem;
	if (typeof problem === 'string') return new MofaError('file-error', {path: file, problem});
	if (isCode(problem, 'ENOSPC') || isCode(problem, 'EDQUOT'))
		return new MofaError('disk-full', {path: file, needs: 1, free: 0}, {cause: problem});
	return new MofaError(
		'file-error',
		{path: file, problem: problem instanceof Error ? problem.message : String(problem)},
		{cause: problem},
	);
}

export function isCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}
