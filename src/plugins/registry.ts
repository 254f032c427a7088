import type {AnyAdapter} from '../contract/adapter.ts';
import type {PluginReport} from '../contract/plugin.ts';
import type {AnyTask} from '../contract/task.ts';
import {guardedAdapter, guardedTask, type Complain} from './guarded.ts';
import {openPlugin, type OpenPlugin} from './open-plugin.ts';
import type {PluginPlace} from './places.ts';
import {PluginProblem} from './problem.ts';

export interface PluginRegistryOptions {
	/** What mofa does by itself. No plugin may take one of these names. */
	readonly tasks: Readonly<Record<string, AnyTask>>;
	readonly adapters: readonly AnyAdapter[];
	readonly places: () => Promise<readonly PluginPlace[]>;
	/** Hears, for the log, of each plugin that is left out and of what plugins throw when they are asked about a model. */
	readonly complain: Complain;
}

interface Known {
	readonly place: PluginPlace;
	readonly opened: OpenPlugin | null;
	readonly problem: string | null;
}

/** Everything there is to run: what is built in, and what plugins add. */
export class PluginRegistry {
	readonly #options: PluginRegistryOptions;
	readonly #complained = new Set<string>();
	/** These two stay the objects they are, so that whoever holds one has what `load` has found. */
	readonly #tasks: Record<string, AnyTask>;
	readonly #adapters: AnyAdapter[];
	#known: readonly Known[] = [];

	constructor(options: PluginRegistryOptions) {
		this.#options = options;
		this.#tasks = {...options.tasks};
		this.#adapters = [...options.adapters];
	}

	get tasks(): Readonly<Record<string, AnyTask>> {
		return this.#tasks;
	}

	get adapters(): readonly AnyAdapter[] {
		return this.#adapters;
	}

	/** Folders of models, each with the plugin that brings it. */
	get models(): ReadonlyArray<{readonly plugin: string; readonly folder: string}> {
		return this.#used().flatMap(({plugin, models}) => (models === null ? [] : [{plugin: plugin.name, folder: models}]));
	}

	/** The plugin that brings a task; null for what is built in. */
	pluginOfTask(name: string): string | null {
		return this.#used().find(({plugin}) => plugin.tasks?.some(task => task.name === name))?.plugin.name ?? null;
	}

	/** Looks at every place again. Never fails: what is wrong with a plugin is in its report. */
	async load(): Promise<void> {
		// At once: one that takes its time holds up no other.
		const opened = await Promise.all((await this.#options.places()).map(place => open(place)));
		const known: Known[] = [];
		for (const one of opened) known.push(this.#named(one, known));
		this.#known = known;
		const used = this.#used();
		for (const name of Object.keys(this.#tasks))
			if (!Object.hasOwn(this.#options.tasks, name)) delete this.#tasks[name];
		this.#adapters.length = this.#options.adapters.length;
		for (const {plugin, package: found} of used) {
			for (const task of plugin.tasks ?? []) this.#tasks[task.name] = guardedTask(task, this.#complain);
			for (const adapter of plugin.adapters ?? [])
				this.#adapters.push(guardedAdapter(adapter, found.entry, this.#complain));
		}
		for (const {place, opened, problem} of known)
			if (problem !== null) this.#options.complain(opened?.plugin.name ?? place.name, problem);
	}

	/** `models`: names by the folder that holds them. */
	reports(models: ReadonlyMap<string, readonly string[]>): readonly PluginReport[] {
		return this.#known.map(({place, opened, problem}) => ({
			name: opened?.plugin.name ?? place.name,
			version: opened?.package.version ?? null,
			description: opened?.package.description ?? null,
			tasks: opened?.plugin.tasks?.map(({name}) => name) ?? [],
			adapters: opened?.plugin.adapters?.map(({name}) => name) ?? [],
			models: problem === null ? (models.get(opened?.models ?? '') ?? []) : [],
			source: place.source,
			path: place.folder,
			problem,
		}));
	}

	/** The same, left out where its names are taken by what comes before. */
	#named(known: Known, before: readonly Known[]): Known {
		if (known.opened === null) return known;
		try {
			this.#checkNames(known.opened, usedOf(before));
			return known;
		} catch (error) {
			return {...known, problem: PluginProblem.wordsOf(error)};
		}
	}

	/** Throws `PluginProblem`. */
	#checkNames({plugin}: OpenPlugin, before: readonly OpenPlugin[]): void {
		const {tasks, adapters} = this.#options;
		if (before.some(other => other.plugin.name === plugin.name))
			throw new PluginProblem(`another plugin is called ${plugin.name}`);
		const takenTasks = new Set([...Object.keys(tasks), ...before.flatMap(other => names(other.plugin.tasks))]);
		const takenAdapters = new Set([...names(adapters), ...before.flatMap(other => names(other.plugin.adapters))]);
		for (const name of names(plugin.tasks))
			if (takenTasks.has(name)) throw new PluginProblem(`there is a task ${name} already`);
		for (const name of names(plugin.adapters))
			if (takenAdapters.has(name)) throw new PluginProblem(`there is an adapter ${name} already`);
		const known = new Set([...takenTasks, ...names(plugin.tasks)]);
		for (const adapter of plugin.adapters ?? [])
			for (const task of adapter.tasks)
				if (!known.has(task))
					throw new PluginProblem(`its adapter ${adapter.name} does ${task}, which no task is called`);
	}

	#used(): readonly OpenPlugin[] {
		return usedOf(this.#known);
	}

	/** Once for each: adapters are asked about every model again and again. */
	readonly #complain: Complain = (about, problem) => {
		const key = `${about} ${problem}`;
		if (this.#complained.has(key)) return;
		this.#complained.add(key);
		this.#options.complain(about, problem);
	};
}

const usedOf = (known: readonly Known[]): readonly OpenPlugin[] =>
	known.flatMap(({opened, problem}) => (opened === null || problem !== null ? [] : [opened]));

const names = (items: ReadonlyArray<{readonly name: string}> = []): readonly string[] => items.map(({name}) => name);

async function open(place: PluginPlace): Promise<Known> {
	try {
		return {place, opened: await openPlugin(place.folder), problem: null};
	} catch (error) {
		return {place, opened: null, problem: PluginProblem.wordsOf(error)};
	}
}
