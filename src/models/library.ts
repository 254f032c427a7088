import {MofaError} from '../contract/error.ts';
import {similar} from '../lib/similar.ts';
import {AdoptedRecords} from './adopt/adopted.ts';
import {openAdopted} from './adopt/open-adopted.ts';
import type {Aliases} from './aliases.ts';
import {buildName, CacheIndex} from './cache/cache-index.ts';
import {unfinishedOf} from './cache/unfinished.ts';
import {Descriptions} from './cache/descriptions.ts';
import {KnownRepositories} from './cache/known-repositories.ts';
import type {IndexedBuild, IndexedRepository} from './cache/index-file.ts';
import {findCached, openCached, type CachePlace} from './find-cached.ts';
import {adoptedEntry, cachedEntry, unfinishedEntry, starterEntry} from './library-entries.ts';
import type {LibraryEntry, LibraryModel, RegisteredFile} from './library-model.ts';
import {parseName} from './name.ts';
import {pathModel} from './path-model.ts';
import {pluginModels, type PluginModels} from './plugin-models.ts';
import {starterModels} from './starters.ts';
import {withTasks, type TasksOf} from './with-tasks.ts';
import type {UsageRecord} from './usage-record.ts';

export type {LibraryEntry, LibraryModel, ModelSource, RegisteredFile} from './library-model.ts';

export interface LibraryOptions {
	readonly starters: string;
	readonly hubCache: string;
	/** File of the index; absent: in memory only. */
	readonly index?: string;
	/** Folder of what was adopted from other tools. */
	readonly adopted?: string;
	readonly aliases?: Aliases;
	readonly usage?: UsageRecord;
	/** Where a short name may lead, best first; empty for one that is not registered. */
	readonly registered?: (name: string) => Promise<readonly RegisteredFile[]>;
	/** Folders of models that come with plugins. */
	readonly plugins?: () => readonly PluginModels[];
	/** What can be done with a model whose own files do not say it. */
	readonly tasksOf?: TasksOf;
}

/**
 * The models on this machine: what ships with mofa, what is in the Hugging Face cache, what was adopted from other tools,
 * and any file or folder by its path.
 */
export class Library {
	readonly #options: LibraryOptions;
	readonly #index: CacheIndex;
	readonly #repositories: KnownRepositories;
	readonly #adoptedRecords: AdoptedRecords | undefined;
	readonly #descriptions = new Descriptions();
	/** They ship with the program and stay as they are. */
	#starters: Promise<readonly LibraryModel[]> | undefined;

	constructor(options: LibraryOptions) {
		this.#options = options;
		this.#index = new CacheIndex({cache: options.hubCache, file: options.index ?? null});
		this.#repositories = new KnownRepositories(options.hubCache);
		this.#adoptedRecords = options.adopted === undefined ? undefined : new AdoptedRecords(options.adopted);
	}

	/** Every model that can be named, damaged ones left out. Opens no file that has not changed since it was listed last. */
	async list(): Promise<readonly LibraryEntry[]> {
		const [starters, cached, others, aliases, used] = await Promise.all([
			this.#starterModels(),
			this.#index.all(),
			this.#adoptedRecords?.all() ?? [],
			this.#aliasesByModel(),
			this.#options.usage?.all() ?? new Map<string, string>(),
		]);
		const entries = [
			...starters.map(starterEntry),
			...(await this.#pluginModels()).map(starterEntry),
			...cached.flatMap(({folder, builds}) => listedBuilds(builds).map(build => cachedEntry(folder, build))),
			...(await Promise.all(others.map(model => adoptedEntry(this.#options.adopted ?? '', model)))),
		];
		entries.push(...(await this.#unfinished(cached)));
		if (aliases.size === 0 && used.size === 0) return entries;
		return entries.map(entry => withHistory(entry, aliases.get(entry.name), used.get(entry.name)));
	}

	/**
	 * By an alias, a name of the list with or without what stands behind the colon, a short name of the registry, or a path.
	 * Throws `model-not-found` with similar names, `model-invalid` when the file is not what it claims to be,
	 * `model-unsupported` when what is there is no model that could be opened.
	 */
	async find(text: string): Promise<LibraryModel> {
		const found = await this.lookUp(text);
		if (found !== null) return found;
		throw new MofaError('model-not-found', {model: text, similar: await this.#similar(text)});
	}

	/** The same for whoever knows another way: null where no model has that name, which is not compared with all there are. */
	async lookUp(text: string): Promise<LibraryModel | null> {
		const found = await this.#find(text);
		return found === null ? null : withTasks(found, this.#options.tasksOf);
	}

	async #find(text: string): Promise<LibraryModel | null> {
		const target = (await this.#options.aliases?.get(text).catch(() => undefined)) ?? text;
		const name = parseName(target);
		if (name.kind === 'path') return pathModel(name.path, this.#descriptions);
		return (
			(await this.#starter(target)) ??
			(await this.#ofPlugin(target)) ??
			(await this.#adopted(target)) ??
			(name.kind === 'repository' ? findCached(this.#place(), name) : this.#registered(target))
		);
	}

	/** The download of that name which was not finished; null where there is none. */
	async findUnfinished(text: string): Promise<LibraryEntry | null> {
		const wanted = text.trim().toLowerCase();
		const entries = (await this.list()).filter(({state}) => state === 'partial');
		return (
			entries.find(({name}) => name.toLowerCase() === wanted) ??
			entries.find(({repository}) => repository?.toLowerCase() === wanted) ??
			null
		);
	}

	/** What no file of a model says of it: when it was loaded last, and what else it is called. */
	async history(name: string): Promise<Pick<LibraryEntry, 'lastUsedAt' | 'aliases'>> {
		const [aliases, used] = await Promise.all([this.#aliasesByModel(), this.#options.usage?.all()]);
		return {lastUsedAt: used?.get(name) ?? null, aliases: aliases.get(name) ?? []};
	}

	/** Headers and configurations read so far, by all lists together. */
	get reads(): number {
		return this.#index.reads;
	}

	/** What has a build of the same name by now, or any where nothing says what the download is of, is no news. */
	async #unfinished(cached: readonly IndexedRepository[]): Promise<readonly LibraryEntry[]> {
		const some = cached.filter(({unfinished}) => unfinished.length > 0);
		const found = await Promise.all(
			some.map(async ({folder, unfinished, builds}) => {
				const names = new Set(builds.map(build => buildName(folder, build)));
				const all = await unfinishedOf(this.#options.hubCache, folder, unfinished);
				return all.filter(({name}) => !names.has(name) && (name.includes(':') || builds.length === 0));
			}),
		);
		return found.flat().map(unfinishedEntry);
	}

	#place(): CachePlace {
		return {cache: this.#options.hubCache, repositories: this.#repositories, descriptions: this.#descriptions};
	}

	#starterModels(): Promise<readonly LibraryModel[]> {
		this.#starters ??= starterModels(this.#options.starters);
		return this.#starters;
	}

	async #starter(text: string): Promise<LibraryModel | null> {
		const wanted = text.trim().toLowerCase();
		const starters = await this.#starterModels();
		return starters.find(({installed}) => installed.manifest.name.toLowerCase() === wanted) ?? null;
	}

	/** Read each time: plugins come and go. What ships with mofa keeps its names. */
	async #pluginModels(): Promise<readonly LibraryModel[]> {
		const starters = new Set((await this.#starterModels()).map(({installed}) => installed.manifest.name));
		const models = await pluginModels(this.#options.plugins?.() ?? []);
		return models.filter(({installed}) => !starters.has(installed.manifest.name));
	}

	async #ofPlugin(text: string): Promise<LibraryModel | null> {
		const wanted = text.trim().toLowerCase();
		const models = await this.#pluginModels();
		return models.find(({installed}) => installed.manifest.name.toLowerCase() === wanted) ?? null;
	}

	async #adopted(text: string): Promise<LibraryModel | null> {
		const {adopted} = this.#options;
		if (adopted === undefined) return null;
		const wanted = text.trim().toLowerCase();
		const models = (await this.#adoptedRecords?.all()) ?? [];
		const found =
			models.find(({name}) => name.toLowerCase() === wanted) ??
			(wanted.includes(':') ? undefined : models.find(({name}) => name.toLowerCase().startsWith(`${wanted}:`)));
		return found === undefined ? null : openAdopted(adopted, found, this.#descriptions);
	}

	async #registered(text: string): Promise<LibraryModel | null> {
		for (const {repository, revision, file} of (await this.#options.registered?.(text)) ?? []) {
			const found = await openCached(this.#place(), repository, revision, file);
			if (found !== null) return found;
		}
		return null;
	}

	async #similar(text: string): Promise<readonly string[]> {
		const entries = await this.list();
		const names = [...entries.map(({name}) => name), ...entries.flatMap(({aliases}) => aliases)];
		const near = similar(text, names);
		// A name without its build is far from one with it by letters alone.
		return near.length > 0 ? near : similar(text, [...new Set(names.map(name => name.replace(/:[^:]*$/, '')))]);
	}

	async #aliasesByModel(): Promise<ReadonlyMap<string, readonly string[]>> {
		const byModel = new Map<string, string[]>();
		const all = await this.#options.aliases?.all().catch(() => undefined);
		for (const [alias, model] of all ?? []) byModel.set(model, [...(byModel.get(model) ?? []), alias]);
		return byModel;
	}
}

const listedBuilds = (builds: readonly IndexedBuild[]): readonly IndexedBuild[] =>
	builds.every(({problem}) => problem === null) ? builds : builds.filter(({problem}) => problem === null);

function withHistory(
	entry: LibraryEntry,
	aliases: readonly string[] = [],
	lastUsedAt: string | null = null,
): LibraryEntry {
	return aliases.length === 0 && lastUsedAt === null ? entry : {...entry, aliases, lastUsedAt};
}
