import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {makeFolderInside, repositoryFolders} from '../cache/layout.ts';
import type {FileLocation} from '../hub/hub.ts';
import {download, takeBlobLock, type BlobListener, type WantedBlob} from './bring-blob.ts';
import {checkFile, type CheckedFile} from './check-file.ts';
import {requireSpace} from './free-space.ts';
import type {JournalContent} from './journal.ts';
import {partialBytes} from './partial.ts';
import {pause, withTries} from './retry.ts';
import {salvage} from './salvage.ts';
import {shareBlob} from './share-blob.ts';

export interface RepairOptions extends Omit<WantedBlob, 'bytes'> {
	readonly checked: CheckedFile;
	readonly checksums: JournalContent | null;
	readonly signal: AbortSignal;
	readonly listener: BlobListener;
}

/** Milliseconds. */
const lookMs = 250;

/**
 * Fetches what is damaged or missing of a blob. Repairing is resuming: 1. what is good becomes a download that was not
 * finished, 2. the download goes on. The damaged blob stays as it is until a whole one, hashed again from its first to its
 * last byte, takes its place. Who repairs it at the same time is waited for. Returns its length. Throws `cancelled`,
 * `content-mismatch` where the Hub has something else by that name now, and what a download throws.
 */
export async function repairBlob(options: RepairOptions): Promise<number> {
	const {checked, listener, signal, cache, repository, etag} = options;
	const wanted: WantedBlob = {...options, bytes: await bytesOnHub(options)};
	if (checked.state === 'missing') {
		await requireSpace(cache, wanted.bytes);
		await shareBlob(wanted, listener, signal);
		return wanted.bytes;
	}
	const {blobs, locks} = repositoryFolders(cache, repository);
	await makeFolderInside(cache, blobs);
	await makeFolderInside(cache, locks);
	await holding(path.join(locks, `${etag}.mofa-lock`), signal, async waited => {
		const blob = path.join(blobs, etag);
		if (waited && (await isGood(blob, options))) return;
		// 1.
		await keepGoodParts(blob, wanted, options);
		// 2.
		await download(wanted, blob, listener, signal);
	});
	return wanted.bytes;
}

/** Asked first: where the Hub has no such content any more, nothing else is begun. */
async function bytesOnHub(options: RepairOptions): Promise<number> {
	const {hub, repository, commit, source, file, etag, listener, signal} = options;
	const from = source ?? {repository, commit};
	const locate = (): Promise<FileLocation> => hub.locate(from.repository, from.commit, file, signal);
	const found = await withTries(locate, signal, (problem, waitMs) => listener.retry(problem, waitMs));
	if (found.etag === etag) return found.bytes;
	throw new MofaError('content-mismatch', {
		file,
		expected: `the hash ${etag}`,
		found: `${found.etag}: the Hub has other content by that name now`,
	});
}

async function holding(lockFile: string, signal: AbortSignal, act: (waited: boolean) => Promise<void>): Promise<void> {
	for (let waited = false; ; waited = true) {
		const lock = takeBlobLock(lockFile);
		if ('heldBy' in lock) {
			await pause(lookMs, signal);
			continue;
		}
		try {
			return await act(waited);
		} finally {
			lock.release();
		}
	}
}

/** Someone else may have repaired it meanwhile. */
async function isGood(blob: string, {etag, signal}: RepairOptions): Promise<boolean> {
	const {state} = await checkFile({path: blob, hash: etag, checksums: null, signal, progress: () => undefined});
	return state === 'good';
}

/** Without checksums nobody knows what is good: then all of it is fetched, but for what was fetched before. */
async function keepGoodParts(blob: string, {cache, etag, bytes}: WantedBlob, options: RepairOptions): Promise<void> {
	const {checksums, checked, signal} = options;
	if (checksums?.facts.totalBytes === bytes && checked.damagedParts !== null)
		return salvage({blob, checksums, damagedParts: checked.damagedParts, signal});
	await requireSpace(cache, bytes - (await partialBytes(blob, {etag, bytes})));
}
