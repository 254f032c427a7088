import type {SearchAsk, SearchHit} from '../contract/store.ts';
import type {Hub, HubSearchHit} from '../models/hub/hub.ts';
import {factsOf, type RegistryEntry} from '../models/registry/entry.ts';
import type {Registry} from '../models/registry/registry.ts';
import {describeConfig} from '../models/resolve/describe-config.ts';

export interface SearchOptions {
	readonly hub: Hub;
	readonly registry: Registry;
	readonly signal: AbortSignal;
}

/** The Hub's word for the builds that something here runs, and what runs them is told by the file format. */
const formats: ReadonlyArray<{readonly filter: string; readonly format: string; readonly runs: boolean}> = [
	{filter: 'gguf', format: 'gguf', runs: true},
];

/**
 * Lines of the registry that hold the words, then repositories of the Hub in formats that mofa runs, most used first;
 * last, so that a question about them has an answer, lines that are known and do not run yet.
 */
export async function searchModels(
	{query, task, limit}: SearchAsk,
	{hub, registry, signal}: SearchOptions,
): Promise<readonly SearchHit[]> {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	const known = (await registry.entries())
		.filter(entry => words.every(word => isAbout(entry, word)) && (task === null || entry.tasks.includes(task)))
		.map(registeredHit);
	const found: SearchHit[] = [];
	for (const {filter, format, runs} of formats)
		for (const hit of await hub.search({query, filters: [filter], limit}, signal))
			found.push(hubHit(hit, format, runs));
	const wanted = found.filter(hit => task === null || hit.task === task);
	const running = known.filter(({runs}) => runs).concat(wanted);
	return running.concat(known.filter(({runs}) => !runs)).slice(0, limit);
}

const isAbout = ({name, aliases = [], sizes}: RegistryEntry, word: string): boolean =>
	[name, ...aliases, ...Object.keys(sizes).map(size => `${name}:${size}`)].some(known => known.includes(word));

/** By the size that the bare name means, in the build that its author prefers. */
function registeredHit(entry: RegistryEntry): SearchHit {
	const size = entry.sizes[entry.default] ?? Object.values(entry.sizes)[0];
	if (size === undefined) throw new Error(`${entry.name} has no size`);
	const {tasks, gated, runs, because} = factsOf(entry, size);
	return {
		name: entry.name,
		sizes: Object.keys(entry.sizes),
		task: tasks[0] ?? null,
		format: size.variants[0].format,
		downloads: 0,
		likes: 0,
		updatedAt: null,
		gated,
		runs,
		because: runs ? null : (because ?? 'this version of mofa does not run it'),
		source: 'registry',
	};
}

function hubHit(
	{repository, pipelineTag, downloads, likes, gated, updatedAt}: HubSearchHit,
	format: string,
	runs: boolean,
): SearchHit {
	const {tasks} = describeConfig({pipelineTag, config: null, modelIndex: null});
	return {
		name: repository,
		sizes: [],
		task: tasks[0] ?? null,
		format,
		downloads,
		likes,
		updatedAt,
		gated,
		runs,
		because: null,
		source: 'hub',
	};
}
