import {open, stat, type FileHandle} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {MofaError} from '../../contract/error.ts';
import {fileError, isCode, isEtag} from '../cache/layout.ts';
import {createHasher} from './hasher.ts';
import type {JournalContent} from './journal.ts';
import type {Part} from './parts.ts';
import {readFully} from './partial.ts';

export interface ByteRange {
	readonly from: number;
	/** Exclusive. */
	readonly to: number;
}

export interface CheckOptions {
	readonly path: string;
	/** SHA-256, or git's SHA-1, of what it should be; null where nobody knows. */
	readonly hash: string | null;
	/** Of its parts, from when it was downloaded; null where there are none. */
	readonly checksums: JournalContent | null;
	readonly signal: AbortSignal;
	/** Bytes read so far, of all; told often. */
	progress(bytes: number, totalBytes: number): void;
}

export interface CheckedFile {
	readonly state: 'good' | 'damaged' | 'missing' | 'unknown';
	/** As long as it is; where it is damaged or missing, as long as it should be, if that is known. */
	readonly bytes: number;
	readonly ranges: readonly ByteRange[];
	/** Parts that the disk does not hold as they were written; null where that is not known. */
	readonly damagedParts: ReadonlySet<number> | null;
	/** Why it could not be read. */
	readonly failure: MofaError | null;
}

/** Bytes that are read at once. */
const blockBytes = 2 ** 22;
/** Reading what is shorter keeps nobody waiting. */
const worthThread = 2 ** 20;

/**
 * Reads a file and says whether it is what it should be. Only the hash decides that; where it differs, the checksums of
 * the parts tell the place, for which the file is read a second time. Throws `cancelled`.
 */
export async function checkFile(options: CheckOptions): Promise<CheckedFile> {
	const {path, hash, checksums} = options;
	const shouldBe = checksums?.facts.totalBytes;
	const facts = await stat(path).catch((error: unknown) => fileError(path, error));
	if (facts instanceof MofaError) {
		const isGone = isCode(facts.cause, 'ENOENT') || isCode(facts.cause, 'ENOTDIR');
		return {...unread, state: isGone ? 'missing' : 'unknown', bytes: shouldBe ?? 0, failure: isGone ? null : facts};
	}
	if (!facts.isFile()) return {...unread, failure: fileError(path, 'it is not a file')};
	const {size} = facts;
	if (hash === null || !isEtag(hash)) return {...unread, bytes: size};
	try {
		if ((shouldBe ?? size) === size && (await digestOf(options, hash, size)) === hash)
			return {...unread, state: 'good', bytes: size};
		if (checksums === null) return {...unread, state: 'damaged', bytes: size};
		return {
			...unread,
			state: 'damaged',
			bytes: checksums.facts.totalBytes,
			...(await placesOf(options, checksums, size)),
		};
	} catch (error) {
		if (MofaError.is(error)) throw error;
		return {...unread, bytes: size, failure: fileError(path, error)};
	}
}

const unread = {state: 'unknown', bytes: 0, ranges: [], damagedParts: null, failure: null} as const;

/** Null where the disk gives its bytes back no more. */
async function digestOf({path, signal, progress}: CheckOptions, hash: string, size: number): Promise<string | null> {
	await using hasher = createHasher(hash, size, path, worthThread);
	const block = size < worthThread ? worthThread : blockBytes;
	while (hasher.position < size) {
		requireWanted(signal);
		const bytes = Math.min(block, size - hasher.position);
		const isRead = await hasher.updateFromDisk(bytes, null).catch((error: unknown) => {
			if (isCode(error, 'EIO')) return false;
			throw error;
		});
		if (!isRead) return null;
		progress(hasher.position, size);
	}
	requireWanted(signal);
	return await hasher.digest();
}

async function placesOf(
	{path, signal, progress}: CheckOptions,
	{facts, parts}: JournalContent,
	size: number,
): Promise<Pick<CheckedFile, 'ranges' | 'damagedParts'>> {
	await using handle = await open(path, 'r');
	const memory = Buffer.allocUnsafe(facts.partBytes);
	const ranges: Array<{from: number; to: number}> = [];
	const damagedParts = new Set<number>();
	for (const part of parts) {
		requireWanted(signal);
		progress(part.from, facts.totalBytes);
		if (await holds(handle, part, memory)) continue;
		damagedParts.add(part.index);
		const [last, to] = [ranges.at(-1), part.from + part.bytes];
		if (last?.to === part.from) last.to = to;
		else ranges.push({from: part.from, to});
	}
	// What follows is not of the file.
	if (size > facts.totalBytes) ranges.push({from: facts.totalBytes, to: size});
	// Every part is as it was written, and together they are not the file: then the checksums are of no use.
	return ranges.length === 0 ? {ranges, damagedParts: null} : {ranges, damagedParts};
}

async function holds(handle: FileHandle, {from, bytes, checksum}: Part, memory: Buffer): Promise<boolean> {
	const content = memory.subarray(0, bytes);
	try {
		return (await readFully(handle, content, from)) === bytes && crc32(content) === checksum;
	} catch (error) {
		if (isCode(error, 'EIO')) return false;
		throw error;
	}
}

function requireWanted(signal: AbortSignal): void {
	if (signal.aborted) throw new MofaError('cancelled', {});
}
