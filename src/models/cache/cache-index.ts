import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import type {FileGroup} from '../resolve/group-files.ts';
import {buildsOf, bytesOf} from './builds-of.ts';
import {describeBuild, type BuildDescription} from './describe-build.ts';
import {readIndexFile, writeIndexFile, type IndexedBuild, type IndexedRepository} from './index-file.ts';
import {
	repositoryFolders,
	repositoryOf,
	scanRepository,
	settled,
	type CachedFile,
	type CachedRepository,
	type CachedRevision,
} from './scan-repository.ts';
import {isUnfinished} from './unfinished.ts';
import {changedAmong, type Watched} from './stamps.ts';

export interface CacheIndexOptions {
	readonly cache: string;
	/** Where the index is kept between starts; null: in memory only. */
	readonly file: string | null;
	readonly now?: () => number;
}

/** How many repositories are read at the same time, after a change. */
const atOnce = 16;
/** Of the repositories of one revision, one in so many has its rarer changes looked for each time. */
const turns = 8;
/** One folder of blobs and one of a snapshot. */
const usual = 2;

/**
 * What the Hugging Face cache holds, without reading it each time. Python, other tools and people add and remove files
 * as they like, so every look compares when folders last changed with what was seen before, and reads again what differs.
 *
 * A repository is compared by two folders: its blobs and its snapshot. Between them they tell of every file that comes or
 * goes. What they miss is a second snapshot made only of blobs that are there, and a ref that goes back to one: for these
 * one repository in eight is compared whole, a different eighth each time, and all that have two snapshots.
 */
export class CacheIndex {
	readonly #options: CacheIndexOptions;
	readonly #now: () => number;
	#known: Map<string, IndexedRepository> | undefined;
	#turn = Math.floor(Math.random() * turns);
	#running: Promise<unknown> = Promise.resolve();
	#waiting: Promise<readonly IndexedRepository[]> | undefined;
	/** Headers and configurations read so far: what an index is there to avoid. */
	reads = 0;

	constructor(options: CacheIndexOptions) {
		this.#options = options;
		this.#now = options.now ?? Date.now;
	}

	/** Every repository, as it is now. Who asks while another look is under way gets the next one, which all share. */
	all(): Promise<readonly IndexedRepository[]> {
		this.#waiting ??= this.#running.then(() => {
			this.#waiting = undefined;
			const look = this.#look();
			this.#running = look.catch(() => undefined);
			return look;
		});
		return this.#waiting;
	}

	/** One repository, as it is now. */
	async one(folder: string): Promise<IndexedRepository> {
		const known = await this.#load();
		const before = known.get(folder);
		if (before?.settled) {
			const {watched, stamps} = before;
			const root = path.join(this.#options.cache, folder);
			const changed = await changedAmong([{root, paths: watched, stamps, count: watched.length}]);
			if (changed.length === 0) return before;
		}
		return this.#read(folder, before);
	}

	async #look(): Promise<readonly IndexedRepository[]> {
		const known = await this.#load();
		const folders = await repositoryFolders(this.#options.cache);
		const changed = await this.#changed(folders, known);
		const present = new Set(folders);
		let altered = changed.length > 0;
		for (const folder of known.keys())
			if (!present.has(folder)) {
				known.delete(folder);
				altered = true;
			}
		await inParallel(changed, async folder => this.#read(folder, known.get(folder)));
		if (altered) await this.#save(known);
		return folders.flatMap(folder => known.get(folder) ?? []);
	}

	async #changed(
		folders: readonly string[],
		known: ReadonlyMap<string, IndexedRepository>,
	): Promise<readonly string[]> {
		this.#turn = (this.#turn + 1) % turns;
		const unknown: string[] = [];
		const compared: Array<Watched & {readonly folder: string}> = [];
		for (const [at, folder] of folders.entries()) {
			const before = known.get(folder);
			if (before?.settled !== true) {
				unknown.push(folder);
				continue;
			}
			const {watched: paths, often, stamps} = before;
			const count = at % turns === this.#turn || often !== usual ? paths.length : often;
			compared.push({root: `${this.#options.cache}${path.sep}${folder}`, folder, paths, stamps, count});
		}
		return [...unknown, ...(await changedAmong(compared)).map(({folder}) => folder)];
	}

	async #read(folder: string, before: IndexedRepository | undefined): Promise<IndexedRepository> {
		const readAt = this.#now();
		const repository = await scanRepository(this.#options.cache, folder);
		const builds: IndexedBuild[] = [];
		let transient = false;
		for (const {revision, name} of listedRevisions(repository))
			for (const group of buildsOf(revision.files)) {
				const build = await this.#build(repository, revision, name, group, before);
				if (build === null) transient = true;
				else builds.push(build);
			}
		const {stamps, blobs} = repository;
		const indexed = {
			folder,
			...watchedOf(stamps),
			settled: !transient && settled(stamps, readAt),
			builds,
			unfinished: blobs.filter(isUnfinished),
		};
		this.#known?.set(folder, indexed);
		return indexed;
	}

	/** Null where the file could not be read just now. */
	async #build(
		{repository}: CachedRepository,
		{commit, files}: CachedRevision,
		revision: string | null,
		group: FileGroup<CachedFile>,
		before: IndexedRepository | undefined,
	): Promise<IndexedBuild | null> {
		const first = group.files.find(({role}) => role.startsWith('weights'))?.file;
		if (first === undefined) return null;
		const modifiedAt = first.modifiedAt.toISOString();
		const where = {revision, commit, file: first.file, fileBytes: first.bytes, modifiedAt, bytes: bytesOf(group)};
		const same = before?.builds.find(
			build => build.file === first.file && build.fileBytes === first.bytes && build.modifiedAt === modifiedAt,
		);
		// What stands beside other weights may have changed without them.
		if (same !== undefined && group.format === 'gguf') return {...same, ...where, tag: group.tag};
		try {
			this.reads += 1;
			return {...where, ...summary(group, await describeBuild(group, files, repository)), problem: null};
		} catch (error) {
			if (!MofaError.is(error, 'model-invalid')) return null;
			return {...where, ...summary(group, nothing), problem: error.data.problem};
		}
	}

	async #load(): Promise<Map<string, IndexedRepository>> {
		if (this.#known !== undefined) return this.#known;
		const {file, cache} = this.#options;
		const stored = file === null ? [] : await readIndexFile(file, cache);
		this.#known ??= new Map(stored.map(repository => [repository.folder, repository]));
		return this.#known;
	}

	/** Losing it costs the time to read the cache, so a full disk is no error. */
	async #save(known: ReadonlyMap<string, IndexedRepository>): Promise<void> {
		const {file, cache} = this.#options;
		if (file !== null) await writeIndexFile(file, cache, known.values()).catch(() => undefined);
	}
}

/** `org/repo:Q8_0`, `org/repo@v1:Q8_0`. */
export function buildName(folder: string, {revision, tag}: Pick<IndexedBuild, 'revision' | 'tag'>): string {
	return `${repositoryOf(folder)}${revision === null ? '' : `@${revision}`}:${tag}`;
}

/** The current revision by the name of the repository, and those that a branch or a tag names. Others are superseded. */
export function listedRevisions({
	revisions,
}: CachedRepository): ReadonlyArray<{readonly revision: CachedRevision; readonly name: string | null}> {
	return revisions.flatMap((revision): ReadonlyArray<{revision: CachedRevision; name: string | null}> => {
		if (revision.current) return [{revision, name: null}];
		const [ref] = revision.refs;
		return ref === undefined ? [] : [{revision, name: ref}];
	});
}

/** The two folders that tell of every file that comes or goes, before the others. */
function watchedOf(stamps: ReadonlyMap<string, number>): Pick<IndexedRepository, 'watched' | 'often' | 'stamps'> {
	const isOften = (key: string): boolean => key === 'blobs' || key.startsWith('snapshots/');
	const often = [...stamps].filter(([key]) => isOften(key));
	const entries = [...often, ...[...stamps].filter(([key]) => !isOften(key))];
	return {
		watched: entries.map(([key]) => key),
		often: often.length,
		stamps: entries.map(([, stamp]) => stamp),
	};
}

function summary(
	{tag, format}: FileGroup<CachedFile>,
	{quantization, family, tasks, parameters, contextLength}: BuildDescription,
): Pick<IndexedBuild, 'tag' | 'format' | 'quantization' | 'family' | 'tasks' | 'parameters' | 'contextLength'> {
	return {tag, format, quantization, family, tasks, parameters, contextLength};
}

const nothing: BuildDescription = {
	family: 'unknown',
	tasks: [],
	quantization: null,
	parameters: null,
	contextLength: null,
	license: null,
	description: null,
	options: {},
};

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
	let next = 0;
	const work = async (): Promise<void> => {
		while (next < items.length) {
			const item = items[next];
			next += 1;
			if (item !== undefined) await act(item);
		}
	};
	await Promise.all(Array.from({length: Math.min(atOnce, items.length)}, work));
}
