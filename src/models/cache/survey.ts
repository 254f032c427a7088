import {lstat, readdir, readFile, readlink} from 'node:fs/promises';
import path from 'node:path';
import {partialEnding} from './layout.ts';
import {repositoryFolders, repositoryOf} from './scan-repository.ts';
import {foreignPartial} from './unfinished.ts';

/** Everything that a repository of the cache has on the disk, whatever it is for. */
export interface Survey {
	readonly folder: string;
	readonly repository: string;
	readonly root: string;
	readonly blobs: readonly DiskFile[];
	readonly partials: readonly DiskFile[];
	readonly temporaries: readonly DiskFile[];
	readonly revisions: readonly SurveyedRevision[];
	/** False where a folder could not be read or is a link: then nobody knows what is unused. */
	readonly complete: boolean;
}

export interface DiskFile {
	readonly path: string;
	/** Taken on the disk: a file with holes takes less than its length. */
	readonly bytes: number;
	/** Milliseconds since 1970 of the last change, of its name too. */
	readonly changedMs: number;
	/** Device and number: hard links share them. */
	readonly identity: string;
}

export interface SurveyedRevision {
	readonly commit: string;
	readonly path: string;
	/** Branches and tags that mean it. */
	readonly refs: readonly string[];
	/** Names of blobs that its links lead to. */
	readonly blobs: ReadonlySet<string>;
	/** Files that are no links: copies, where links are not possible. */
	readonly copies: readonly DiskFile[];
	readonly changedMs: number;
}

const atOnce = 16;

/** Of `writeFileAtomic`. */
const temporary = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

export const isPartial = (name: string): boolean => name.endsWith(foreignPartial) || name.includes(partialEnding);

/** Looks at every file of a repository; links are seen as links, and followed nowhere. */
export async function surveyRepository(cache: string, folder: string): Promise<Survey> {
	const root = path.join(cache, folder);
	const state = {complete: await isFolder(root)};
	const read = async (inside: string): Promise<readonly string[]> => {
		const at = path.join(root, inside);
		const facts = await lstat(at).catch(() => null);
		if (facts === null) return [];
		if (!facts.isDirectory()) state.complete = false;
		return facts.isDirectory() && state.complete ? readdir(at).catch(() => ((state.complete = false), [])) : [];
	};
	const blobFiles = await filesIn(path.join(root, 'blobs'), await read('blobs'));
	const refs = await refsBelow(path.join(root, 'refs'), state);
	const revisions: SurveyedRevision[] = [];
	const loose: DiskFile[] = [];
	for (const commit of await read('snapshots')) {
		const at = path.join(root, 'snapshots', commit);
		const facts = await lstat(at).catch(() => null);
		if (!facts?.isDirectory()) {
			state.complete = false;
			continue;
		}
		const {blobs, copies} = await snapshotFiles(root, at, state);
		loose.push(...copies.filter(({path: name}) => temporary.test(name)));
		revisions.push({
			commit,
			path: at,
			refs: [...refs].filter(([, meant]) => meant === commit).map(([name]) => name),
			blobs,
			copies: copies.filter(({path: name}) => !temporary.test(name)),
			changedMs: facts.mtimeMs,
		});
	}
	const named = (test: (name: string) => boolean): readonly DiskFile[] =>
		blobFiles.filter(file => test(path.basename(file.path)));
	return {
		folder,
		repository: repositoryOf(folder),
		root,
		blobs: named(name => !isPartial(name) && !temporary.test(name)),
		partials: named(name => isPartial(name) && !temporary.test(name)),
		temporaries: [...named(name => temporary.test(name)), ...loose],
		revisions,
		complete: state.complete,
	};
}

/** Every repository of a cache. */
export async function surveyAll(cache: string): Promise<readonly Survey[]> {
	const folders = await repositoryFolders(cache);
	const surveys: Survey[] = [];
	let next = 0;
	const work = async (): Promise<void> => {
		while (next < folders.length) {
			const at = next;
			next += 1;
			surveys[at] = await surveyRepository(cache, folders[at] ?? '');
		}
	};
	await Promise.all(Array.from({length: atOnce}, work));
	return surveys;
}

/** The one that a name without a revision means. */
export function currentOf(revisions: readonly SurveyedRevision[]): SurveyedRevision | undefined {
	return (
		revisions.find(({refs}) => refs.includes('main')) ?? revisions.toSorted((a, b) => b.changedMs - a.changedMs)[0]
	);
}

async function snapshotFiles(
	root: string,
	snapshot: string,
	state: {complete: boolean},
): Promise<{blobs: ReadonlySet<string>; copies: readonly DiskFile[]}> {
	const blobs = new Set<string>();
	const copies: DiskFile[] = [];
	const entries = await readdir(snapshot, {recursive: true, withFileTypes: true}).catch(() => {
		state.complete = false;
		return [];
	});
	for (const entry of entries) {
		const at = path.join(entry.parentPath, entry.name);
		if (entry.isSymbolicLink()) {
			const target = path.resolve(entry.parentPath, await readlink(at).catch(() => ''));
			if (path.dirname(target) === path.join(root, 'blobs')) blobs.add(path.basename(target));
		} else if (!entry.isDirectory()) {
			const file = await diskFile(at);
			if (file !== null) copies.push(file);
		}
	}
	return {blobs, copies};
}

async function refsBelow(folder: string, state: {complete: boolean}): Promise<ReadonlyMap<string, string>> {
	const refs = new Map<string, string>();
	if (!(await isFolder(folder))) return refs;
	const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => {
		state.complete = false;
		return [];
	});
	for (const entry of entries.filter(entry => entry.isFile())) {
		const at = path.join(entry.parentPath, entry.name);
		const text = await readFile(at, 'utf8').catch(() => {
			state.complete = false;
			return '';
		});
		refs.set(path.relative(folder, at).split(path.sep).join('/'), text.trim());
	}
	return refs;
}

async function filesIn(folder: string, names: readonly string[]): Promise<readonly DiskFile[]> {
	const files = await Promise.all(names.map(name => diskFile(path.join(folder, name))));
	return files.filter(file => file !== null);
}

async function diskFile(at: string): Promise<DiskFile | null> {
	const facts = await lstat(at).catch(() => null);
	if (facts === null || facts.isDirectory()) return null;
	// Windows counts no blocks.
	const bytes = facts.blocks > 0 || facts.size === 0 ? Math.min(facts.size, facts.blocks * 512) : facts.size;
	return {
		path: at,
		bytes: process.platform === 'win32' ? facts.size : bytes,
		changedMs: Math.max(facts.mtimeMs, facts.ctimeMs),
		identity: `${facts.dev} ${facts.ino}`,
	};
}

const isFolder = async (at: string): Promise<boolean> => (await lstat(at).catch(() => null))?.isDirectory() ?? false;
