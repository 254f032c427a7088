import type {MofaError} from '../../contract/error.ts';
import {lastingFailure} from './connection-failure.ts';
import type {HubSearchHit, RepositoryFile, RepositoryRevision} from './hub.ts';
import {checkFileName, isRepository} from './safe-name.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Throws `network`; a web page in place of JSON is what sign-in pages of hotels and firewalls send. */
export function parseJson(body: Buffer, type: string | undefined, address: string): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		const page = /html/i.test(type ?? '') || /^\s*</.test(body.toString('latin1', 0, 64));
		throw lastingFailure(
			address,
			page ? 'a web page came back: perhaps this network asks you to sign in first' : 'its answer is no JSON',
		);
	}
}

/** `/api/models/org/repo/revision/main`. Throws `network` when it is not what the Hub sends. */
export function parseRevision(value: unknown, repository: string, address: string): RepositoryRevision {
	const fields = fieldsOf(value);
	const commit = textOf(fields?.['sha']);
	if (fields === null || commit === null || !/^[\da-f]{40}$/.test(commit)) throw unexpectedAnswer(address);
	const id = textOf(fields['id']) ?? textOf(fields['modelId']) ?? repository;
	return {
		// The Hub's own spelling; a renamed repository is called by what was asked for.
		repository: id.toLowerCase() === repository.toLowerCase() ? id : repository,
		commit,
		gated: isGated(fields['gated']),
		license: licenseOf(fields),
		pipelineTag: textOf(fields['pipeline_tag']),
		library: textOf(fields['library_name']),
		tags: textsOf(fields['tags']),
		updatedAt: textOf(fields['lastModified']),
	};
}

/** A page of `/api/models/org/repo/tree/main`: files only. Throws `network`, `model-invalid` for a harmful name. */
export function parseTreePage(value: unknown, repository: string, address: string): readonly RepositoryFile[] {
	if (!Array.isArray(value)) throw unexpectedAnswer(address);
	return value.flatMap((entry: unknown): readonly RepositoryFile[] => {
		const fields = fieldsOf(entry);
		if (fields === null) throw unexpectedAnswer(address);
		if (fields['type'] !== 'file') return [];
		const file = checkFileName(fields['path'], repository);
		const lfs = fieldsOf(fields['lfs']);
		const bytes = lfs?.['size'] ?? fields['size'];
		const blobId = textOf(fields['oid']);
		const sha256 = textOf(lfs?.['oid'])?.replace(/^sha256:/, '') ?? null;
		if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) throw unexpectedAnswer(address);
		if (blobId === null || !/^[\da-f]{40}$/.test(blobId)) throw unexpectedAnswer(address);
		if (sha256 !== null && !/^[\da-f]{64}$/.test(sha256)) throw unexpectedAnswer(address);
		return [{file, bytes, sha256, blobId}];
	});
}

/** An entry of `/api/models?search=`; one that names no repository is left out. */
export function parseHit(value: unknown): readonly HubSearchHit[] {
	const fields = fieldsOf(value);
	const repository = textOf(fields?.['id']) ?? textOf(fields?.['modelId']);
	if (fields === null || repository === null || !isRepository(repository)) return [];
	return [
		{
			repository,
			pipelineTag: textOf(fields['pipeline_tag']),
			library: textOf(fields['library_name']),
			tags: textsOf(fields['tags']),
			downloads: countOf(fields['downloads']),
			likes: countOf(fields['likes']),
			gated: isGated(fields['gated']),
			updatedAt: textOf(fields['lastModified']),
		},
	];
}

/** `cardData.license`, else the tag `license:…`. */
function licenseOf(fields: Fields): string | null {
	const card = fieldsOf(fields['cardData']);
	const named = textOf(card?.['license_name']);
	const license = textOf(card?.['license']);
	if (license !== null) return license === 'other' && named !== null ? named : license;
	return (
		textsOf(fields['tags'])
			.find(tag => tag.startsWith('license:'))
			?.slice('license:'.length) ?? null
	);
}

/** `false`, `"auto"` or `"manual"`. */
const isGated = (value: unknown): boolean => value === true || typeof value === 'string';

function fieldsOf(value: unknown): Fields | null {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** Short texts only: nothing longer is a name, a hash or a date. */
function textOf(value: unknown): string | null {
	return typeof value === 'string' && value !== '' && value.length <= 2000 ? value : null;
}

function textsOf(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.slice(0, 1000).filter(item => textOf(item) !== null) : [];
}

function countOf(value: unknown): number {
	return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0;
}

/** JSON of another shape than the Hub's. */
export function unexpectedAnswer(address: string): MofaError {
	return lastingFailure(address, 'its answer is not what the Hub sends');
}
