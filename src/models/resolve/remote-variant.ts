import {MofaError} from '../../contract/error.ts';
import type {ModelManifest, Variant} from '../../contract/manifest.ts';
import type {RepositoryFile, RepositoryRevision} from '../hub/hub.ts';
import type {FileSource, RemoteFile, RemoteModel, RemoteVariant} from '../remote-model.ts';

/** What is known of a model as a whole. */
export interface ModelFacts {
	readonly family: string;
	readonly tasks: readonly string[];
	readonly license: string;
	readonly accepts?: readonly string[];
	readonly description?: string;
	readonly parameters?: number;
	readonly contextLength?: number;
	readonly unknown: readonly string[];
}

/** Throws `model-not-found` without any variant. What the header told goes to every GGUF variant. */
export function manifestOf(
	name: string,
	remotes: readonly RemoteVariant[],
	{
		unknown: _unknown,
		options,
		accepts,
		...facts
	}: Omit<ModelFacts, 'unknown'> & {
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

export function variantOf(
	tag: string,
	format: string,
	quantization: string | null,
	files: readonly FoundFile[],
	revision: Pick<RepositoryRevision, 'repository' | 'commit'>,
): Variant {
	return {
		tag,
		format,
		...(quantization === null ? {} : {quantization}),
		files: files.map(file => variantFile(file, revision)),
	};
}

export function variantFile(
	{role, file: {file, bytes, sha256}, source}: FoundFile,
	revision: Pick<RepositoryRevision, 'repository' | 'commit'>,
): Variant['files'][number] {
	const {repository, commit} = source ?? revision;
	const url = `hf://${repository}@${commit}/${file}`;
	return sha256 === null ? {role, url, bytes} : {role, url, bytes, sha256};
}

/** A file as the Hub has it, and where it lies if not beside the weights. */
export interface FoundFile {
	readonly role: string;
	readonly file: RepositoryFile;
	readonly source?: FileSource;
}

export function remoteFile({role, file: {file, bytes, sha256, blobId}, source}: FoundFile): RemoteFile {
	const found = {role, file, bytes, sha256, blobId};
	return source === undefined ? found : {...found, source};
}
