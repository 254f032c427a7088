import {MofaError} from '../../contract/error.ts';

/** What an answer that is no success says of itself. */
export interface Refusal {
	readonly status: number;
	/** The Hub's own word: `RepoNotFound`, `GatedRepo`, `RevisionNotFound`, `EntryNotFound`. */
	readonly code: string | null;
	readonly message: string | null;
	readonly retryAfter: string | null;
}

export interface Asked {
	/** Host, as a person knows it. */
	readonly address: string;
	readonly endpoint: string;
	readonly repository: string | null;
	readonly revision: string | null;
	readonly file: string | null;
	readonly signedIn: boolean;
}

/** The failure that an answer means. The Hub's words: huggingface_hub's `hf_raise_for_status`. Pure. */
export function refusalFailure({status, code, message, retryAfter}: Refusal, asked: Asked): MofaError {
	const {address, repository, revision, file} = asked;
	const model = repository ?? 'the Hub';
	if (code === 'GatedRepo' && repository !== null) return gated(repository, asked);
	if (code === 'RevisionNotFound')
		return new MofaError('model-not-found', {model: `${model}@${revision ?? 'main'}`, similar: []});
	if (code === 'EntryNotFound') return new MofaError('model-not-found', {model: `${model}/${file ?? ''}`, similar: []});
	if (code === 'RepoNotFound' || status === 404) return new MofaError('model-not-found', {model, similar: []});
	if (status === 401) return unauthorized(asked, message);
	if (status === 403)
		return new MofaError('unauthorized', {address, hint: message ?? 'the token has no right to this repository'});
	if (status === 429) return new MofaError('rate-limited', {address, retryAfterSeconds: secondsOf(retryAfter)});
	if (status === 416)
		return new MofaError('content-mismatch', {
			file: file ?? model,
			expected: 'a file as long as announced',
			found: 'a shorter one (416)',
		});
	if (status === 503 && retryAfter !== null)
		return new MofaError('rate-limited', {address, retryAfterSeconds: secondsOf(retryAfter)});
	return new MofaError('network', {
		address,
		problem: `it answered with status ${status}${message === null ? '' : `: ${message}`}`,
	});
}

/** The Hub hides private repositories, and those that are not there, behind the same 401. */
function unauthorized({address, repository, signedIn}: Asked, message: string | null): MofaError {
	if (/invalid|expired/i.test(message ?? '') && signedIn)
		return new MofaError('unauthorized', {
			address,
			hint: 'the token is not valid (any more): set HF_TOKEN to another one',
		});
	if (repository !== null && !signedIn) return new MofaError('model-not-found', {model: repository, similar: []});
	return new MofaError('unauthorized', {address, hint: 'set HF_TOKEN to a token that may read it'});
}

function gated(repository: string, {endpoint, signedIn}: Asked): MofaError {
	return new MofaError('gated', {repository, page: `${endpoint}/${repository}`, signedIn});
}

/** Seconds, or the date until when; a minute where it says neither. */
export function secondsOf(retryAfter: string | null, now: number = Date.now()): number {
	const seconds = Number(retryAfter);
	if (retryAfter !== null && retryAfter.trim() !== '' && Number.isFinite(seconds))
		return Math.max(0, Math.ceil(seconds));
	const date = Date.parse(retryAfter ?? '');
	return Number.isNaN(date) ? 60 : Math.max(0, Math.ceil((date - now) / 1000));
}

/** What a connection that failed means, in words. */
export function connectionFailure(error: unknown, address: string): MofaError {
	if (MofaError.is(error)) return error;
	if (error instanceof Error && error.name === 'AbortError') return new MofaError('cancelled', {}, {cause: error});
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	const code = codeOf(error) ?? codeOf(cause) ?? '';
	const words = cause instanceof Error ? cause.message : String(cause);
	const problem =
		problems[code] ?? (/certificate|self.signed|unable to verify/i.test(words) ? certificate(words) : words);
	return new MofaError('network', {address, problem}, {cause: error});
}

const certificate = (words: string): string =>
	`its certificate is not trusted (${words}); name the certificates of your network in SSL_CERT_FILE`;

const problems: Readonly<Record<string, string>> = {
	ENOTFOUND: 'there is no such host',
	EAI_AGAIN: 'the name server does not answer',
	ECONNREFUSED: 'it refuses the connection',
	ECONNRESET: 'the connection was cut',
	EPIPE: 'the connection was cut',
	UND_ERR_SOCKET: 'the connection was cut',
	ETIMEDOUT: 'it does not answer',
	UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
	UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
	UND_ERR_BODY_TIMEOUT: 'it stopped sending',
	DEPTH_ZERO_SELF_SIGNED_CERT: certificate('self-signed'),
	SELF_SIGNED_CERT_IN_CHAIN: certificate('self-signed'),
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate('unknown authority'),
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate('unknown authority'),
	CERT_HAS_EXPIRED: certificate('expired'),
	ERR_TLS_CERT_ALTNAME_INVALID: certificate('made for another host'),
};

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
