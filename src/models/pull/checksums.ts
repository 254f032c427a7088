import path from 'node:path';
import {writeFileAtomic} from '../../lib/write-file-atomic.ts';
import {repositoryFolder} from '../cache/layout.ts';
import {journalBuffer, readJournal, type JournalContent} from './journal.ts';

/** Where the checksums of a blob's parts are kept, so that damage can be found later and fetched alone. */
export function checksumsFile(state: string, repository: string, etag: string): string {
	return path.join(state, 'checksums', repositoryFolder(repository), etag);
}

/** Losing them costs the place of a damage, never a file: so a full disk is no error. */
export async function keepChecksums(state: string, {facts, parts}: JournalContent): Promise<void> {
	if (parts.length < 2) return;
	const file = checksumsFile(state, facts.repository, facts.etag);
	await writeFileAtomic(file, journalBuffer(facts, parts)).catch(() => undefined);
}

/** Null where there are none, or of something else. */
export async function readChecksums(
	state: string,
	repository: string,
	{etag, bytes}: {readonly etag: string; readonly bytes: number | null},
): Promise<JournalContent | null> {
	const found = await readJournal(checksumsFile(state, repository, etag));
	if (found === null || found.facts.etag !== etag || (bytes !== null && found.facts.totalBytes !== bytes)) return null;
	return found.parts.every(({state: done}) => done === 'done') ? found : null;
}
