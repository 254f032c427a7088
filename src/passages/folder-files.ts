import {open, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';

/** A file of a folder, and what tells whether it changed. */
export interface FolderFile {
	/** Relative to the folder, with `/`. */
	readonly file: string;
	readonly bytes: number;
	/** Milliseconds since 1970. */
	readonly modified: number;
}

export interface FolderFiles {
	readonly files: readonly FolderFile[];
	/** More were there than are read. */
	readonly tooMany: boolean;
}

const mostFiles = 20_000;
/** Bytes; texts for people are shorter. */
const largest = 2 * 2 ** 20;
/** What programs put there for themselves. */
const skipped = /^(\..*|node_modules|__pycache__|dist|build|target|vendor)$/;
const texts =
	/\.(md|mdx|markdown|txt|text|rst|adoc|org|tex|html?|csv|tsv|json|ya?ml|toml|ini|xml|log|srt|vtt|eml|[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|c|cc|cpp|h|hpp|cs|php|pl|lua|sh|sql|r)$|(^|\/)(README|LICENSE|CHANGELOG|NOTES|TODO)$/i;

/** The files of a folder that hold text, by their names. Throws `file-error` where the folder cannot be read. */
export async function folderFiles(folder: string, signal: AbortSignal): Promise<FolderFiles> {
	const files: FolderFile[] = [];
	const folders = [''];
	for (let within = folders.shift(); within !== undefined; within = folders.shift()) {
		signal.throwIfAborted();
		for (const entry of await entriesOf(folder, within)) {
			const file = within === '' ? entry.name : `${within}/${entry.name}`;
			if (entry.isDirectory() && !skipped.test(entry.name)) folders.push(file);
			if (!entry.isFile() || entry.name.startsWith('.') || !texts.test(file)) continue;
			const facts = await stat(path.join(folder, file)).catch(() => null);
			if (facts === null || facts.size === 0 || facts.size > largest) continue;
			if (files.length === mostFiles) return {files, tooMany: true};
			files.push({file, bytes: facts.size, modified: Math.round(facts.mtimeMs)});
		}
	}
	return {files, tooMany: false};
}

async function entriesOf(folder: string, within: string): ReturnType<typeof listed> {
	try {
		return await listed(path.join(folder, within));
	} catch (error) {
		// One that may not be read takes nothing away from the others.
		if (within !== '') return [];
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: folder, problem}, {cause: error});
	}
}

const listed = async (folder: string) =>
	(await readdir(folder, {withFileTypes: true})).toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** What is in it; null where it is no text after all, or is gone meanwhile. */
export async function readText(folder: string, {file}: FolderFile): Promise<string | null> {
	try {
		await using handle = await open(path.join(folder, file), 'r');
		const bytes = await handle.readFile();
		if (bytes.length > largest || bytes.subarray(0, 8192).includes(0)) return null;
		return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
	} catch {
		return null;
	}
}
