import {constants} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import {partsOf, type Part} from './parts.ts';

/** What a download, or a file that was downloaded, is of. */
export interface JournalFacts {
	readonly version: 1;
	readonly repository: string;
	readonly file: string;
	readonly etag: string;
	readonly totalBytes: number;
	readonly partBytes: number;
}

export interface JournalContent {
	readonly facts: JournalFacts;
	readonly parts: readonly Part[];
}

/** JSON at the start, filled up with spaces. */
const headerBytes = 8192;
/** Bytes written and their CRC-32: one record never lies across two sectors. */
const recordBytes = 8;
const smallestPart = 2 ** 16;
const largestPart = 2 ** 24;
/** Parts of 4 MiB make 32 TB with these. */
const mostParts = 2 ** 23;
/** Never follow a link that someone put in our place. */
export const noFollow: number = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
/** Never wait for the other end of a pipe that someone put there. */
const noWait: number = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/** A file with one record for each part, written over in place: as long at the end as at the start. */
export function journalBuffer(facts: JournalFacts, parts: readonly Part[]): Buffer {
	const content = Buffer.alloc(headerBytes + parts.length * recordBytes);
	content.fill(' ', 0, headerBytes);
	const header = Buffer.from(JSON.stringify(facts));
	if (header.length > headerBytes) throw new RangeError('the names in a journal are too long');
	header.copy(content);
	for (const part of parts) writeRecord(content, headerBytes + part.index * recordBytes, part.written, part.checksum);
	return content;
}

/** Null for what is no journal. Pure. */
export function parseJournal(content: Buffer): JournalContent | null {
	const facts = parseFacts(content.toString('utf8', 0, headerBytes));
	if (facts === null) return null;
	// Before anything is made: a few lines can speak of millions of parts.
	if (content.length !== headerBytes + Math.ceil(facts.totalBytes / facts.partBytes) * recordBytes) return null;
	const parts = partsOf(facts.totalBytes, facts.partBytes);
	for (const part of parts) {
		const at = headerBytes + part.index * recordBytes;
		const written = content.readUInt32LE(at);
		if (written > part.bytes) return null;
		part.written = written;
		part.checksum = content.readUInt32LE(at + 4);
		if (written === part.bytes) part.state = 'done';
	}
	return {facts, parts};
}

/** Null for none, and for what is no journal. */
export async function readJournal(path: string): Promise<JournalContent | null> {
	const handle = await open(path, constants.O_RDONLY | noFollow | noWait).catch(() => null);
	if (handle === null) return null;
	try {
		const facts = await handle.stat();
		if (!facts.isFile() || facts.size < headerBytes || facts.size > headerBytes + mostParts * recordBytes) return null;
		return parseJournal(await handle.readFile());
	} finally {
		await handle.close();
	}
}

/** Says in the file how far a part has come. The bytes have to be written before. */
export async function noteInJournal(
	handle: FileHandle,
	index: number,
	written: number,
	checksum: number,
): Promise<void> {
	const record = Buffer.alloc(recordBytes);
	writeRecord(record, 0, written, checksum);
	await handle.write(record, 0, recordBytes, headerBytes + index * recordBytes);
}

function writeRecord(into: Buffer, at: number, written: number, checksum: number): void {
	into.writeUInt32LE(written, at);
	into.writeUInt32LE(checksum, at + 4);
}

function parseFacts(header: string): JournalFacts | null {
	let facts: Partial<Record<keyof JournalFacts, unknown>> | null;
	try {
		facts = JSON.parse(header) as typeof facts;
	} catch {
		return null;
	}
	const {version, repository, file, etag, totalBytes, partBytes} = facts ?? {};
	if (version !== 1 || typeof repository !== 'string' || typeof file !== 'string' || typeof etag !== 'string')
		return null;
	if (!isNatural(totalBytes) || !isNatural(partBytes)) return null;
	if (partBytes < smallestPart || partBytes > largestPart || totalBytes / partBytes > mostParts) return null;
	return {version, repository, file, etag, totalBytes, partBytes};
}

function isNatural(value: unknown): value is number {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
