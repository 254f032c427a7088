import {MofaError} from '../../contract/error.ts';
import type {ModelManifest, Variant} from '../../contract/manifest.ts';
import {similar} from '../../lib/similar.ts';
import {apiTask} from '../api-names.ts';
import {describeRemoteGguf} from '../fit/describe-remote.ts';
import type {Hub, RepositoryFile, RepositoryRevision} from '../hub/hub.ts';
import type {ModelName} from '../name.ts';
import type {RegistryVariant} from '../registry/entry.ts';
import type {Registry, RegistryMatch} from '../registry/registry.ts';
import type {RemoteFile, RemoteModel, RemoteVariant} from '../remote-model.ts';
import {describeConfig, type ConfigDescription} from './describe-config.ts';
import {groupFiles, pickles, type FileGroup} from './group-files.ts';

export interface ResolveOptions {
	readonly hub: Hub;
	readonly registry: Registry;
	readonly signal: AbortSignal;
}

export interface Resolution {
	readonly model: RemoteModel;
	/** Tag of the variant that the user named, or null. */
	readonly wanted: string | null;
}

/**
 * Looks a name up without fetching it: 1. the registry, 2. the Hub. Reads listings, small JSON files, and the front of
 * one GGUF file. Throws `model-not-found` with similar names, `model-unsupported` for pickles, `invalid-request` for a
 * variant that is not there, and what the Hub throws.
 */
export async function resolveModel(name: ModelName, options: ResolveOptions): Promise<Resolution> {
	if (name.kind === 'path') throw new MofaError('invalid-request', {path: 'model', expected: 'a name, not a path'});
	// 1.
	if (name.kind === 'registered') return resolveRegistered(name, options);
	// 2.
	return resolveRepository(name, options);
}

async function resolveRegistered(
	{name, tag}: ModelName & {readonly kind: 'registered'},
	{hub, registry, signal}: ResolveOptions,
): Promise<Resolution> {
	const match = await registry.find(name, tag);
	if (match === undefined) throw await notRegistered(name, tag, registry);
	const repositories = new Repositories(hub, signal);
	const unknown: string[] = [];
	const variants: RemoteVariant[] = [];
	for (const variant of match.size.variants) {
		const found = await repositories.open(variant.repository, variant.revision ?? null);
		const remote = registryVariant(match, variant, found);
		if (remote === null) unknown.push(`${variant.tag}: ${variant.repository} no longer has its files`);
		else variants.push(remote);
	}
	const [first] = variants;
	if (first === undefined) throw new MofaError('model-not-found', {model: match.name, similar: []});
	const described = await withHeader(first, hub, signal);
	const {entry, size} = match;
	const manifest = manifestOf(match.name, variants, {
		family: entry.family,
		tasks: entry.tasks,
		license: size.license ?? entry.license,
		description: entry.description,
		...(size.parameters === null ? {} : {parameters: size.parameters}),
		...(typeof size.contextLength === 'number' ? {contextLength: size.contextLength} : {}),
		options: described,
	});
	const opened = await repositories.open(first.repository, null);
	return {
		model: {
			name: match.name,
			repository: first.repository,
			commit: first.commit,
			revision: match.size.variants[0].revision ?? 'main',
			gated: opened.revision.gated,
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

/** The registry's files with the true sizes and hashes of the Hub; null when one is gone. */
function registryVariant(
	{entry}: RegistryMatch,
	variant: RegistryVariant,
	{revision, files}: Opened,
): RemoteVariant | null {
	const known = new Map(files.map(file => [file.file, file]));
	const found = variant.files.map(({role, file}) => ({role, file: known.get(file)}));
	const present = found.flatMap(({role, file}) => (file === undefined ? [] : [{role, file}]));
	if (present.length < found.length) return null;
	const runs = entry.runs && variant.runs !== false;
	return {
		variant: variantOf(variant.tag, variant.format, variant.quantization ?? null, present, revision),
		repository: revision.repository,
		commit: revision.commit,
		files: present.map(remoteFile),
		runs,
		because: runs ? null : (variant.because ?? entry.because ?? 'this version of mofa does not run it'),
	};
}

async function resolveRepository(
	{repository, revision, variant: wanted}: ModelName & {readonly kind: 'repository'},
	{hub, signal}: ResolveOptions,
): Promise<Resolution> {
	const opened = await new Repositories(hub, signal).open(repository, revision);
	const groups = groupFiles(opened.files);
	if (groups.length === 0) throw nothingToRun(opened);
	const variants = groups.map(group => groupVariant(group, opened.revision));
	const named = wanted === null ? null : namedVariant(wanted, variants, repository);
	const first = variants.find(({variant}) => variant.tag === named) ?? variants[0];
	if (first === undefined) throw nothingToRun(opened);
	const {facts, options} = await describe(first, opened, hub, signal);
	const manifest = manifestOf(opened.revision.repository, variants, {...facts, options});
	return {
		model: {
			name: opened.revision.repository,
			repository: opened.revision.repository,
			commit: opened.revision.commit,
			revision: revision ?? 'main',
			gated: opened.revision.gated,
			unknown: facts.unknown,
			sibling: null,
			...manifest,
		},
		wanted: named,
	};
}

interface Facts {
	readonly family: string;
	readonly tasks: readonly string[];
	readonly license: string;
	readonly accepts?: readonly string[];
	readonly description?: string;
	readonly parameters?: number;
	readonly contextLength?: number;
	readonly unknown: readonly string[];
}

/** A GGUF file tells all of itself; other formats have their configuration beside them. */
async function describe(
	first: RemoteVariant,
	{revision, files}: Opened,
	hub: Hub,
	signal: AbortSignal,
): Promise<{readonly facts: Facts; readonly options: Readonly<Record<string, unknown>> | undefined}> {
	const license = revision.license ?? 'unknown';
	if (first.variant.format === 'gguf') {
		const weights = first.files[0];
		if (weights === undefined) throw nothingToRun({revision, files});
		const location = await hub.locate(first.repository, first.commit, weights.file, signal);
		const {family, tasks, contextLength, parameters, options, because} = await describeRemoteGguf(
			hub,
			location,
			signal,
		);
		return {
			facts: {
				family,
				tasks,
				license,
				parameters,
				...(contextLength === null ? {} : {contextLength}),
				unknown: because === null ? [] : [because],
			},
			options,
		};
	}
	const [config, modelIndex] = await Promise.all(
		['config.json', 'model_index.json'].map(file => readJson(hub, revision, files, file, signal)),
	);
	const {contextLength, ...described}: ConfigDescription = describeConfig({
		pipelineTag: revision.pipelineTag,
		config,
		modelIndex,
	});
	return {
		facts: {...described, license, ...(contextLength === null ? {} : {contextLength})},
		options: undefined,
	};
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

function manifestOf(
	name: string,
	remotes: readonly RemoteVariant[],
	{
		unknown: _unknown,
		options,
		accepts,
		...facts
	}: Omit<Facts, 'unknown'> & {
		readonly unknown?: readonly string[];
		readonly options: Readonly<Record<string, unknown>> | undefined;
	},
): Pick<RemoteModel, 'manifest' | 'variants'> {
	const described = remotes.map(remote => ({
		...remote,
		variant: options === undefined || remote.variant.format !== 'gguf' ? remote.variant : {...remote.variant, options},
	}));
	const [first, ...others] = described;
	if (first === undefined) throw new MofaError('model-not-found', {model: name, similar: []});
	const manifest: ModelManifest = {
		schema: 1,
		name,
		...facts,
		...(accepts === undefined || accepts.length === 0
			? {}
			: {accepts: accepts as NonNullable<ModelManifest['accepts']>}),
		variants: [first.variant, ...others.map(({variant}) => variant)],
	};
	return {manifest, variants: [first, ...others]};
}

interface Opened {
	readonly revision: RepositoryRevision;
	readonly files: readonly RepositoryFile[];
}

/** Each repository is asked once, however many variants lie in it. */
class Repositories {
	readonly #hub: Hub;
	readonly #signal: AbortSignal;
	readonly #opened = new Map<string, Promise<Opened>>();

	constructor(hub: Hub, signal: AbortSignal) {
		this.#hub = hub;
		this.#signal = signal;
	}

	open(repository: string, revision: string | null): Promise<Opened> {
		const key = `${repository}@${revision ?? 'main'}`;
		const opened = this.#opened.get(key) ?? this.#ask(repository, revision);
		this.#opened.set(key, opened);
		return opened;
	}

	async #ask(repository: string, wanted: string | null): Promise<Opened> {
		const revision = await this.#hub.revision(repository, wanted, this.#signal);
		return {revision, files: await this.#hub.tree(repository, revision.commit, this.#signal)};
	}
}

function groupVariant(
	{tag, format, quantization, files}: FileGroup<RepositoryFile>,
	revision: RepositoryRevision,
): RemoteVariant {
	return {
		variant: variantOf(tag, format, quantization, files, revision),
		repository: revision.repository,
		commit: revision.commit,
		files: files.map(remoteFile),
		runs: true,
		because: null,
	};
}

function variantOf(
	tag: string,
	format: string,
	quantization: string | null,
	files: ReadonlyArray<{readonly role: string; readonly file: RepositoryFile}>,
	{repository, commit}: RepositoryRevision,
): Variant {
	return {
		tag,
		format,
		...(quantization === null ? {} : {quantization}),
		files: files.map(({role, file: {file, bytes, sha256}}) => {
			const url = `hf://${repository}@${commit}/${file}`;
			return sha256 === null ? {role, url, bytes} : {role, url, bytes, sha256};
		}),
	};
}

function remoteFile({
	role,
	file: {file, bytes, sha256, blobId},
}: {
	readonly role: string;
	readonly file: RepositoryFile;
}): RemoteFile {
	return {role, file, bytes, sha256, blobId};
}

function namedVariant(wanted: string, variants: readonly RemoteVariant[], repository: string): string {
	const tags = variants.map(({variant}) => variant.tag);
	const found = tags.find(tag => tag.toLowerCase() === wanted.toLowerCase().replace(/\.gguf$/, ''));
	if (found !== undefined) return found;
	const near = similar(wanted, tags);
	const offer = near.length > 0 ? `did you mean ${near.join(', ')}? ` : '';
	throw new MofaError('invalid-request', {
		path: 'model',
		expected: `${offer}${repository} has ${tags.slice(0, 12).join(', ')}, and no "${wanted}"`,
	});
}

function nothingToRun({revision: {repository}, files}: Opened): MofaError {
	if (pickles(files).length > 0)
		return new MofaError('model-unsupported', {
			model: repository,
			problem: 'its weights are PyTorch pickles, which can run any code when they are opened, so mofa never does',
			hint: `look for a conversion to GGUF or ONNX: mofa search ${repository.split('/')[1] ?? repository}`,
		});
	return new MofaError('model-unsupported', {
		model: repository,
		problem: 'it holds no GGUF, ONNX or safetensors weights',
		hint: `mofa search ${repository.split('/')[1] ?? repository}`,
	});
}

const largestJson = 4 * 2 ** 20;

/** A small JSON file of the repository; null when it is not there, too large, or no JSON. */
async function readJson(
	hub: Hub,
	{repository, commit}: RepositoryRevision,
	files: readonly RepositoryFile[],
	name: string,
	signal: AbortSignal,
): Promise<unknown> {
	const found = files.find(({file}) => file === name);
	if (found === undefined || found.bytes > largestJson) return null;
	const location = await hub.locate(repository, commit, name, signal);
	const content = await hub.read(location, 0, location.bytes, signal);
	try {
		return JSON.parse(content.toString('utf8'));
	} catch {
		return null;
	}
}
