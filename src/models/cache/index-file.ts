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
	/** ISO 8601, of the first weights file. */
	readonly modifiedAt: string;
	/** The first weights file, relative to the snapshot. */
	readonly file: string;
	/** Bytes of that file alone: with its name and time, they say whether a header must be read again. */
	readonly fileBytes: number;
	/** Why it is left out of lists: the file is damaged. */
	readonly problem: string | null;
}

export interface IndexedRepository {
	readonly folder: string;
	/** Below the repository: what tells of changes. The first `often` of them tell of nearly all. */
	readonly watched: readonly string[];
	readonly often: number;
	/** When each of them had last changed. Two lists: an object of its own shape for each repository is slow to parse. */
	readonly stamps: readonly number[];
	/** Read long enough after the last change that the stamps tell every later one. */
	readonly settled: boolean;
	readonly builds: readonly IndexedBuild[];
	/** Names, in the folder of blobs, of downloads that were not finished. */
	readonly unfinished: readonly string[];
}

/** Raised when the form or the meaning of anything in the file changes: the next start reads the cache afresh. */
const version = 3;
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

/** Losing it costs the time to read the cache afresh. */
export async function writeIndexFile(
	file: string,
	cache: string,
	repositories: Iterable<IndexedRepository>,
): Promise<void> {
	await writeFileAtomic(file, JSON.stringify({version, cache, repositories: [...repositories]}));
}

/** Throws where it is no JSON. What was read is checked and used as it is: ten thousand copies would take as long again. */
function parseIndex(text: string, cache: string): readonly IndexedRepository[] {
	const value = JSON.parse(text) as {version?: unknown; cache?: unknown; repositories?: unknown};
	if (value.version !== version || value.cache !== cache || !Array.isArray(value.repositories)) return [];
	const repositories: readonly unknown[] = value.repositories;
	return repositories.every(isRepository) ? repositories : [];
}

type Unchecked<T> = {readonly [key in keyof T]: unknown};

function isRepository(value: unknown): value is IndexedRepository {
	const {folder, settled, watched, often, stamps, builds, unfinished} = value as Unchecked<IndexedRepository>;
	return (
		typeof folder === 'string' &&
		typeof settled === 'boolean' &&
		typeof often === 'number' &&
		Array.isArray(watched) &&
		watched.every(isText) &&
		Array.isArray(stamps) &&
		stamps.length === watched.length &&
		stamps.every(isNumber) &&
		Array.isArray(builds) &&
		builds.every(isBuild) &&
		Array.isArray(unfinished) &&
		unfinished.every(isText)
	);
}

function isBuild(value: unknown): value is IndexedBuild {
	const build = value as Unchecked<IndexedBuild>;
	return (
		isTextOrNull(build.revision) &&
		isText(build.commit) &&
		isText(build.tag) &&
		isText(build.format) &&
		isTextOrNull(build.quantization) &&
		isText(build.family) &&
		Array.isArray(build.tasks) &&
		build.tasks.every(isText) &&
		isNumberOrNull(build.parameters) &&
		isNumberOrNull(build.contextLength) &&
		isNumber(build.bytes) &&
		isText(build.modifiedAt) &&
		isText(build.file) &&
		isNumber(build.fileBytes) &&
		isTextOrNull(build.problem)
	);
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value);
