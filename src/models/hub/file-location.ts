import type {Answer} from './connection.ts';
import {MofaError} from '../../contract/error.ts';
import type {FileLocation} from './hub.ts';
import {unexpectedAnswer} from './parse-answers.ts';

/**
 * What the answer to a HEAD says of a file. Size and hash of a large file stand in the headers of the redirect; the
 * CDN's own are of the transport (its ETag is 64 hexadecimal digits too, and another hash). Throws `network` when it is
 * not what the Hub sends, `content-mismatch` for another commit. Pure.
 */
export function fileLocation(
	{headers, url, elsewhere}: Pick<Answer, 'headers' | 'url' | 'elsewhere'>,
	{repository, commit, file}: Pick<FileLocation, 'repository' | 'commit' | 'file'>,
): FileLocation {
	const bytes = sizeOf(headers['x-linked-size'] ?? (elsewhere ? undefined : headers['content-length']));
	const etag = plainEtag(headers['x-linked-etag'] ?? (elsewhere ? undefined : headers['etag']));
	const found = headers['x-repo-commit'] ?? null;
	if (bytes === null || etag === null || !/^([\da-f]{40}|[\da-f]{64})$/.test(etag)) throw unexpectedAnswer(url.host);
	if (found === null || !/^[\da-f]{40}$/.test(found)) throw unexpectedAnswer(url.host);
	if (/^[\da-f]{40}$/.test(commit) && found !== commit)
		throw new MofaError('content-mismatch', {file, expected: `commit ${commit}`, found: `commit ${found}`});
	return {repository, commit: found, file, bytes, etag, sha256: etag.length === 64 ? etag : null, url: url.href};
}

/** Without quotes and the mark of a weak one; null when there is none. */
export function plainEtag(header: string | undefined): string | null {
	const etag = (header ?? '').replace(/^W\//, '').replaceAll('"', '').toLowerCase();
	return etag === '' ? null : etag;
}

function sizeOf(header: string | undefined): number | null {
	const bytes = /^\d{1,16}$/.test(header ?? '') ? Number(header) : Number.NaN;
	return Number.isSafeInteger(bytes) ? bytes : null;
}
