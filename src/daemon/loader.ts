import {createHash} from 'node:crypto';
import path from 'node:path';
import type {AnyAdapter, LoadSettings} from '../contract/adapter.ts';
import type {Availability, Device} from '../contract/backend.ts';
import type {Footprint} from '../contract/engine.ts';
import {MofaError, type Failures} from '../contract/error.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {ChoiceReport} from '../contract/report.ts';
import {choose, type Candidate as Contender} from '../models/choose.ts';
import type {Library, LibraryModel} from '../models/library.ts';
import type {Candidate} from '../scheduler/candidate.ts';
import type {LoadedEngine, Loader, LoadOptions} from '../scheduler/loader.ts';
import type {Measurements} from './measurements.ts';
import type {Probes} from './probes.ts';

/** Loads a model with an adapter: in a runner process, or in this one. */
export type StartEngine = (plan: LoadPlan, options: LoadOptions) => Promise<LoadedEngine>;

export interface LoadPlan {
	readonly adapter: AnyAdapter;
	readonly model: InstalledModel;
	readonly settings: LoadSettings;
	readonly device: Device;
}

export interface EngineLoaderOptions {
	readonly library: Library;
	readonly adapters: readonly AnyAdapter[];
	readonly device: Device;
	readonly measurements: Measurements;
	readonly probes: Probes;
	/** What the user set for every load; a request's own settings win. */
	readonly defaults: LoadSettings;
	/** The pack that would make a backend usable, for the failure that offers it. */
	readonly packFor: (backend: string) => Promise<Failures['backend-unavailable']['pack']>;
	readonly start: StartEngine;
	/** The model on this machine that a hosted service's name means, for a task; null for every other name. */
	readonly standIn: (name: string, task: string) => Promise<string | null>;
	/** Told after each load: when a model was used last is part of its report. */
	readonly loaded?: (model: string) => void;
}

/** What can be said of a load before there is anything to load. */
export interface Outlook {
	readonly adapter: string | null;
	readonly accelerator: string | null;
	readonly needs: Footprint | null;
	/** Why nothing here runs it; null when something does. */
	readonly obstacle: string | null;
}

/** Turns the name of a model into ways to load it, and a way into an engine. */
export class EngineLoader implements Loader {
	readonly #options: EngineLoaderOptions;
	readonly #plans = new WeakMap<Candidate, LoadPlan>();

	constructor(options: EngineLoaderOptions) {
		this.#options = options;
	}

	async resolve(ask: {
		readonly model: string;
		readonly task: string;
		readonly settings: LoadSettings;
	}): Promise<readonly Candidate[]> {
		const {installed} = await this.#find(ask.model, ask.task);
		const {name, tasks, family} = installed.manifest;
		if (this.#serving(installed).length === 0)
			throw new MofaError('model-unsupported', {
				model: name,
				problem: `nothing here runs ${installed.variant.format} files of the family ${family}`,
				hint: `mofa search ${family === 'unknown' ? path.basename(name).replace(/:.*$/, '') : family} finds models that run`,
			});
		if (!tasks.includes(ask.task))
			throw new MofaError('task-unsupported', {model: name, task: ask.task, supported: tasks});
		const settings = {...this.#options.defaults, ...ask.settings};
		const contenders = (await this.#contenders(installed, settings)).filter(({adapter}) => doesTask(adapter, ask.task));
		if (contenders.length === 0)
			throw new MofaError('task-unsupported', {model: name, task: ask.task, supported: this.#doneTasks(installed)});
		const usable = contenders.filter(({availability}) => availability.ok);
		if (usable.length === 0) throw await this.#unavailable(contenders);
		// Who takes less stands in only where nobody takes all.
		const whole = usable.filter(({adapter}) => takesAll(adapter, installed.manifest));
		const able = whole.length > 0 ? whole : usable;
		return Promise.all(able.map(contender => this.#candidate(installed, contender, settings)));
	}

	async load(candidate: Candidate, options: LoadOptions): Promise<LoadedEngine> {
		const plan = this.#plans.get(candidate);
		if (plan === undefined) throw new Error(`${candidate.id} was not resolved here`);
		const engine = await this.#options.start(plan, options).catch(async (error: unknown) => {
			if (MofaError.is(error, 'backend-unavailable')) await this.#options.probes.forget(plan.adapter.backend);
			throw error;
		});
		this.#options.loaded?.(plan.model.manifest.name);
		return engine;
	}

	/** What `mofa show --why` prints: the same decision, without loading anything. */
	async explain({installed}: LibraryModel, capacity: Footprint): Promise<ChoiceReport> {
		const contenders = await this.#contenders(installed, this.#options.defaults);
		const choice = choose(null, contenders, capacity);
		const {passedOver} = choice;
		if (!choice.ok)
			return {
				ok: false,
				variant: null,
				adapter: null,
				accelerator: null,
				needs: contenders[0]?.needs ?? {},
				passedOver,
			};
		const {variant, adapter, availability, needs} = choice.candidate;
		return {
			ok: true,
			variant: variant.tag,
			adapter: adapter.name,
			accelerator: availability.ok ? availability.accelerator : null,
			needs,
			passedOver,
		};
	}

	/** What a load would take and on what, whether the files are here or not. */
	async outlook(installed: InstalledModel, settings: LoadSettings): Promise<Outlook> {
		const contenders = await this.#contenders(installed, {...this.#options.defaults, ...settings});
		// A backend that can be installed is offered when the model is run; it is no reason against the model.
		const hopeful = contenders.find(({availability}) => availability.ok || availability.reason === 'not-installed');
		if (hopeful !== undefined) {
			const {adapter, availability, needs} = hopeful;
			return {
				adapter: adapter.name,
				accelerator: availability.ok ? availability.accelerator : null,
				needs,
				obstacle: null,
			};
		}
		const [first] = contenders;
		const {family} = installed.manifest;
		const obstacle =
			first === undefined || first.availability.ok
				? `no adapter runs ${installed.variant.format} files of the family ${family}`
				: `${first.adapter.backend} is ${first.availability.reason}: ${first.availability.hint}`;
		return {adapter: first?.adapter.name ?? null, accelerator: null, needs: first?.needs ?? null, obstacle};
	}

	/** What the user has under that name comes before what a service calls so. */
	async #find(name: string, task: string): Promise<LibraryModel> {
		const {library, standIn} = this.#options;
		return (await library.lookUp(name)) ?? library.find((await standIn(name, task)) ?? name);
	}

	async #contenders(installed: InstalledModel, settings: LoadSettings): Promise<readonly Contender[]> {
		const {device} = this.#options;
		return Promise.all(
			this.#serving(installed).map(async (adapter): Promise<Contender> => {
				const {variant} = installed;
				try {
					const availability = await this.#options.probes.get(adapter, device);
					return {variant, adapter, availability, needs: await this.#needs(adapter, installed, settings)};
				} catch (error) {
					if (adapter.plugin === undefined || MofaError.is(error)) throw error;
					// A fault of a plugin's own is no reason to have no other adapter.
					const hint = error instanceof Error ? error.message : String(error);
					return {variant, adapter, availability: {ok: false, reason: 'crashed', hint}, needs: {}};
				}
			}),
		);
	}

	#serving({manifest, variant}: InstalledModel): readonly AnyAdapter[] {
		const serving = this.#options.adapters.filter(adapter => adapter.serves(manifest, variant));
		const whole = serving.filter(adapter => takesAll(adapter, manifest));
		return [...whole, ...serving.filter(adapter => !whole.includes(adapter))];
	}

	#doneTasks(installed: InstalledModel): readonly string[] {
		const serving = this.#serving(installed);
		return installed.manifest.tasks.filter(task => serving.some(adapter => doesTask(adapter, task)));
	}

	/** Measured here once, it is known; before that it is estimated. */
	async #needs(adapter: AnyAdapter, installed: InstalledModel, settings: LoadSettings): Promise<Footprint> {
		const measured = await this.#options.measurements.get(engineId(adapter, installed, settings));
		return measured?.footprint ?? adapter.estimate(installed, this.#options.device, settings);
	}

	async #candidate(
		installed: InstalledModel,
		{adapter, availability, needs}: Contender,
		settings: LoadSettings,
	): Promise<Candidate> {
		const id = engineId(adapter, installed, settings);
		const measured = await this.#options.measurements.get(id);
		const candidate: Candidate = {
			id,
			model: installed.manifest.name,
			variant: installed.variant.tag,
			adapter: adapter.name,
			backend: adapter.backend,
			tasks: installed.manifest.tasks.filter(task => doesTask(adapter, task)),
			needs,
			...(measured === undefined ? {} : {reloadMs: measured.loadMs}),
			...(availability.ok ? {accelerator: availability.accelerator} : {}),
		};
		this.#plans.set(candidate, {adapter, model: installed, settings, device: this.#options.device});
		return candidate;
	}

	async #unavailable(contenders: readonly Contender[]): Promise<MofaError> {
		// The one that is asked first, and not the one that takes most: what it needs is had sooner.
		const first = this.#options.adapters
			.map(adapter => contenders.find(contender => contender.adapter === adapter))
			.find(contender => contender !== undefined);
		const availability: Availability | undefined = first?.availability;
		const backend = first?.adapter.backend ?? 'unknown';
		const pack = await this.#options.packFor(backend);
		const {reason, hint} =
			availability === undefined || availability.ok ? {reason: 'unsupported', hint: ''} : availability;
		return new MofaError('backend-unavailable', {backend, reason, hint, ...(pack === undefined ? {} : {pack})});
	}
}

const doesTask = (adapter: AnyAdapter, task: string): boolean => adapter.tasks.some(name => name === task);

const takesAll = ({accepts}: AnyAdapter, manifest: InstalledModel['manifest']): boolean =>
	accepts === undefined || (manifest.accepts ?? []).every(medium => accepts.includes(medium));

/** Model, variant, adapter and settings: asks that agree in all share an engine. */
export function engineId(adapter: AnyAdapter, {id, variant}: InstalledModel, settings: LoadSettings): string {
	const sorted = Object.entries(settings).toSorted(([a], [b]) => a.localeCompare(b));
	const digest =
		sorted.length === 0 ? '' : ` ${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 12)}`;
	return `${id} ${variant.tag} ${adapter.name}${digest}`;
}
