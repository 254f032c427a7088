import {adoptedBytes, presentBytes, type AdoptedModel} from './adopt/adopted.ts';
import {buildName} from './cache/cache-index.ts';
import type {IndexedBuild} from './cache/index-file.ts';
import {repositoryOf} from './cache/scan-repository.ts';
import type {Unfinished} from './cache/unfinished.ts';
import type {LibraryEntry, LibraryModel} from './library-model.ts';

/** Lines of the list, one function for each place that models come from. */

const none: readonly string[] = [];

/** Of what ships with mofa, or with a plugin. */
export function starterEntry({installed, bytes, source, origin}: LibraryModel): LibraryEntry {
	const {manifest, variant} = installed;
	return {
		name: manifest.name,
		state: 'present',
		lastUsedAt: null,
		aliases: none,
		tasks: manifest.tasks,
		family: manifest.family,
		format: variant.format,
		quantization: variant.quantization ?? null,
		parameters: manifest.parameters ?? null,
		contextLength: manifest.contextLength ?? null,
		bytes,
		presentBytes: bytes,
		modifiedAt: null,
		source,
		origin,
		repository: null,
		commit: null,
		revision: null,
	};
}

/** The same build is the same line, list after list: ten thousand are not made each time. */
const lines = new WeakMap<IndexedBuild, LibraryEntry>();

export function cachedEntry(folder: string, build: IndexedBuild): LibraryEntry {
	const known = lines.get(build) ?? cachedLine(buildName(folder, build), repositoryOf(folder), build);
	lines.set(build, known);
	return known;
}

// Written out field by field: spreading an object into it takes ten times as long.
function cachedLine(name: string, repository: string, build: IndexedBuild): LibraryEntry {
	const {tasks, family, format, quantization, parameters, contextLength, bytes, commit, revision} = build;
	return {
		name,
		state: 'present',
		lastUsedAt: null,
		aliases: none,
		tasks,
		family,
		format,
		quantization,
		parameters,
		contextLength,
		bytes,
		presentBytes: bytes,
		modifiedAt: build.modifiedAt,
		source: 'hub-cache',
		origin: 'huggingface',
		repository,
		commit,
		revision,
	};
}

export function unfinishedEntry(unfinished: Unfinished): LibraryEntry {
	const {name, repository, format, quantization, bytes, presentBytes, modifiedAt} = unfinished;
	return {
		name,
		state: 'partial',
		lastUsedAt: null,
		aliases: none,
		tasks: none,
		family: 'unknown',
		format,
		quantization,
		parameters: null,
		contextLength: null,
		bytes,
		presentBytes,
		modifiedAt,
		source: 'hub-cache',
		origin: 'huggingface',
		repository,
		commit: null,
		revision: null,
	};
}

export async function adoptedEntry(folder: string, model: AdoptedModel): Promise<LibraryEntry> {
	const {name, tool, tasks, family, format, quantization, parameters, contextLength, modifiedAt} = model;
	const bytes = adoptedBytes(model);
	const present = await presentBytes(folder, model);
	return {
		state: present === bytes ? 'present' : 'gone',
		lastUsedAt: null,
		aliases: none,
		name,
		tasks,
		family,
		format,
		quantization,
		parameters,
		contextLength,
		bytes,
		presentBytes: present,
		modifiedAt,
		source: 'adopted',
		origin: tool,
		repository: null,
		commit: null,
		revision: null,
	};
}
