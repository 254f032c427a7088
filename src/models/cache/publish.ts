import {copyFile, link, lstat, open, readFile, readlink, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {checkFileName, checkRevision} from '../hub/safe-name.ts';
import {takePidLock} from '../../lib/pid-lock.ts';
import {fileError, isCode, isCommit, makeFolderInside, repositoryFolders} from './layout.ts';

export interface Publishing {
	readonly cache: string;
	readonly repository: string;
	readonly commit: string;
}

/** What is written under another name first, in the folder of locks: no reader of the cache looks there. */
const temporaryName = 'publish.mofa-tmp';
const lockName = 'publish.mofa-lock';
const waitMs = 20;
/** Errors of file systems that know no symbolic links, and of Windows without the right to make them. */
const noLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'EACCES', 'UNKNOWN'];

/** Moves a finished download to its place. Both are in the same folder; it is safe from a power cut afterwards. */
export async function publishBlob(partial: string, blob: string): Promise<void> {
	await rename(partial, blob);
	await syncFolder(path.dirname(blob));
}

/**
 * Shows a blob as a file of a commit: a relative link, as Python makes it; a second name or a copy where the file system
 * knows no links. What is there and right is left alone. Returns the path. Throws `file-error`, `model-invalid`.
 */
export async function publishFile(where: Publishing, file: string, etag: string): Promise<string> {
	const folders = repositoryFolders(where.cache, where.repository);
	if (!isCommit(where.commit)) throw fileError(folders.snapshots, `${where.commit} is no commit`);
	const target = path.join(folders.snapshots, where.commit, ...checkFileName(file, where.repository).split('/'));
	const blob = path.join(folders.blobs, etag);
	try {
		await makeFolderInside(where.cache, path.dirname(target));
		if (await shows(target, blob)) return target;
		await replace(where, target, temporary => makeLink(blob, path.dirname(target), temporary));
		return target;
	} catch (error) {
		throw fileError(target, error);
	}
}

/** Says which commit a branch or a tag means: last, after all files. A commit needs no name. */
export async function publishRevision(where: Publishing, revision: string): Promise<void> {
	if (revision === where.commit) return;
	const {refs} = repositoryFolders(where.cache, where.repository);
	const target = path.join(refs, ...checkRevision(revision).split('/'));
	try {
		await makeFolderInside(where.cache, path.dirname(target));
		const known = (await lstat(target).catch(() => null))?.isFile() ? await readFile(target, 'utf8') : '';
		if (known === where.commit) return;
		await replace(where, target, temporary => writeSafely(temporary, where.commit));
	} catch (error) {
		throw fileError(target, error);
	}
}

/** On Windows a folder cannot be opened for this, and needs no such call. */
export async function syncFolder(folder: string): Promise<void> {
	if (process.platform === 'win32') return;
	const handle = await open(folder, 'r');
	try {
		await handle.sync();
	} catch (error) {
		// Some network file systems know no such call.
		if (!isCode(error, 'EINVAL') && !isCode(error, 'ENOTSUP')) throw error;
	} finally {
		await handle.close();
	}
}

/** Whether the file leads to the blob already, or is another tool's copy of it. */
async function shows(target: string, blob: string): Promise<boolean> {
	const facts = await lstat(target).catch(() => null);
	if (facts?.isSymbolicLink()) return path.resolve(path.dirname(target), await readlink(target)) === blob;
	const size = (await stat(blob).catch(() => null))?.size;
	return facts?.isFile() === true && facts.size === size;
}

/**
 * Makes something under a temporary name and moves it into place. One at a time for a repository: so the name can be the
 * same one always, and what a killed process left is overwritten by the next.
 */
async function replace(
	{cache, repository}: Publishing,
	target: string,
	make: (temporary: string) => Promise<void>,
): Promise<void> {
	const {locks} = repositoryFolders(cache, repository);
	await makeFolderInside(cache, locks);
	const temporary = path.join(locks, temporaryName);
	const lock = await takeLock(path.join(locks, lockName));
	try {
		await rm(temporary, {force: true});
		await make(temporary);
		await rename(temporary, target);
		await syncFolder(path.dirname(target));
	} finally {
		await rm(temporary, {force: true});
		lock.release();
	}
}

async function takeLock(file: string): Promise<{release(): void}> {
	for (;;) {
		const lock = takePidLock(file);
		if ('release' in lock) return lock;
		await new Promise(resolve => setTimeout(resolve, waitMs));
	}
}

async function makeLink(blob: string, folder: string, temporary: string): Promise<void> {
	try {
		await symlink(path.relative(folder, blob), temporary);
	} catch (error) {
		if (!noLinks.some(code => isCode(error, code))) throw error;
		await link(blob, temporary).catch(() => copyFile(blob, temporary));
	}
}

async function writeSafely(file: string, content: string): Promise<void> {
	const handle = await open(file, 'wx', 0o644);
	try {
		await writeFile(handle, content);
		await handle.sync();
	} finally {
		await handle.close();
	}
}
