import {adoptedBytes, presentBytes, type AdoptedModel} from './adopt/adopted.ts';
import type {IndexedBuild} from './cache/index-file.ts';
import type {LibraryEntry, LibraryModel, PartialModel} from './library-model.ts';

/** Lines of the list, one function for each place that models come from. */

const plain = {state: 'present', lastUsedAt: null, aliases: []} as const;

export function starterEntry({installed, bytes}: LibraryModel): LibraryEntry {
	const {manifest, variant} = installed;
	return {
		...plain,
		name: manifest.name,
		tasks: manifest.tasks,
		family: manifest.family,
		format: variant.format,
		quantization: variant.quantization ?? null,
		parameters: manifest.parameters ?? null,
		contextLength: manifest.contextLength ?? null,
		bytes,
		presentBytes: bytes,
		modifiedAt: null,
		source: 'starter',
		origin: null,
		repository: null,
		commit: null,
		revision: null,
	};
}

export function cachedEntry(name: string, build: IndexedBuild): LibraryEntry {
	const {tasks, family, format, quantization, parameters, contextLength, bytes, commit, revision} = build;
	return {
		...plain,
		name,
		tasks,
		family,
		format,
		quantization,
		parameters,
		contextLength,
		bytes,
		presentBytes: bytes,
		modifiedAt: new Date(build.modifiedMs).toISOString(),
		source: 'hub-cache',
		origin: 'huggingface',
		repository: name.slice(0, name.search(/[@:]/)),
		commit,
		revision,
	};
}

export function partialEntry({
	name,
	repository,
	commit,
	format,
	bytes,
	presentBytes,
	modifiedAt,
}: PartialModel): LibraryEntry {
	return {
		...plain,
		state: 'partial',
		name,
		tasks: [],
		family: 'unknown',
		format,
		quantization: null,
		parameters: null,
		contextLength: null,
		bytes,
		presentBytes,
		modifiedAt: modifiedAt?.toISOString() ?? null,
		source: 'hub-cache',
		origin: 'huggingface',
		repository,
		commit,
		revision: null,
	};
}

export async function adoptedEntry(folder: string, model: AdoptedModel): Promise<LibraryEntry> {
	const {name, tool, tasks, family, format, quantization, parameters, contextLength, modifiedAt} = model;
	const bytes = adoptedBytes(model);
	const present = await presentBytes(folder, model);
	return {
		...plain,
		state: present === bytes ? 'present' : 'gone',
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
