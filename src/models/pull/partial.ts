import {constants} from 'node:fs';
import {open, rm, type FileHandle} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {fileError, partialEnding} from '../cache/layout.ts';
import {journalBuffer, noFollow, noteInJournal, readJournal, type JournalFacts} from './journal.ts';
import {partBytes, partsOf, type Part} from './parts.ts';

/** What was written is made safe in portions of this many bytes while more arrives, so that little is left for the end. */
const worthSyncing = 2 ** 25;
/** With so much that is not safe, writing waits for the disk: whoever closes the file would have to wait for it all. */
const mostUnsafe = 2 ** 27;

/**
 * A file on its way: its bytes at their places, and a journal of what is there. The journal is told after the bytes were
 * written, so a process may die at any moment; a machine may too, since the checksums tell what was lost.
 */
export class Partial implements AsyncDisposable {
	readonly path: string;
	readonly facts: JournalFacts;
	readonly parts: readonly Part[];
	/** On the disk. */
	bytes: number;
	readonly #data: FileHandle;
	readonly #journal: FileHandle;
	/** Bytes written since the disk was last told to keep what it has. */
	#unsafe = 0;
	#syncing: Promise<void> | undefined;
	/** A disk says only once that it could not keep something. */
	#syncFailure: {readonly error: unknown} | undefined;
	#closed: Promise<void> | undefined;

	private constructor(
		path: string,
		facts: JournalFacts,
		parts: readonly Part[],
		data: FileHandle,
		journal: FileHandle,
	) {
		this.path = path;
		this.facts = facts;
		this.parts = parts;
		this.bytes = parts.reduce((sum, {written}) => sum + written, 0);
		this.#data = data;
		this.#journal = journal;
	}

	/** Goes on with what is there; begins anew where it is of something else. The caller holds the lock of the blob. */
	static async open(blob: string, about: Omit<JournalFacts, 'version' | 'partBytes'>): Promise<Partial> {
		const path = blob + partialEnding;
		try {
			const found = await readJournal(journalOf(path));
			const goesOn = found?.facts.etag === about.etag && found.facts.totalBytes === about.totalBytes;
			const {facts, parts} = goesOn ? found : await begin(path, {version: 1, ...about, partBytes});
			const data = await openOwn(path, constants.O_RDWR | constants.O_CREAT);
			const journal = await openOwn(journalOf(path), constants.O_RDWR);
			return new Partial(path, facts, parts, data, journal);
		} catch (error) {
			throw fileError(path, error);
		}
	}

	/** Less than `into` holds only where the file ends. */
	async read(into: Buffer, from: number): Promise<number> {
		return readFully(this.#data, into, from);
	}

	/** Writes the bytes that follow those of the part which are there, and then says so in the journal. */
	async append(part: Part, bytes: Buffer): Promise<void> {
		const checksum = crc32(bytes, part.checksum);
		for (let at = 0; at < bytes.length;) {
			const {bytesWritten} = await this.#data.write(bytes, at, bytes.length - at, part.from + part.written + at);
			at += bytesWritten;
		}
		await this.#note(part, part.written + bytes.length, checksum);
		this.#unsafe += bytes.length;
		if (this.#unsafe >= worthSyncing && this.#syncing === undefined) this.#beginSync();
		if (this.#unsafe >= mostUnsafe) await this.#syncing;
		if (this.#syncFailure !== undefined) throw this.#syncFailure.error;
	}

	/** Nothing of the part is there, whatever the disk holds. */
	async forget(part: Part): Promise<void> {
		part.state = 'waiting';
		await this.#note(part, 0, 0);
	}

	/** Whether the disk holds the bytes of a part that the journal says. */
	async holds(part: Part, memory: Buffer): Promise<boolean> {
		const content = memory.subarray(0, part.written);
		return (await this.read(content, part.from)) === part.written && crc32(content) === part.checksum;
	}

	/** Returns once the bytes are safe from a power cut. */
	async sync(): Promise<void> {
		await this.#syncing;
		this.#beginSync();
		await this.#syncing;
		if (this.#syncFailure !== undefined) throw this.#syncFailure.error;
	}

	close(): Promise<void> {
		this.#closed ??= Promise.all([this.#data.close(), this.#journal.close()]).then(() => undefined);
		return this.#closed;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	#beginSync(): void {
		this.#unsafe = 0;
		this.#syncing = this.#data
			.datasync()
			.catch((error: unknown) => {
				this.#syncFailure ??= {error};
			})
			.finally(() => {
				this.#syncing = undefined;
			});
	}

	async #note(part: Part, written: number, checksum: number): Promise<void> {
		await noteInJournal(this.#journal, part.index, written, checksum);
		this.bytes += written - part.written;
		part.written = written;
		part.checksum = checksum;
	}
}

export const journalOf = (partial: string): string => `${partial}.parts`;

/** Bytes that a download of this blob has on the disk, as its journal says; 0 where there is none. */
export async function partialBytes(blob: string, about: {etag: string; bytes: number}): Promise<number> {
	const found = await readJournal(journalOf(blob + partialEnding));
	if (found === null || found.facts.etag !== about.etag || found.facts.totalBytes !== about.bytes) return 0;
	return found.parts.reduce((sum, {written}) => sum + written, 0);
}

export async function removePartial(path: string): Promise<void> {
	await rm(path, {force: true});
	await rm(journalOf(path), {force: true});
}

export async function readFully(handle: FileHandle, into: Buffer, from: number): Promise<number> {
	let at = 0;
	while (at < into.length) {
		const {bytesRead} = await handle.read(into, at, into.length - at, from + at);
		if (bytesRead === 0) break;
		at += bytesRead;
	}
	return at;
}

async function begin(path: string, facts: JournalFacts): Promise<{facts: JournalFacts; parts: readonly Part[]}> {
	await removePartial(path);
	const parts = partsOf(facts.totalBytes, facts.partBytes);
	const journal = await open(
		journalOf(path),
		constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow,
		0o644,
	);
	try {
		await journal.writeFile(journalBuffer(facts, parts));
	} finally {
		await journal.close();
	}
	return {facts, parts};
}

/** Refuses a link, soft or hard: what is written through it would change a file elsewhere. */
async function openOwn(path: string, flags: number): Promise<FileHandle> {
	const handle = await open(path, flags | noFollow, 0o644);
	const {nlink} = await handle.stat();
	if (nlink <= 1) return handle;
	await handle.close();
	throw fileError(path, 'it has a second name, so what is written to it would change another file');
}
