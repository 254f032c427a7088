import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {similar} from '../../lib/similar.ts';
import type {RegistryEntry, RegistrySize, RegistryVariant} from './entry.ts';

/** A size of a line, with the build that was asked for, if one was. */
export interface RegistryMatch {
	readonly entry: RegistryEntry;
	/** `qwen3:8b`. */
	readonly name: string;
	readonly size: RegistrySize;
	/** Tag of the variant that the user named, or null. */
	readonly wanted: string | null;
}

/** The models that mofa knows by a short name. */
export class Registry {
	readonly #folders: readonly string[];
	#entries: Promise<readonly RegistryEntry[]> | undefined;

	/** Later folders win: a user's own entry replaces the one that ships. */
	constructor(folders: readonly string[]) {
		this.#folders = folders;
	}

	async entries(): Promise<readonly RegistryEntry[]> {
		this.#entries ??= readEntries(this.#folders);
		return this.#entries;
	}

	/** `qwen3`, `qwen3:8b`, `qwen3:8b-q8_0`, `qwen3:q8_0`; undefined for a name or a tag that is not there. */
	async find(name: string, tag: string | null): Promise<RegistryMatch | undefined> {
		const entry = (await this.entries()).find(known => known.name.toLowerCase() === name.toLowerCase());
		return entry === undefined ? undefined : matchTag(entry, tag?.toLowerCase() ?? null);
	}

	/** Every `name:size`, and the bare names. */
	async names(): Promise<readonly string[]> {
		const names: string[] = [];
		for (const {name, sizes} of await this.entries()) {
			names.push(name);
			for (const size of Object.keys(sizes)) names.push(`${name}:${size}`);
		}
		return names;
	}

	async similar(text: string): Promise<readonly string[]> {
		return similar(text, await this.names());
	}
}

/** Pure. */
export function matchTag(entry: RegistryEntry, tag: string | null): RegistryMatch | undefined {
	const of = (sizeName: string, wanted: string | null): RegistryMatch | undefined => {
		const size = entry.sizes[sizeName];
		if (size === undefined || (wanted !== null && !hasVariant(size, wanted))) return undefined;
		return {entry, name: `${entry.name}:${sizeName}`, size, wanted};
	};
	if (tag === null) return of(entry.default, null);
	const exact = of(tag, null);
	if (exact !== undefined) return exact;
	// `8b-q8_0`: sizes may hold a dash themselves, so the longest that fits is taken.
	const sizes = Object.keys(entry.sizes).toSorted((a, b) => b.length - a.length);
	for (const size of sizes) {
		const match = tag.startsWith(`${size}-`) ? of(size, tag.slice(size.length + 1)) : undefined;
		if (match !== undefined) return match;
	}
	return of(entry.default, tag);
}

const hasVariant = ({variants}: RegistrySize, tag: string): boolean =>
	variants.some((variant: RegistryVariant) => variant.tag.toLowerCase() === tag);

/** A file that is no entry is passed over: `npm run registry:check` is where mistakes are told. */
async function readEntries(folders: readonly string[]): Promise<readonly RegistryEntry[]> {
	const byName = new Map<string, RegistryEntry>();
	for (const folder of folders) {
		const files = (await readdir(folder).catch(() => [])).filter(file => file.endsWith('.json'));
		for (const entry of await Promise.all(files.map(file => readEntry(path.join(folder, file)))))
			if (entry !== null) byName.set(entry.name.toLowerCase(), entry);
	}
	return [...byName.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

async function readEntry(file: string): Promise<RegistryEntry | null> {
	try {
		const value = JSON.parse(await readFile(file, 'utf8')) as RegistryEntry;
		const usable = value.schema === 1 && typeof value.name === 'string' && value.sizes[value.default] !== undefined;
		return usable ? value : null;
	} catch {
		return null;
	}
}
