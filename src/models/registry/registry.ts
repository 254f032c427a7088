import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {RegisteredModel} from '../../contract/store.ts';
import {bytesOf, factsOf, type RegistryEntry, type RegistrySize, type RegistryVariant} from './entry.ts';
import {MalformedEntry, parseEntry} from './parse-entry.ts';

/** A size of a line, with the build that was asked for, if one was. */
export interface RegistryMatch {
	readonly entry: RegistryEntry;
	/** `qwen3:8b`. */
	readonly name: string;
	readonly size: RegistrySize;
	/** Tag of the variant that the user named, or null. */
	readonly wanted: string | null;
}

/** A file that is no entry, in words that follow its name. */
export interface RegistryProblem {
	readonly file: string;
	readonly problem: string;
}

/** The models that mofa knows by a short name. Files are read once, when they are first asked for. */
export class Registry {
	readonly #folders: readonly string[];
	#read: Promise<Contents> | undefined;

	/** Later folders win: a user's own entry replaces the one that ships. A folder that is not there is empty. */
	constructor(folders: readonly string[]) {
		this.#folders = folders;
	}

	/** By name. */
	async entries(): Promise<readonly RegistryEntry[]> {
		return (await this.#contents()).entries;
	}

	/** Files that were passed over. */
	async problems(): Promise<readonly RegistryProblem[]> {
		return (await this.#contents()).problems;
	}

	/** `qwen3`, `qwen3:8b`, `qwen3:8b-q8_0`, `qwen3:q8_0`; undefined for a name or a tag that is not there. */
	async find(name: string, tag: string | null): Promise<RegistryMatch | undefined> {
		const entry = await this.line(name);
		return entry === undefined ? undefined : matchTag(entry, tag?.toLowerCase() ?? null);
	}

	/** By its name or an alias, whatever the case. */
	async line(name: string): Promise<RegistryEntry | undefined> {
		return (await this.#contents()).byName.get(name.toLowerCase());
	}

	/** Every name that `pull` knows: the bare ones, and `name:size`. */
	async names(): Promise<readonly string[]> {
		return (await this.entries()).flatMap(({name, sizes}) =>
			[name].concat(Object.keys(sizes).map(size => `${name}:${size}`)),
		);
	}

	/** Each size, with the bytes of its first build where they are known. */
	async registered(): Promise<readonly RegisteredModel[]> {
		return (await this.entries()).flatMap(entry =>
			Object.entries(entry.sizes).map(([name, size]) => {
				const {tasks, runs} = factsOf(entry, size);
				const [first] = size.variants;
				return {name: `${entry.name}:${name}`, tasks, bytes: bytesOf(entry, first), runs};
			}),
		);
	}

	async #contents(): Promise<Contents> {
		this.#read ??= readFolders(this.#folders);
		return this.#read;
	}
}

/** Pure. `latest` is the word of other tools for the size that is meant by the bare name. */
export function matchTag(entry: RegistryEntry, tag: string | null): RegistryMatch | undefined {
	const sizes = new Map(Object.keys(entry.sizes).map(name => [name, name]));
	for (const [name, {aliases}] of Object.entries(entry.sizes))
		for (const alias of aliases ?? []) if (!sizes.has(alias)) sizes.set(alias, name);
	if (!sizes.has('latest')) sizes.set('latest', entry.default);
	const of = (word: string, wanted: string | null): RegistryMatch | undefined => {
		const name = sizes.get(word) ?? word;
		const size = Object.hasOwn(entry.sizes, name) ? entry.sizes[name] : undefined;
		const variant = wanted === null ? undefined : size?.variants.find(known => known.tag.toLowerCase() === wanted);
		if (size === undefined || (wanted !== null && variant === undefined)) return undefined;
		return {entry, name: `${entry.name}:${name}`, size, wanted: variant?.tag ?? null};
	};
	// 1. the bare name, 2. a size
	const whole = of(tag ?? entry.default, null);
	if (whole !== undefined || tag === null) return whole;
	// 3. a size and a build: sizes may hold a dash themselves, so the longest that fits is taken
	for (const word of [...sizes.keys()].toSorted((a, b) => b.length - a.length)) {
		const match = tag.startsWith(`${word}-`) ? of(word, tag.slice(word.length + 1)) : undefined;
		if (match !== undefined) return match;
	}
	// 4. a build of the size that the bare name means
	return of(entry.default, tag);
}

/** What could stand behind the colon: sizes, and builds of each. */
export function tagsOf(entry: RegistryEntry): readonly string[] {
	return Object.entries(entry.sizes).flatMap(([size, {aliases, variants}]) =>
		[size].concat(
			aliases ?? [],
			variants.map(({tag}: RegistryVariant) => `${size}-${tag}`),
		),
	);
}

interface Contents {
	readonly entries: readonly RegistryEntry[];
	readonly byName: ReadonlyMap<string, RegistryEntry>;
	readonly problems: readonly RegistryProblem[];
}

async function readFolders(folders: readonly string[]): Promise<Contents> {
	const lines = new Map<string, RegistryEntry>();
	const problems: RegistryProblem[] = [];
	for (const folder of folders)
		for (const read of await readFolder(folder)) {
			if ('problem' in read) problems.push(read);
			else lines.set(read.name, read);
		}
	const entries = [...lines.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
	const byName = new Map(entries.flatMap(entry => (entry.aliases ?? []).map(alias => [alias, entry])));
	for (const entry of entries) byName.set(entry.name, entry);
	return {entries, byName, problems};
}

const mostFiles = 2000;
const largestFile = 2 ** 20;

async function readFolder(folder: string): Promise<ReadonlyArray<RegistryEntry | RegistryProblem>> {
	const files = (await readdir(folder).catch(() => [])).filter(file => file.endsWith('.json')).toSorted();
	return Promise.all(files.slice(0, mostFiles).map(file => readEntry(path.join(folder, file))));
}

async function readEntry(file: string): Promise<RegistryEntry | RegistryProblem> {
	try {
		if ((await stat(file)).size > largestFile) return {file, problem: `is larger than ${largestFile} bytes`};
		return parseEntry(JSON.parse(await readFile(file, 'utf8')));
	} catch (error) {
		if (error instanceof MalformedEntry) return {file, problem: error.message};
		return {file, problem: error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'};
	}
}
