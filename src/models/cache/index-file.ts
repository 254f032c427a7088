import {open} from 'node:fs/promises';
import {writeFileAtomic} from '../../lib/write-file-atomic.ts';

/** A build in the cache, as much of it as a line of a list needs. */
export interface IndexedBuild {
	/** The branch or tag it is listed under; null for what the name of the repository alone means. */
	readonly revision: string | null;
	readonly commit: string;
	readonly tag: string;
	readonly format: string;
	readonly quantization: string | null;
	readonly family: string;
	readonly tasks: readonly string[];
	readonly parameters: number | null;
	readonly contextLength: number | null;
	readonly bytes: number;
	/** Milliseconds since 1970, of the first weights file. */
	readonly modifiedMs: number;
	/** The first weights file, relative to the snapshot. */
	readonly file: string;
	/** Bytes of that file alone: with its name and time, they say whether a header must be read again. */
	readonly fileBytes: number;
	/** Why it is left out of lists: the file is damaged. */
	readonly problem: string | null;
}

export interface IndexedRepository {
	readonly folder: string;
	readonly stamps: Readonly<Record<string, number>>;
	/** Read long enough after the last change that the stamps tell every later one. */
	readonly settled: boolean;
	readonly builds: readonly IndexedBuild[];
}

/** Raised when the form or the meaning of anything in the file changes: the next start reads the cache afresh. */
const version = 1;
/** Bytes; ten thousand models take four million. */
const largest = 256 * 2 ** 20;

/** The index as it was written last; empty where there is none, or it is of another version, or damaged. */
export async function readIndexFile(file: string, cache: string): Promise<readonly IndexedRepository[]> {
	try {
		const handle = await open(file, 'r');
		try {
			if ((await handle.stat()).size > largest) return [];
			return parseIndex(await handle.readFile('utf8'), cache);
		} finally {
			await handle.close();
		}
	} catch {
		return [];
	}
}

/** A list of fields in place of an object for each build: half the bytes, and half the time to parse. */
export async function writeIndexFile(
	file: string,
	cache: string,
	repositories: Iterable<IndexedRepository>,
): Promise<void> {
	const rows = Array.from(repositories, ({folder, stamps, settled, builds}) => [
		folder,
		settled,
		stamps,
		builds.map(build => fields.map(field => build[field])),
	]);
	await writeFileAtomic(file, JSON.stringify({version, cache, repositories: rows}));
}

const fields = [
	'revision',
	'commit',
	'tag',
	'format',
	'quantization',
	'family',
	'tasks',
	'parameters',
	'contextLength',
	'bytes',
	'modifiedMs',
	'file',
	'fileBytes',
	'problem',
] as const satisfies ReadonlyArray<keyof IndexedBuild>;

/** Throws where anything is not as this version writes it. */
function parseIndex(text: string, cache: string): readonly IndexedRepository[] {
	const value = JSON.parse(text) as {version?: unknown; cache?: unknown; repositories?: unknown};
	if (value.version !== version || value.cache !== cache || !Array.isArray(value.repositories)) return [];
	return value.repositories.map((row: unknown): IndexedRepository => {
		const [folder, settled, stamps, builds] = expectList(row);
		if (typeof folder !== 'string' || typeof settled !== 'boolean') throw new Error('no repository');
		if (typeof stamps !== 'object' || stamps === null) throw new Error('no stamps');
		return {folder, settled, stamps: stamps as Record<string, number>, builds: expectList(builds).map(parseBuild)};
	});
}

function parseBuild(value: unknown): IndexedBuild {
	const row = expectList(value);
	const [revision, commit, tag, format, quantization, family, tasks, parameters, contextLength] = row;
	const [bytes, modifiedMs, file, fileBytes, problem] = row.slice(9);
	return {
		revision: orNull(revision, expectText),
		commit: expectText(commit),
		tag: expectText(tag),
		format: expectText(format),
		quantization: orNull(quantization, expectText),
		family: expectText(family),
		tasks: expectList(tasks).map(expectText),
		parameters: orNull(parameters, expectNumber),
		contextLength: orNull(contextLength, expectNumber),
		bytes: expectNumber(bytes),
		modifiedMs: expectNumber(modifiedMs),
		file: expectText(file),
		fileBytes: expectNumber(fileBytes),
		problem: orNull(problem, expectText),
	};
}

function expectText(value: unknown): string {
	if (typeof value !== 'string') throw new Error('no text');
	return value;
}

function expectNumber(value: unknown): number {
	if (typeof value !== 'number') throw new Error('no number');
	return value;
}

function expectList(value: unknown): readonly unknown[] {
	if (!Array.isArray(value)) throw new Error('no list');
	return value;
}

const orNull = <T>(value: unknown, expect: (value: unknown) => T): T | null => (value === null ? null : expect(value));
