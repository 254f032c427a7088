import type {Aliases} from '../models/aliases.ts';
import type {Library} from '../models/library.ts';
import {parseName} from '../models/name.ts';
import {fileSources} from '../models/registry/file-sources.ts';
import type {Registry} from '../models/registry/registry.ts';
import {adoptedModels, cachedModels, verifiableOf, withSources, type VerifiableModel} from '../models/verifiable.ts';
import {registeredFiles} from './registered-files.ts';

export interface VerifiablePlaces {
	readonly cache: string;
	/** Folder of what was adopted from other tools. */
	readonly adopted: string;
	readonly library: Library;
	readonly registry: Registry;
	readonly aliases: Aliases;
}

/**
 * What to check: the models of these names, or all. A damaged model cannot be opened and one that has lost a file is in
 * no list, so those of the cache and of other tools are looked for by what they are called; only what is not found that
 * way is opened. Throws what `Library.find` throws.
 */
export async function modelsToVerify(
	names: readonly string[] | null,
	places: VerifiablePlaces,
): Promise<readonly VerifiableModel[]> {
	const models: VerifiableModel[] = [];
	if (names === null) models.push(...(await everyModel(places)));
	for (const name of names ?? []) models.push(...(await modelsOf(name, places)));
	const sourceOf = fileSources(await places.registry.entries());
	return models.map(model => withSources(model, sourceOf));
}

async function everyModel({cache, adopted, library}: VerifiablePlaces): Promise<readonly VerifiableModel[]> {
	const starters = (await library.list()).filter(({source}) => source === 'starter');
	const opened = await Promise.all(starters.map(({name}) => library.find(name)));
	return [...opened.map(verifiableOf), ...(await cachedModels(cache, null)), ...(await adoptedModels(adopted))];
}

/** Without what stands behind the colon: every build of that name which is here. */
async function modelsOf(text: string, places: VerifiablePlaces): Promise<readonly VerifiableModel[]> {
	const {cache, adopted, library, registry, aliases} = places;
	const target = (await aliases.get(text)) ?? text;
	const name = parseName(target);
	const wanted = name.kind === 'repository' ? [name] : await registeredFiles(registry, target);
	const cached = await Promise.all(wanted.map(builds => cachedModels(cache, builds)));
	if (cached.some(found => found.length > 0)) return cached.flat();
	const others = await adoptedModels(adopted);
	const lower = target.trim().toLowerCase();
	const known = others.filter(other => other.name.toLowerCase() === lower);
	return known.length > 0 ? known : [verifiableOf(await library.find(text))];
}
