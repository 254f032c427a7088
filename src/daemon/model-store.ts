import os from 'node:os';
import path from 'node:path';
import type {Footprint} from '../contract/engine.ts';
import {MofaError} from '../contract/error.ts';
import type {
	FitAsk,
	FitReport,
	FitVariant,
	ModelStore,
	OutdatedReport,
	PullAsk,
	PullEvent,
	SearchAsk,
	SearchHit,
	VerifyEvent,
} from '../contract/store.ts';
import {adopt} from '../models/adopt/adopt.ts';
import type {Aliases} from '../models/aliases.ts';
import {prune} from '../models/cache/prune.ts';
import {usageReport} from '../models/cache/usage-report.ts';
import type {Room} from '../models/fit/verdict.ts';
import {createHub} from '../models/hub/create-hub.ts';
import type {Hub} from '../models/hub/hub.ts';
import {hubSettings} from '../models/hub/hub-settings.ts';
import type {Library} from '../models/library.ts';
import {parseName} from '../models/name.ts';
import {pullVariant} from '../models/pull/pull-variant.ts';
import {verifyFiles} from '../models/pull/verify-files.ts';
import type {Registry, RegistryMatch} from '../models/registry/registry.ts';
import type {RemoteModel, RemoteVariant} from '../models/remote-model.ts';
import {resolveModel} from '../models/resolve/resolve-model.ts';
import type {UsageRecord} from '../models/usage-record.ts';
import type {Paths} from '../settings/paths.ts';
import {fitInstalled, fitRemote, type FitOptions} from './fit-model.ts';
import {fitRegistered} from './fit-registered.ts';
import type {EngineLoader} from './loader.ts';
import {modelReport} from './model-report.ts';
import {modelsToVerify} from './models-to-verify.ts';
import {outdatedModels} from './outdated-models.ts';
import {searchModels} from './search-models.ts';

export interface StoreParts {
	readonly paths: Paths;
	readonly library: Library;
	readonly registry: Registry;
	readonly aliases: Aliases;
	readonly usage: UsageRecord;
	readonly loader: EngineLoader;
	/** What models may take, and what is free of it at this moment. */
	readonly room: () => Promise<Room>;
}

/** Fetching and keeping models: joins the parts of `models/`. The Hub is opened when something first needs it. */
export class LocalModelStore implements ModelStore {
	readonly #parts: StoreParts;
	#hub: Hub | undefined;

	constructor(parts: StoreParts) {
		this.#parts = parts;
	}

	/** 1. look it up, 2. see whether it fits, 3. fetch what is missing, 4. list it. */
	async *pull({model: name, evenIfUnfit, signal}: PullAsk): AsyncIterable<PullEvent> {
		const {library, paths} = this.#parts;
		// 1.
		const {model, wanted} = await this.#resolve(name, signal).catch((error: unknown) => this.#refuse(name, error));
		// 2.
		const report = await fitRemote(model, wanted, await this.#fitOptions({task: null, contextLength: null}));
		const fit = buildToFetch(report, wanted, evenIfUnfit);
		const remote = model.variants.find(({variant}) => variant.tag === fit.variant) ?? model.variants[0];
		// 3.
		yield* pullVariant({
			hub: this.#openHub(),
			cache: paths.hubCache,
			state: paths.state,
			model,
			variant: remote,
			fit,
			signal,
		});
		// 4.
		const pulled = await library.find(cachedName(model, remote));
		const listed = (await library.list()).find(entry => entry.name === pulled.installed.manifest.name);
		if (listed === undefined) throw new Error(`${pulled.installed.manifest.name} was fetched and is not listed`);
		yield {type: 'pull-end', model: modelReport(listed)};
	}

	/** What is on this machine is judged from its own files, and needs no network; of a registered one the sizes are known without. */
	async fit({model: name, task, contextLength, signal}: FitAsk): Promise<FitReport> {
		const options = await this.#fitOptions({task, contextLength});
		const here = await this.#parts.library.find(name).catch((error: unknown) => {
			if (MofaError.is(error, 'model-not-found') && parseName(name).kind !== 'path') return null;
			throw error;
		});
		if (here !== null) return fitInstalled(here, options);
		try {
			const {model, wanted} = await this.#resolve(name, signal);
			return await fitRemote(model, wanted, options);
		} catch (error) {
			const match = isUnreached(error) ? await this.#registered(name) : undefined;
			const report = match === undefined ? null : fitRegistered(match, options);
			if (report === null) throw error;
			return report;
		}
	}

	async search(ask: SearchAsk, signal: AbortSignal): Promise<readonly SearchHit[]> {
		return searchModels(ask, {hub: this.#openHub(), registry: this.#parts.registry, signal});
	}

	async outdated(models: readonly string[] | null, signal: AbortSignal): Promise<readonly OutdatedReport[]> {
		const {library, registry} = this.#parts;
		return outdatedModels(models, {library, registry, hub: this.#openHub()}, signal);
	}

	async usage(): ReturnType<ModelStore['usage']> {
		return usageReport(this.#parts.paths.hubCache, await this.#parts.usage.all());
	}

	prune(options: {readonly dryRun: boolean}): ReturnType<ModelStore['prune']> {
		return prune(this.#parts.paths.hubCache, options);
	}

	async *verify({models, repair, signal}: Parameters<ModelStore['verify']>[0]): AsyncIterable<VerifyEvent> {
		const {paths, library, registry, aliases} = this.#parts;
		const places = {cache: paths.hubCache, adopted: path.join(paths.data, 'adopted'), library, registry, aliases};
		const chosen = await modelsToVerify(models, places);
		const hub = repair ? this.#openHub() : null;
		yield* verifyFiles({hub, cache: paths.hubCache, state: paths.state, models: chosen, signal});
	}

	async alias({model, alias, force}: Parameters<ModelStore['alias']>[0]): ReturnType<ModelStore['alias']> {
		const {library, registry, aliases} = this.#parts;
		const target = (await library.find(model)).installed.manifest.name;
		// Asked before, not while the aliases change: the library looks into them itself.
		const taken = (await registry.line(alias)) !== undefined || (await library.find(alias).catch(() => null)) !== null;
		return aliases.set({model: target, alias, force, taken: async () => taken});
	}

	adopt({tool, folder}: Parameters<ModelStore['adopt']>[0]): ReturnType<ModelStore['adopt']> {
		const sources = {env: process.env, platform: process.platform, home: os.homedir()};
		return adopt({tool, folder, adopted: path.join(this.#parts.paths.data, 'adopted'), sources});
	}

	registered(): ReturnType<ModelStore['registered']> {
		return this.#parts.registry.registered();
	}

	async close(): Promise<void> {
		await this.#hub?.close();
	}

	#openHub(): Hub {
		this.#hub ??= createHub({settings: hubSettings(process.env, os.homedir())});
		return this.#hub;
	}

	async #resolve(text: string, signal: AbortSignal): ReturnType<typeof resolveModel> {
		const target = (await this.#parts.aliases.get(text)) ?? text;
		return resolveModel(parseName(target), {hub: this.#openHub(), registry: this.#parts.registry, signal});
	}

	/** What nobody can fetch may be here all the same: what ships with mofa, a second name, a saved pipeline. */
	async #refuse(name: string, error: unknown): Promise<never> {
		const isHere =
			MofaError.is(error, 'model-not-found') && (await this.#parts.library.find(name).catch(() => null)) !== null;
		if (!isHere) throw error;
		throw new MofaError(
			'invalid-request',
			{path: 'model', expected: `one that is fetched; ${name} is here already`},
			{cause: error},
		);
	}

	async #registered(text: string): Promise<RegistryMatch | undefined> {
		const name = parseName((await this.#parts.aliases.get(text)) ?? text);
		return name.kind === 'registered' ? this.#parts.registry.find(name.name, name.tag) : undefined;
	}

	async #fitOptions(ask: Pick<FitAsk, 'task' | 'contextLength'>): Promise<FitOptions> {
		const {loader, room, paths} = this.#parts;
		return {loader, room: await room(), hubCache: paths.hubCache, ...ask};
	}
}

/** Nobody on the Hub said no: it was not asked, or did not hear. */
const isUnreached = (error: unknown): boolean =>
	MofaError.is(error, 'network') || MofaError.is(error, 'offline') || MofaError.is(error, 'rate-limited');

/**
 * What will be fetched: 1. the build that was chosen, 2. the one the user named or the smallest, where they insist.
 * Throws `does-not-fit` or `model-unsupported` otherwise.
 */
function buildToFetch(report: FitReport, wanted: string | null, evenIfUnfit: boolean): FitVariant {
	// 1.
	const chosen = report.variants.find(variant => variant.chosen);
	if (chosen !== undefined) return chosen;
	// 2.
	const named = report.variants.filter(({variant}) => wanted === null || variant === wanted);
	const [smallest] = named.toSorted((a, b) => a.downloadBytes - b.downloadBytes);
	if (smallest === undefined) throw new MofaError('model-not-found', {model: report.model, similar: []});
	if (evenIfUnfit) return smallest;
	const unfit = named.filter(({verdict}) => verdict === 'does-not-fit');
	const [leastUnfit] = unfit.toSorted((a, b) => total(a.needs) - total(b.needs));
	if (leastUnfit === undefined)
		throw new MofaError('model-unsupported', {
			model: report.model,
			problem: smallest.because ?? 'nothing here runs it',
			hint: 'mofa search finds models that run here; --yes downloads it all the same',
		});
	const next = report.sibling === null ? '' : `; ${report.sibling} is smaller`;
	throw new MofaError('does-not-fit', {
		model: report.model,
		needs: leastUnfit.needs ?? {},
		has: report.capacity,
		passedOver: named.map(({variant, adapter, because}) => ({
			variant,
			adapter: adapter ?? 'no adapter',
			because: `${because ?? ''}${next}`,
		})),
	});
}

const total = (needs: Footprint | null): number => Object.values(needs ?? {}).reduce((sum, bytes) => sum + bytes, 0);

/** As the library calls what was fetched. */
function cachedName({revision}: RemoteModel, {repository, variant}: RemoteVariant): string {
	return `${repository}${revision === 'main' ? '' : `@${revision}`}:${variant.tag}`;
}
