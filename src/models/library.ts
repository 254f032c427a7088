import {readdir, readFile, realpath, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import type {InstalledModel, ModelManifest} from '../contract/manifest.ts';
import {similar} from '../lib/similar.ts';
import {describeGguf} from './gguf/describe.ts';
import {readGgufHeader} from './gguf/read-header.ts';
import {scanHubCache} from './hub-cache.ts';
import {quantizationName} from './quantization-name.ts';
import {parseReference} from './reference.ts';
import {joinShards} from './shards.ts';

export type ModelSource = 'starter' | 'hub-cache' | 'file';

/** A model that is on this machine, with where it was found. */
export interface LibraryModel {
	readonly installed: InstalledModel;
	readonly source: ModelSource;
	readonly bytes: number;
	readonly modifiedAt: Date | null;
}

/** A file that is known to be there, before its header is read. */
interface Entry {
	readonly name: string;
	readonly source: ModelSource;
	readonly path: string;
	readonly files: readonly string[];
	readonly bytes: number;
	readonly modifiedAt: Date | null;
	/** What ships with the file overrides what its header says. */
	readonly overrides: Partial<ModelManifest>;
}

export interface LibraryFolders {
	readonly starters: string;
	readonly hubCache: string;
}

/** The models on this machine: what ships with mofa, what is in the Hugging Face cache, and any file by its path. */
export class Library {
	readonly #folders: LibraryFolders;
	/** Headers by path, size and time of change: reading one costs milliseconds, and `list` reads them all. */
	readonly #described = new Map<string, Promise<InstalledModel>>();

	constructor(folders: LibraryFolders) {
		this.#folders = folders;
	}

	/** Every model that can be named, damaged ones left out. */
	async list(): Promise<readonly LibraryModel[]> {
		const models = await Promise.all((await this.#entries()).map(entry => this.#describe(entry).catch(() => null)));
		return models.filter(model => model !== null);
	}

	/** Throws `model-not-found` with similar names, or `model-invalid` when the file is not what it claims to be. */
	async find(text: string): Promise<LibraryModel> {
		const reference = parseReference(text);
		if (reference.kind === 'file') return this.#describe(await fileEntry(reference.path));
		const entries = await this.#entries();
		const wanted = [reference.name, reference.variant]
			.filter(part => part !== null)
			.join(':')
			.toLowerCase();
		const found =
			entries.find(entry => entry.name.toLowerCase() === wanted) ??
			(reference.variant === null
				? entries.find(entry => entry.name.toLowerCase().startsWith(`${wanted}:`))
				: undefined);
		if (found !== undefined) return this.#describe(found);
		throw new MofaError('model-not-found', {
			model: text,
			similar: similar(
				text,
				entries.map(entry => entry.name),
			),
		});
	}

	async #entries(): Promise<readonly Entry[]> {
		const [starters, cached] = await Promise.all([
			starterEntries(this.#folders.starters),
			cacheEntries(this.#folders.hubCache),
		]);
		return [...starters, ...cached];
	}

	async #describe(entry: Entry): Promise<LibraryModel> {
		const key = `${entry.path} ${entry.bytes} ${entry.modifiedAt?.getTime() ?? 0}`;
		const described = this.#described.get(key) ?? readModel(entry);
		this.#described.set(key, described);
		described.catch(() => this.#described.delete(key));
		return {installed: await described, source: entry.source, bytes: entry.bytes, modifiedAt: entry.modifiedAt};
	}
}

async function readModel(entry: Entry): Promise<InstalledModel> {
	const header = await readGgufHeader(entry.path);
	const facts = describeGguf(header, entry.name);
	const [firstVariant] = entry.overrides.variants ?? [];
	const variant = {
		tag: facts.quantization ?? 'default',
		format: 'gguf',
		...(facts.quantization === null ? {} : {quantization: facts.quantization}),
		files: [{role: 'weights', url: `file://${entry.path}`, bytes: entry.bytes}],
		options: {...facts.options, ...firstVariant?.options},
	};
	const manifest: ModelManifest = {
		schema: 1,
		name: entry.name,
		family: facts.family,
		tasks: facts.tasks,
		license: entry.overrides.license ?? facts.license ?? 'unknown',
		parameters: facts.parameters,
		...(facts.contextLength === null ? {} : {contextLength: facts.contextLength}),
		...optionalText('description', entry.overrides.description ?? facts.description),
		variants: [variant],
	};
	return {id: entry.source === 'file' ? entry.path : entry.name, manifest, variant, paths: {weights: entry.path}};
}

const optionalText = (key: 'description', text: string | null | undefined): {description?: string} =>
	text === null || text === undefined ? {} : {[key]: text};

async function starterEntries(root: string): Promise<readonly Entry[]> {
	const folders = await readdir(root).catch(() => []);
	const entries = await Promise.all(
		folders.map(async (folder): Promise<Entry | null> => {
			const text = await readFile(path.join(root, folder, 'manifest.json'), 'utf8').catch(() => null);
			if (text === null) return null;
			const manifest = JSON.parse(text) as ModelManifest;
			const weights = manifest.variants[0].files.find(file => file.role === 'weights');
			if (weights === undefined) return null;
			const file = path.join(root, folder, path.basename(weights.url));
			return {
				name: manifest.name,
				source: 'starter',
				path: file,
				files: [file],
				bytes: weights.bytes,
				modifiedAt: null,
				overrides: manifest,
			};
		}),
	);
	return entries.filter(entry => entry !== null);
}

/** `org/repo:QUANTISATION`; a file whose name says no quantisation is named by its own name. */
async function cacheEntries(root: string): Promise<readonly Entry[]> {
	const sets = joinShards(await scanHubCache(root, '.gguf')).filter(({first}) => !/mmproj/i.test(first.file));
	return sets.map(({first, bytes, files}) => ({
		name: `${first.repository}:${quantizationName(first.file) ?? path.posix.basename(first.file, '.gguf')}`,
		source: 'hub-cache',
		path: first.path,
		files: files.map(file => file.path),
		bytes,
		modifiedAt: first.modifiedAt,
		overrides: {},
	}));
}

/** Symbolic links are followed once, so that one file loaded by two names is one engine. */
async function fileEntry(file: string): Promise<Entry> {
	const facts = await stat(file).catch(() => null);
	if (facts === null) throw new MofaError('model-not-found', {model: file, similar: await neighbours(file)});
	if (!facts.isFile())
		throw new MofaError('model-invalid', {model: file, problem: 'it is a folder; name the .gguf file inside'});
	const real = await realpath(file);
	return {
		name: real,
		source: 'file',
		path: real,
		files: [real],
		bytes: facts.size,
		modifiedAt: facts.mtime,
		overrides: {},
	};
}

async function neighbours(file: string): Promise<readonly string[]> {
	const folder = path.dirname(file);
	const files = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.gguf'));
	return similar(path.basename(file), files).map(name => path.join(folder, name));
}
