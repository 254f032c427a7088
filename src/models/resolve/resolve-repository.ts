import {MofaError} from '../../contract/error.ts';
import {similar} from '../../lib/similar.ts';
import {describeRemoteGguf} from '../fit/describe-remote.ts';
import type {Hub, RepositoryFile, RepositoryRevision} from '../hub/hub.ts';
import type {ModelName} from '../name.ts';
import type {RemoteVariant} from '../remote-model.ts';
import {describeConfig, type ConfigDescription} from './describe-config.ts';
import {familyOfFolder} from './describe-graph.ts';
import {groupFiles, pickles, type FileGroup} from './group-files.ts';
import {manifestOf, remoteFile, variantOf, type ModelFacts} from './remote-variant.ts';
import {readJson, Repositories, type OpenedRepository} from './repositories.ts';
import type {Resolution, ResolveOptions} from './resolve-model.ts';

/** What nobody registered is known by its files, their headers and the configurations beside them. */
export async function resolveRepository(
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

/** A GGUF file tells all of itself; other formats have their configuration beside them. */
async function describe(
	first: RemoteVariant,
	{revision, files}: OpenedRepository,
	hub: Hub,
	signal: AbortSignal,
): Promise<{readonly facts: ModelFacts; readonly options: Readonly<Record<string, unknown>> | undefined}> {
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
				...(tasks.includes('chat') && first.files.some(({role}) => role === 'projector') ? {accepts: ['image']} : {}),
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
		// sherpa-onnx has no configuration: its repositories are named after what they hold.
		config: config ?? {model_type: familyOfFolder(revision.repository, files)},
		modelIndex,
		files: files.map(({file}) => file),
	});
	return {
		facts: {...described, license, ...(contextLength === null ? {} : {contextLength})},
		options: undefined,
	};
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

function nothingToRun({revision: {repository}, files}: OpenedRepository): MofaError {
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
