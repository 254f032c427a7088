import path from 'node:path';
import {lstat, rm} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import {takePidLock} from '../../lib/pid-lock.ts';
import {fileError, makeFolderInside, partialEnding, repositoryFolders} from '../cache/layout.ts';
import {publishBlob} from '../cache/publish.ts';
import type {FileLocation, Hub} from '../hub/hub.ts';
import type {FileSource} from '../remote-model.ts';
import {keepChecksums} from './checksums.ts';
import {fetchBlob} from './fetch-blob.ts';
import {freeBytes} from './free-space.ts';
import {Partial, journalOf, partialBytes} from './partial.ts';
import {sizeOf} from './presence.ts';
import {pause, withTries} from './retry.ts';

/** A blob that is wanted, and of which file it is. */
export interface WantedBlob {
	readonly hub: Hub;
	readonly cache: string;
	/** Mofa's own folder for what may be lost. */
	readonly state: string;
	readonly repository: string;
	readonly commit: string;
	readonly file: string;
	readonly etag: string;
	readonly bytes: number;
	/** Where it is fetched from, if not from the repository that it is kept for. */
	readonly source?: FileSource;
	readonly stallMs?: number;
}

export interface BlobListener {
	/** Of the file, on the disk; told often. */
	progress(bytes: number): void;
	retry(problem: string, waitMs: number): void;
}

/** `present`: it was there; `shared`: another process brought it. */
export type Brought = 'downloaded' | 'present' | 'shared';

/** Milliseconds. */
const lookMs = 250;
const progressMs = 100;

/**
 * Sees to it that a blob is in the cache. Only one process at a time fetches it: who comes later waits, tells how far the
 * other one is, and goes on with what is there when that one is gone.
 */
export async function bringBlob(wanted: WantedBlob, listener: BlobListener, signal: AbortSignal): Promise<Brought> {
	const {blobs, locks} = repositoryFolders(wanted.cache, wanted.repository);
	const blob = path.join(blobs, wanted.etag);
	let waited = false;
	const isThere = async (): Promise<boolean> => (await sizeOf(blob)) === wanted.bytes;
	if (await isThere()) return 'present';
	await makeFolderInside(wanted.cache, blobs);
	await makeFolderInside(wanted.cache, locks);
	for (;;) {
		const lock = takeBlobLock(path.join(locks, `${wanted.etag}.mofa-lock`));
		if ('heldBy' in lock) {
			waited = true;
			listener.progress(await partialBytes(blob, wanted));
			await pause(lookMs, signal);
			continue;
		}
		try {
			if (await isThere()) return waited ? 'shared' : 'present';
			await download(wanted, blob, listener, signal);
			return 'downloaded';
		} finally {
			lock.release();
		}
	}
}

/** A process that was killed just after it had published a blob left the journal: of what is there, nothing is to be done. */
export async function tidyBlob(cache: string, repository: string, etag: string): Promise<void> {
	const {blobs, locks} = repositoryFolders(cache, repository);
	const partial = path.join(blobs, etag + partialEnding);
	if (!(await exists(journalOf(partial)))) return;
	await makeFolderInside(cache, locks);
	const lock = takeBlobLock(path.join(locks, `${etag}.mofa-lock`));
	// Someone repairs it.
	if ('heldBy' in lock) return;
	try {
		if (!(await exists(partial))) await rm(journalOf(partial), {force: true});
	} finally {
		lock.release();
	}
}

async function exists(file: string): Promise<boolean> {
	return (await lstat(file).catch(() => null)) !== null;
}

/** Of one blob: who holds it may write its partial and publish it. Throws `file-error`. */
export function takeBlobLock(file: string): ReturnType<typeof takePidLock> {
	try {
		return takePidLock(file);
	} catch (error) {
		throw fileError(file, error);
	}
}

/** Fetches what is missing of the partial and publishes it, over what may be there. The caller holds the lock. */
export async function download(
	wanted: WantedBlob,
	blob: string,
	listener: BlobListener,
	signal: AbortSignal,
): Promise<void> {
	const {hub, state, repository, file, etag, bytes: totalBytes, stallMs} = wanted;
	const onRetry = (problem: string, waitMs: number): void => listener.retry(problem, waitMs);
	const location = await withTries(() => locate(wanted, signal), signal, onRetry);
	await using partial = await Partial.open(blob, {repository, file, etag, totalBytes});
	const telling = setInterval(() => listener.progress(partial.bytes), progressMs);
	try {
		listener.progress(partial.bytes);
		const stall = stallMs === undefined ? {} : {stallMs};
		await fetchBlob({hub, location, partial, signal, onRetry, ...stall});
		listener.progress(partial.bytes);
		await Promise.all([partial.sync(), keepChecksums(state, partial)]);
		await partial.close();
		await publishBlob(partial.path, blob);
		await rm(journalOf(partial.path), {force: true});
	} catch (error) {
		const failure = fileErrorUnlessKnown(partial.path, error);
		if (!MofaError.is(failure, 'disk-full')) throw failure;
		const needs = Math.max(1, totalBytes - partial.bytes);
		throw new MofaError('disk-full', {path: wanted.cache, needs, free: await freeBytes(wanted.cache)}, {cause: error});
	} finally {
		clearInterval(telling);
	}
}

async function locate(
	{hub, repository, commit, source, file, etag, bytes}: WantedBlob,
	signal: AbortSignal,
): Promise<FileLocation> {
	const from = source ?? {repository, commit};
	const location = await hub.locate(from.repository, from.commit, file, signal);
	if (location.etag === etag && location.bytes === bytes) return location;
	throw new MofaError('content-mismatch', {
		file,
		expected: `${bytes} bytes with the hash ${etag}`,
		found: `${location.bytes} bytes with the hash ${location.etag}`,
	});
}

/** What the file system throws has a code of its own; what has none is a mistake of the program. */
function fileErrorUnlessKnown(file: string, error: unknown): unknown {
	if (MofaError.is(error)) return error;
	return error instanceof Error && 'syscall' in error ? fileError(file, error) : error;
}
