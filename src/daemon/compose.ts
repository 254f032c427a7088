import path from 'node:path';
import {adapters} from '../adapters/index.ts';
import {MofaError} from '../contract/error.ts';
import {protocolVersion} from '../contract/protocol.ts';
import type {DefaultModel} from '../contract/progress.ts';
import type {ModelDetails, ResidentReport, VersionReport} from '../contract/report.ts';
import {detectHardware, detectMemory, type Hardware} from '../device/detect.ts';
import type {MemoryReading} from '../device/memory.ts';
import type {Services} from '../http/services.ts';
import {packageRoot} from '../lib/package-root.ts';
import {version} from '../lib/version.ts';
import {apiTask} from '../models/api-names.ts';
import {Aliases} from '../models/aliases.ts';
import {Library} from '../models/library.ts';
import {Registry} from '../models/registry/registry.ts';
import {removeModel, removeUnfinished} from '../models/remove.ts';
import {UsageRecord} from '../models/usage-record.ts';
import {createPipelines} from '../pipelines/create-pipelines.ts';
import {requestsOf} from '../pipelines/requests-of.ts';
import type {Complain} from '../plugins/guarded.ts';
import {findPlugins} from '../plugins/places.ts';
import {PluginRegistry} from '../plugins/registry.ts';
import {budgetOf, type Budget} from '../scheduler/budget.ts';
import {LeaseScheduler} from '../scheduler/leases.ts';
import type {Paths} from '../settings/paths.ts';
import type {Settings} from '../settings/settings.ts';
import {builtInTasks} from '../tasks/index.ts';
import {defaultModel, standIn} from './default-model.ts';
import {modelFor} from './model-for.ts';
import {backendReport, deviceReport} from './device-report.ts';
import {EngineLoader, type StartEngine} from './loader.ts';
import {Measurements} from './measurements.ts';
import {Probes} from './probes.ts';
import {modelDetails, modelReport} from './model-report.ts';
import {LocalModelStore} from './model-store.ts';
import type {Packs} from './packs.ts';
import {PipelineLeases} from './pipeline-leases.ts';
import {registeredFiles} from './registered-files.ts';
import {roomOf} from './room.ts';
import {findPacks} from './runtimes.ts';
import {tasked, tasksOfServing} from './tasked.ts';
import {SavedPipelines} from './saved-pipelines.ts';
import {savedDetails, savedReport} from './saved-report.ts';
import {voicesOf} from './voices.ts';

export interface CompositionOptions {
	readonly settings: Settings;
	readonly paths: Paths;
	readonly start: StartEngine;
	/** Where HTTP listens, once it does. */
	readonly address: () => string | null;
	/** Called when someone asks the daemon to leave. */
	readonly shutdown: () => void;
	/** What the daemon beside this process holds, for a process that is not the daemon. */
	readonly neighbours?: () => Promise<readonly ResidentReport[]>;
	/** Hears what is wrong with a plugin. */
	readonly complain?: Complain;
}

export interface Composition {
	readonly services: Services;
	readonly scheduler: LeaseScheduler;
	/** Stops reading the machine and talking to the Hub; the scheduler is drained by whoever leaves. */
	close(): Promise<void>;
}

/** Milliseconds between readings of the machine's memory. */
const readingMs = 2000;

/** Joins the parts of mofa. The one place that knows them all. */
export async function compose(options: CompositionOptions): Promise<Composition> {
	const {settings, paths} = options;
	const root = packageRoot();
	const hardware = await detectHardware();
	const aliases = new Aliases(path.join(paths.data, 'aliases.json'));
	const usage = new UsageRecord(path.join(paths.state, 'usage.json'));
	const registry = new Registry([path.join(root, 'registry', 'models'), path.join(paths.data, 'models')]);
	const parts = new PluginRegistry({
		tasks: builtInTasks,
		adapters,
		places: () => findPlugins({root: paths.plugins, listed: settings.plugins ?? []}),
		complain: options.complain ?? (() => undefined),
	});
	await parts.load();
	const loadedFrom = new Map<string, string>();
	const start: StartEngine = (plan, how) => {
		const {name} = plan.model.manifest;
		if (plan.adapter.plugin === undefined) loadedFrom.delete(name);
		else loadedFrom.set(name, plan.adapter.plugin);
		return options.start(plan, how);
	};
	const library = new Library({
		starters: path.join(root, 'registry', 'starter'),
		hubCache: paths.hubCache,
		index: path.join(paths.state, 'models-index.json'),
		adopted: path.join(paths.data, 'adopted'),
		aliases,
		usage,
		registered: name => registeredFiles(registry, name),
		plugins: () => parts.models,
		tasksOf: tasksOfServing(parts),
	});
	const measurements = new Measurements(paths.measurements);
	const probes = new Probes(path.join(paths.state, 'probes.json'));
	const packs = await findPacks(root, paths, hardware.device);
	const budget = budgetFor(hardware, settings);
	const fits = async (name: string): Promise<boolean> => {
		const model = await library.find(name).catch(() => null);
		return model !== null && (await loader.explain(model, budget.capacity)).ok;
	};
	const meantBy = async (name: string, task: string): Promise<string | null> =>
		apiTask(name) === null ? null : standIn(task, settings.model, await library.list(), fits);
	const loader: EngineLoader = new EngineLoader({
		library,
		adapters: parts.adapters,
		device: hardware.device,
		measurements,
		probes,
		defaults: loadDefaults(settings),
		start,
		loaded: model => void usage.touch(model),
		standIn: meantBy,
		async packFor(backend) {
			const pack = await packs.recommended(backend);
			const platform = pack?.platforms[`${hardware.device.platform}-${hardware.device.arch}`];
			if (pack === undefined) return undefined;
			const minutes = pack.build === undefined ? {} : {buildMinutes: pack.build.minutes};
			return {name: pack.name, bytes: platform?.downloadBytes ?? null, ...minutes};
		},
	});
	const memory = new MemoryWatch(hardware.memory);
	const scheduler = new LeaseScheduler({
		loader,
		budget,
		cores: Math.min(hardware.device.cores, settings.threads ?? Infinity),
		queueLimit: settings.max_queue,
		keepAliveMs: settings.keep_alive,
		visible: (task, event) => parts.tasks[task]?.visible(event as {type: string}) ?? true,
		available: () => ({[mainPool(hardware)]: memory.reading.available}),
		onMeasured: (candidate, footprint, loadMs) => void measurements.set(candidate.id, {footprint, loadMs}),
	});
	const watching = setInterval(() => void memory.read(), readingMs);
	watching.unref();
	const residents = async (): Promise<readonly ResidentReport[]> => [
		...scheduler.residents(),
		...((await options.neighbours?.()) ?? []),
	];
	const store = new LocalModelStore({
		paths,
		library,
		registry,
		aliases,
		usage,
		loader,
		room: async () => roomOf(budget, mainPool(hardware), (await memory.read()).available, await residents()),
	});
	const services = servicesOf({
		...options,
		hardware,
		parts,
		loadedFrom,
		library,
		aliases,
		loader,
		fits,
		meantBy,
		probes,
		packs,
		budget,
		memory,
		scheduler,
		store,
	});
	return {
		services,
		scheduler,
		async close() {
			clearInterval(watching);
			await store.close();
		},
	};
}

interface Parts extends CompositionOptions {
	readonly hardware: Hardware;
	/** Tasks and adapters, built in or of plugins. */
	readonly parts: PluginRegistry;
	/** The module of the plugin that loaded a model last, by the model's name. */
	readonly loadedFrom: ReadonlyMap<string, string>;
	readonly library: Library;
	readonly aliases: Aliases;
	readonly loader: EngineLoader;
	/** Whether a model on this machine could be loaded. */
	readonly fits: (name: string) => Promise<boolean>;
	/** The model here that a hosted service's name means, for a task; null for every other name. */
	readonly meantBy: (name: string, task: string) => Promise<string | null>;
	readonly probes: Probes;
	readonly packs: Packs;
	readonly budget: Budget;
	readonly memory: MemoryWatch;
	readonly scheduler: LeaseScheduler;
	readonly store: LocalModelStore;
}

function servicesOf({
	settings,
	paths,
	hardware,
	parts,
	loadedFrom,
	library,
	aliases,
	loader,
	fits,
	meantBy,
	probes,
	packs,
	budget,
	memory,
	scheduler,
	store,
	address,
	shutdown,
}: Parts): Services {
	const startedAt = new Date().toISOString();
	const modelName = async (name: string): Promise<string> => (await library.find(name)).installed.manifest.name;
	const mediaOf = async (name: string): Promise<readonly string[]> =>
		(await library.find(name)).installed.manifest.accepts ?? [];
	const chooseDefault = async (task: string, accepts?: string): Promise<DefaultModel> => {
		const takes = async (name: string): Promise<boolean> =>
			accepts === undefined || (await mediaOf(name).catch((): readonly string[] => [])).includes(accepts);
		const configured =
			task === 'chat' && settings.model !== null && (await takes(settings.model)) ? settings.model : null;
		if (configured !== null) return defaultModel(task, configured, [], fits);
		const models = await library.list();
		const able = await Promise.all(models.map(({name, tasks: does}) => does.includes(task) && takes(name)));
		return defaultModel(task, null, accepts === undefined ? models : models.filter((_, index) => able[index]), fits);
	};
	const {tasks, adapters} = parts;
	const describeModel = async (name: string): Promise<ModelDetails> => {
		const model = await library.find(name);
		const history = await library.history(model.installed.manifest.name);
		return modelDetails(model, history, await loader.explain(model, budget.capacity));
	};
	const pipelines = createPipelines({
		leases: scheduler,
		tasks,
		defaultModel: chooseDefault,
		model: describeModel,
		accepts: mediaOf,
		capacity: () => budget.capacity,
	});
	const saved = new SavedPipelines({
		folder: path.join(paths.data, 'pipelines'),
		tasks,
		pipelines,
		taken: async name => (await library.find(name).catch(() => null)) !== null,
	});
	return {
		leases: new PipelineLeases({leases: scheduler, pipelines, tasks, find: name => saved.find(name)}),
		tasks,
		pipelines,
		savedPipelines: () => saved.list(),
		savePipeline: ask => saved.save(ask),
		version: (): VersionReport => ({
			name: 'mofa',
			version,
			pid: process.pid,
			protocol: protocolVersion,
			address: address(),
			startedAt,
		}),
		models: async () => [...(await library.list()).map(modelReport), ...(await saved.list()).map(savedReport)],
		async model(name) {
			const pipeline = await saved.find(name);
			return pipeline === null ? describeModel(name) : savedDetails(pipeline);
		},
		defaultModel: (task = 'chat', accepts) => chooseDefault(task, accepts),
		modelFor: (name, task) => modelFor(name, task, {library, meantBy}),
		voices: name => voicesOf(library, name, chooseDefault),
		async removeModel(name, {force}) {
			// A second name is taken away, and the model keeps its first.
			if ((await aliases.remove(name)) || (await saved.remove(name))) return {freedBytes: 0};
			const model = await library.find(name).catch(async (error: unknown) => {
				const unfinished = await library.findUnfinished(name);
				if (unfinished === null) throw error;
				return unfinished;
			});
			if (!('installed' in model)) return removeUnfinished(paths.hubCache, model.repository ?? name);
			await scheduler.unload(model.installed.manifest.name, {whenIdle: force});
			const removed = await removeModel(model, {hubCache: paths.hubCache, adopted: path.join(paths.data, 'adopted')});
			await aliases.removeOf(model.installed.manifest.name);
			return removed;
		},
		residents: () => scheduler.residents(),
		async unload(name) {
			await scheduler.unload(await modelName(name));
		},
		async device() {
			const backends = [...new Map(adapters.map(adapter => [adapter.backend, adapter])).values()];
			const reports = backends.map(async adapter =>
				backendReport(adapter.backend, await probes.get(adapter, hardware.device)),
			);
			return deviceReport(hardware, await memory.read(), budget.capacity, await Promise.all(reports));
		},
		...tasked({
			registry: parts,
			models: () => library.list(),
			defaultModel: chooseDefault,
			residents: () => scheduler.residents(),
			loadedFrom,
			unload: async name => void (await scheduler.unload(name, {whenIdle: true})),
		}),
		requestsOf(name, inputs, request) {
			const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
			if (task === undefined)
				throw new MofaError('task-unsupported', {model: '', task: name, supported: Object.keys(tasks)});
			return requestsOf(task, inputs, request);
		},
		packs: () => packs.list(),
		installPack: (name, signal) => packs.install(name, signal),
		removePack: name => packs.remove(name),
		pull: ask => store.pull(ask),
		fit: ask => store.fit(ask),
		search: (ask, signal) => store.search(ask, signal),
		outdated: (models, signal) => store.outdated(models, signal),
		usage: () => store.usage(),
		prune: ask => store.prune(ask),
		verify: ask => store.verify(ask),
		alias: ask => store.alias(ask),
		adopt: ask => store.adopt(ask),
		registered: () => store.registered(),
		onEvent: listener => scheduler.onEvent(listener),
		shutdown,
	};
}

function loadDefaults({context_length, parallel}: Settings): Record<string, unknown> {
	return {
		...(context_length === null ? {} : {contextLength: context_length}),
		...(parallel === null ? {} : {slots: parallel}),
	};
}

function budgetFor(hardware: Hardware, settings: Settings): Budget {
	const pool = mainPool(hardware);
	return budgetOf(hardware.device, settings.memory === null ? {} : {wanted: {[pool]: settings.memory}});
}

function mainPool({device}: Hardware): string {
	return 'unified' in device.pools ? 'unified' : 'ram';
}

/** The last reading of the machine's memory: the scheduler asks often, and a file read would make it wait. */
class MemoryWatch {
	reading: MemoryReading;

	constructor(first: MemoryReading) {
		this.reading = first;
	}

	async read(): Promise<MemoryReading> {
		this.reading = await detectMemory();
		return this.reading;
	}
}
