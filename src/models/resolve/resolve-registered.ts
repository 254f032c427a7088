import {MofaError} from '../../contract/error.ts';
import {similar} from '../../lib/similar.ts';
import {apiTask} from '../api-names.ts';
import {describeRemoteGguf} from '../fit/describe-remote.ts';
import type {Hub} from '../hub/hub.ts';
import type {ModelName} from '../name.ts';
import {factsOf, filesOf, type RegistryVariant, type SizeFacts} from '../registry/entry.ts';
import type {Registry, RegistryMatch} from '../registry/registry.ts';
import type {RemoteVariant} from '../remote-model.ts';
import {findFile} from './find-file.ts';
import {manifestOf, remoteFile, variantOf} from './remote-variant.ts';
import {Repositories} from './repositories.ts';
import type {Resolution, ResolveOptions} from './resolve-model.ts';

/** The registry says which files; the Hub says how long they are and what they hash to. */
export async function resolveRegistered(
	{name, tag}: ModelName & {readonly kind: 'registered'},
	{hub, registry, signal}: ResolveOptions,
): Promise<Resolution> {
	const match = await registry.find(name, tag);
	if (match === undefined) throw await notRegistered(name, tag, registry);
	const repositories = new Repositories(hub, signal);
	const unknown: string[] = [];
	const variants: RemoteVariant[] = [];
	for (const variant of match.size.variants) {
		const remote = await registryVariant(match, variant, repositories);
		if (remote === null) unknown.push(`${variant.tag}: ${variant.repository} no longer has its files`);
		else variants.push(remote);
	}
	const [first] = variants;
	if (first === undefined) throw new MofaError('model-not-found', {model: match.name, similar: []});
	const described = await withHeader(first, hub, signal);
	const {entry, size} = match;
	const {family, tasks, accepts, license, gated} = factsOf(entry, size);
	const manifest = manifestOf(match.name, variants, {
		family,
		tasks,
		accepts,
		license,
		description: entry.description,
		...(size.parameters === null ? {} : {parameters: size.parameters}),
		...(typeof size.contextLength === 'number' ? {contextLength: size.contextLength} : {}),
		options: described,
	});
	return {
		model: {
			name: match.name,
			repository: first.repository,
			commit: first.commit,
			revision: match.size.variants[0].revision ?? 'main',
			gated,
			unknown,
			sibling: size.sibling ?? null,
			...manifest,
		},
		wanted: match.wanted,
	};
}

async function notRegistered(name: string, tag: string | null, registry: Registry): Promise<MofaError> {
	const model = tag === null ? name : `${name}:${tag}`;
	const task = apiTask(name);
	if (task !== null)
		return new MofaError('invalid-request', {
			path: 'model',
			expected: `a model that can be fetched; ${name} is a hosted service's name and means your default model for ${task}`,
		});
	return new MofaError('model-not-found', {model, similar: similar(model, await registry.names())});
}

/**
 * The registry's files with the true sizes and hashes of the Hub; null when one is gone. Some stand in other repositories, such as the
 * vocabulary of a model that somebody else converted: they are looked up only for builds that run.
 */
async function registryVariant(
	{entry, size}: RegistryMatch,
	variant: RegistryVariant,
	repositories: Repositories,
): Promise<RemoteVariant | null> {
	const {revision} = await repositories.open(variant.repository, variant.revision ?? null);
	const facts = factsOf(entry, size);
	const verdict = verdictOf(facts, variant);
	const wanted = filesOf(entry, variant).filter(
		({repository}) => verdict.runs || repository === undefined || repository === variant.repository,
	);
	const found = await Promise.all(wanted.map(file => findFile(file, variant, repositories)));
	const present = found.filter(file => file !== null);
	if (present.length < wanted.length) return null;
	return {
		variant: variantOf(variant.tag, variant.format, variant.quantization ?? null, present, revision),
		repository: revision.repository,
		commit: revision.commit,
		files: present.map(remoteFile),
		...verdict,
	};
}

function verdictOf({runs, because}: SizeFacts, variant: RegistryVariant): Pick<RemoteVariant, 'runs' | 'because'> {
	if (!runs || variant.runs === false)
		return {runs: false, because: variant.because ?? because ?? 'this version of mofa does not run it'};
	return {runs: true, because: null};
}

/** Of registered models too the header decides what memory they take. */
async function withHeader(
	{variant, repository, commit, files}: RemoteVariant,
	hub: Hub,
	signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
	const weights = files[0];
	if (variant.format !== 'gguf' || weights === undefined) return undefined;
	const location = await hub.locate(repository, commit, weights.file, signal);
	return (await describeRemoteGguf(hub, location, signal)).options;
}
