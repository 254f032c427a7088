import {constants} from 'node:fs';
import {chmod, copyFile, open, truncate} from 'node:fs/promises';
import {MofaError} from '../../contract/error.ts';
import {fileError, partialEnding} from '../cache/layout.ts';
import {requireSpace} from './free-space.ts';
import {journalBuffer, noFollow, type JournalContent} from './journal.ts';
import {journalOf, partialBytes, readFully, removePartial} from './partial.ts';
import type {Part} from './parts.ts';

export interface Salvage {
	/** What is damaged. It is read, and stays as it is. */
	readonly blob: string;
	/** Of its parts, as they should be. */
	readonly checksums: JournalContent;
	readonly damagedParts: ReadonlySet<number>;
	readonly signal: AbortSignal;
}

/**
 * Makes the good parts of a blob into a download that was not finished, beside it; one that came further by itself is left
 * alone. The caller holds the lock of the blob. Throws `disk-full`, `file-error`, `cancelled`; nothing is left then.
 */
export async function salvage({blob, checksums, damagedParts, signal}: Salvage): Promise<void> {
	const partial = blob + partialEnding;
	const {facts} = checksums;
	const parts = checksums.parts.map(part => (damagedParts.has(part.index) ? {...part, written: 0, checksum: 0} : part));
	const good = parts.filter(({written}) => written > 0);
	const goodBytes = good.reduce((sum, {written}) => sum + written, 0);
	const known = await partialBytes(blob, {etag: facts.etag, bytes: facts.totalBytes});
	if (goodBytes === 0 || known >= goodBytes) return;
	await removePartial(partial);
	try {
		if (!(await cloned(blob, partial))) {
			await requireSpace(blob, facts.totalBytes);
			await copyParts(blob, partial, good, signal);
		}
		// Holes are where nothing was copied; what follows the file is cut off.
		await truncate(partial, facts.totalBytes);
		await writeNew(journalOf(partial), journalBuffer(facts, parts));
	} catch (error) {
		await removePartial(partial);
		throw fileError(partial, error);
	}
}

/** Where the file system can share blocks between files, nothing is copied at all. */
async function cloned(blob: string, partial: string): Promise<boolean> {
	try {
		await copyFile(blob, partial, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
	} catch {
		await removePartial(partial);
		return false;
	}
	// The blob may be one that nobody may write to.
	await chmod(partial, 0o644);
	return true;
}

/** Checked when they are hashed: what was misread here is fetched then. */
async function copyParts(blob: string, partial: string, parts: readonly Part[], signal: AbortSignal): Promise<void> {
	await using source = await open(blob, 'r');
	await using target = await open(partial, newFile, 0o644);
	const memory = Buffer.allocUnsafe(Math.max(...parts.map(({bytes}) => bytes)));
	for (const {from, bytes} of parts) {
		if (signal.aborted) throw new MofaError('cancelled', {});
		const content = memory.subarray(0, await readFully(source, memory.subarray(0, bytes), from));
		for (let at = 0; at < content.length;) {
			const {bytesWritten} = await target.write(content, at, content.length - at, from + at);
			at += bytesWritten;
		}
	}
}

async function writeNew(file: string, content: Buffer): Promise<void> {
	await using handle = await open(file, newFile, 0o644);
	await handle.writeFile(content);
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
