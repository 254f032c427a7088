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

/** Names of the registry that hold the words, then repositories of the Hub in formats that mofa runs, most used first. */
export async function searchModels(
	{query, task, limit}: SearchAsk,
	{hub, registry, signal}: SearchOptions,
): Promise<readonly SearchHit[]> {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	const known = (await registry.entries())
		.flatMap(registeredHits)
		.filter(({hit, tasks}) => words.every(word => hit.name.includes(word)) && (task === null || tasks.includes(task)))
		.map(({hit}) => hit);
	const found: SearchHit[] = [];
	for (const {filter, format, runs} of formats)
		for (const hit of await hub.search({query, filters: [filter], limit}, signal))
			found.push(hubHit(hit, format, runs));
	const wanted = found.filter(hit => task === null || hit.task === task);
	return [...known, ...wanted].slice(0, limit);
}

/** Each size of a line, smallest first, by the build that its author prefers. */
function registeredHits(
	entry: RegistryEntry,
): ReadonlyArray<{readonly hit: SearchHit; readonly tasks: readonly string[]}> {
	return Object.entries(entry.sizes).map(([name, size]) => {
		const {tasks, gated, runs, because} = factsOf(entry, size);
		const hit: SearchHit = {
			name: `${entry.name}:${name}`,
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
		return {hit, tasks};
	});
}

function hubHit(
	{repository, pipelineTag, downloads, likes, gated, updatedAt}: HubSearchHit,
	format: string,
	runs: boolean,
): SearchHit {
	const {tasks} = describeConfig({pipelineTag, config: null, modelIndex: null});
	return {
		name: repository,
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
