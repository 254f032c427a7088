import type {PluginReport, TaskReport, Tasked} from '../contract/plugin.ts';
import type {ModelManifest, Variant} from '../contract/manifest.ts';
import type {DefaultModel} from '../contract/progress.ts';
import type {ModelReport, ResidentReport} from '../contract/report.ts';
import {pluginModels} from '../models/plugin-models.ts';
import type {PluginRegistry} from '../plugins/registry.ts';

export interface TaskedOptions {
	readonly registry: PluginRegistry;
	/** Every model that can be named. */
	readonly models: () => Promise<readonly ModelReport[]>;
	/** Throws `task-unsupported`. */
	readonly defaultModel: (task: string) => Promise<DefaultModel>;
	readonly residents: () => readonly ResidentReport[];
	/** The module of the plugin that loaded a model last, by the model's name. */
	readonly loadedFrom: ReadonlyMap<string, string>;
	/** Ends an engine once nothing runs on it. */
	readonly unload: (model: string) => Promise<void>;
}

/** What there is to ask for, as the daemon tells it. */
export function tasked(options: TaskedOptions): Omit<Tasked, 'runInputs'> {
	const {registry} = options;
	return {
		describeTasks: () => describeTasks(options),
		plugins: () => reportPlugins(registry),
		async reloadPlugins() {
			await registry.load();
			unloadOrphans(options);
			return reportPlugins(registry);
		},
	};
}

async function describeTasks({registry, models, defaultModel}: TaskedOptions): Promise<readonly TaskReport[]> {
	const all = (await models()).filter(({state}) => state === 'present');
	const names = Object.keys(registry.tasks).toSorted();
	return Promise.all(
		names.flatMap(name => {
			const task = registry.tasks[name];
			return task === undefined
				? []
				: [
						defaultModel(name)
							.then(({model}) => model)
							.catch(() => null)
							.then(chosen => ({
								name,
								accepts: task.accepts,
								emits: task.emits,
								plugin: registry.pluginOfTask(name),
								models: all.filter(({tasks}) => tasks.includes(name)).length,
								defaultModel: chosen,
							})),
					];
		}),
	);
}

async function reportPlugins(registry: PluginRegistry): Promise<readonly PluginReport[]> {
	const folders = registry.models;
	const found = await Promise.all(
		folders.map(async place => {
			const models = await pluginModels([place]);
			return [place.folder, models.map(({installed}) => installed.manifest.name)] as const;
		}),
	);
	return registry.reports(new Map(found));
}

/** A plugin that is gone, or is another now, does not go on in memory. What runs there ends first, and nobody waits for that. */
function unloadOrphans({registry, residents, loadedFrom, unload}: TaskedOptions): void {
	const modules = new Set(registry.adapters.map(({plugin}) => plugin));
	for (const {name} of residents()) {
		const module = loadedFrom.get(name);
		if (module !== undefined && !modules.has(module)) unload(name).catch(() => undefined);
	}
}

/** What is done with a model whose own files do not say it: all that those do who would serve it. */
export function tasksOfServing(
	registry: PluginRegistry,
): (manifest: ModelManifest, variant: Variant) => readonly string[] {
	return (manifest, variant) => [
		...new Set(
			registry.adapters
				.filter(adapter => adapter.serves(manifest, variant))
				.flatMap(({tasks}) => tasks as readonly string[]),
		),
	];
}
