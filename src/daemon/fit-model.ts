import type {Footprint} from '../contract/engine.ts';
import type {InstalledModel} from '../contract/manifest.ts';
import type {FitReport, FitVariant} from '../contract/store.ts';
import {decide, type Decision, type Room} from '../models/fit/verdict.ts';
import type {LibraryModel} from '../models/library.ts';
import {presenceOf} from '../models/pull/presence.ts';
import type {RemoteModel, RemoteVariant} from '../models/remote-model.ts';
import type {EngineLoader, Outlook} from './loader.ts';

export interface FitOptions {
	readonly loader: EngineLoader;
	readonly room: Room;
	readonly hubCache: string;
	/** Tokens, or null for what a load takes by itself. */
	readonly contextLength: number | null;
	readonly task: string | null;
}

/** Judges every build of a model that is not here, and chooses. `wanted` is the tag of the build that the user named. */
export async function fitRemote(model: RemoteModel, wanted: string | null, options: FitOptions): Promise<FitReport> {
	const outlooks = await Promise.all(model.variants.map(variant => outlookOf(model, variant, options)));
	const decision = decide(prospectsOf(model.variants, outlooks), options.room, wanted);
	const variants = await Promise.all(
		model.variants.map(async (remote, index): Promise<FitVariant> => {
			const downloadBytes = remote.files.reduce((sum, {bytes}) => sum + bytes, 0);
			return {
				...judged(decision, outlooks, index),
				variant: remote.variant.tag,
				format: remote.variant.format,
				quantization: remote.variant.quantization ?? null,
				files: remote.files.length,
				downloadBytes,
				presentBytes: await presentBytes(options.hubCache, remote),
			};
		}),
	);
	const {name, repository, commit, manifest, gated, unknown, sibling} = model;
	return {
		model: name,
		repository,
		commit,
		family: manifest.family,
		tasks: manifest.tasks,
		parameters: manifest.parameters ?? null,
		license: manifest.license,
		gated,
		contextLength: options.contextLength ?? manifest.contextLength ?? null,
		capacity: options.room.capacity,
		free: options.room.free,
		variants,
		reasons: [...decision.reasons, ...unknown],
		sibling: decision.chosen === null ? sibling : null,
	};
}

/** The same of a model that is here, by its name or its path. */
export async function fitInstalled(model: LibraryModel, options: FitOptions): Promise<FitReport> {
	const {installed} = model;
	const {manifest, variant} = installed;
	const outlook = await options.loader.outlook(installed, settingsFor(options));
	const decision = decide([{tag: variant.tag, ...withTask(outlook, manifest.tasks, options)}], options.room, null);
	return {
		model: manifest.name,
		repository: model.repository ?? '',
		commit: model.commit,
		family: manifest.family,
		tasks: manifest.tasks,
		parameters: manifest.parameters ?? null,
		license: manifest.license,
		gated: false,
		contextLength: options.contextLength ?? manifest.contextLength ?? null,
		capacity: options.room.capacity,
		free: options.room.free,
		variants: [
			{
				...judged(decision, [outlook], 0),
				variant: variant.tag,
				format: variant.format,
				quantization: variant.quantization ?? null,
				files: model.files.length,
				downloadBytes: 0,
				presentBytes: model.bytes,
			},
		],
		reasons: decision.reasons,
		sibling: null,
	};
}

/** What is in the cache of a build, finished or not. */
async function presentBytes(hubCache: string, variant: RemoteVariant): Promise<number> {
	const presences = await presenceOf(hubCache, variant);
	return presences.reduce((sum, presence) => sum + presence.presentBytes, 0);
}

async function outlookOf(model: RemoteModel, remote: RemoteVariant, options: FitOptions): Promise<Outlook> {
	const installed: InstalledModel = {
		id: `${remote.repository}@${remote.commit}:${remote.variant.tag}`,
		manifest: model.manifest,
		variant: remote.variant,
		paths: {},
	};
	const outlook = await options.loader.outlook(installed, settingsFor(options));
	const obstacle = remote.runs ? outlook.obstacle : (remote.because ?? 'this version of mofa does not run it');
	const checked = withTask({...outlook, obstacle}, model.manifest.tasks, options);
	// Without an adapter, the weights alone are what is sure to be needed.
	const weights = remote.files.reduce((sum, {bytes}) => sum + bytes, 0);
	return {...outlook, ...checked, needs: outlook.needs ?? weightsIn(options.room.capacity, weights)};
}

function withTask(outlook: Outlook, tasks: readonly string[], {task}: FitOptions): Outlook {
	if (task === null || tasks.includes(task) || outlook.obstacle !== null) return outlook;
	return {...outlook, obstacle: `it does not do ${task}`};
}

function weightsIn(capacity: Footprint, bytes: number): Footprint | null {
	const [pool] = 'unified' in capacity ? ['unified'] : ['ram'];
	return pool === undefined ? null : {[pool]: bytes};
}

const settingsFor = ({contextLength}: FitOptions): Readonly<Record<string, unknown>> =>
	contextLength === null ? {} : {contextLength};

function prospectsOf(variants: readonly RemoteVariant[], outlooks: readonly Outlook[]): Parameters<typeof decide>[0] {
	return variants.map(({variant}, index) => ({
		tag: variant.tag,
		needs: outlooks[index]?.needs ?? null,
		obstacle: outlooks[index]?.obstacle ?? null,
	}));
}

function judged(
	{judgements, chosen}: Decision,
	outlooks: readonly Outlook[],
	index: number,
): Pick<FitVariant, 'needs' | 'verdict' | 'accelerator' | 'adapter' | 'because' | 'chosen'> {
	const {verdict, because} = judgements[index] ?? {verdict: 'unknown', because: null};
	const {needs = null, accelerator = null, adapter = null} = outlooks[index] ?? {};
	return {needs, verdict, because, accelerator, adapter, chosen: chosen === index};
}
