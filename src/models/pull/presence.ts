import {lstat, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {isCommit, isEtag, repositoryFolders} from '../cache/layout.ts';
import {checkFileName} from '../hub/safe-name.ts';
import type {RemoteFile} from '../remote-model.ts';
import {partialBytes} from './partial.ts';

export interface Presence {
	readonly file: RemoteFile;
	/** Names the blob. */
	readonly etag: string;
	/** `here`: as a file of the commit; `blob`: its bytes, perhaps for another commit; `absent`: not, or in part. */
	readonly state: 'here' | 'blob' | 'absent';
	/** Bytes that need not be fetched. */
	readonly presentBytes: number;
}

export interface FilesOfCommit {
	readonly repository: string;
	readonly commit: string;
	readonly files: readonly RemoteFile[];
}

/**
 * What of these files is in the cache, whoever brought it; asks nobody and reads no file. Throws `model-invalid` for names
 * and hashes that are none.
 */
export async function presenceOf(cache: string, {repository, commit, files}: FilesOfCommit): Promise<Presence[]> {
	const {blobs, snapshots} = repositoryFolders(cache, repository);
	if (!isCommit(commit)) throw new MofaError('model-invalid', {model: repository, problem: 'its commit is none'});
	const look = async (file: RemoteFile): Promise<Presence> => {
		const etag = etagOf(file, repository);
		const shown = path.join(snapshots, commit, ...checkFileName(file.file, repository).split('/'));
		const blob = path.join(blobs, etag);
		const {bytes} = file;
		// Where links are not possible, other tools keep the file itself there.
		const isCopy = (await lstat(shown).catch(() => null))?.isFile() === true;
		if (isCopy && (await sizeOf(shown)) === bytes) return {file, etag, state: 'here', presentBytes: bytes};
		if ((await sizeOf(blob)) !== bytes)
			return {file, etag, state: 'absent', presentBytes: await partialBytes(blob, {etag, bytes})};
		const isShown = (await identityOf(shown)) === (await identityOf(blob));
		return {file, etag, state: isShown ? 'here' : 'blob', presentBytes: bytes};
	};
	const found: Presence[] = [];
	for (const file of files) found.push(await look(file));
	return found;
}

export function etagOf({file, sha256, blobId}: RemoteFile, repository: string): string {
	const etag = (sha256 ?? blobId).toLowerCase();
	if (isEtag(etag)) return etag;
	throw new MofaError('model-invalid', {model: repository, problem: `the hash of ${file} is none`});
}

/** Of a file, or of what a link leads to: reading through one does no harm. Null for none. */
export async function sizeOf(file: string): Promise<number | null> {
	const facts = await stat(file).catch(() => null);
	return facts?.isFile() ? facts.size : null;
}

async function identityOf(file: string): Promise<string> {
	const facts = await stat(file).catch(() => null);
	return facts === null ? file : `${facts.dev} ${facts.ino}`;
}
