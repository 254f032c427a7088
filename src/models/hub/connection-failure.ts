import {MofaError} from '../../contract/error.ts';
import type {ProxySettings} from './hub-settings.ts';

/** What a connection that failed means: the address it is about, and the problem in words. Pure. */
export function connectionFailure(error: unknown, url: URL, proxy: ProxySettings): MofaError {
	if (MofaError.is(error)) return error;
	const cause = causeOf(error);
	// The Hub was closed while somebody still asked.
	if (/^UND_ERR_(DESTROYED|CLOSED)$/.test(codeOf(cause) ?? '')) return new MofaError('cancelled', {}, {cause: error});
	const failing = failingProxy(cause, url, proxy);
	return new MofaError(
		'network',
		{address: failing === null ? url.host : `the proxy ${failing}`, problem: problemOf(cause)},
		{cause: error},
	);
}

/** Whether the same question may well be answered in a moment. */
export function isPassing(error: unknown): boolean {
	if (!MofaError.is(error, 'network')) return false;
	return passing.has(codeOf(causeOf(error.cause)) ?? '');
}

/** An answer came, and asking again would bring the same one. */
export function lastingFailure(address: string, problem: string): MofaError<'network'> {
	return new MofaError('network', {address, problem}, {cause: sameAgain});
}

/** Whether asking again would meet the same: a certificate that is not trusted, or something that is no web server. */
export function isLasting(error: unknown): boolean {
	if (!MofaError.is(error, 'network')) return false;
	const cause = causeOf(error.cause);
	const code = codeOf(cause) ?? '';
	return (
		cause === sameAgain ||
		/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^EPROTO$|^ERR_(SSL|TLS)_|^HPE_/.test(code) ||
		wantsPassword(cause)
	);
}

/** Whether the name of the host means nothing: it is misspelt, or this machine has no network. */
export function isUnknownHost(error: unknown): boolean {
	return MofaError.is(error, 'network') && codeOf(causeOf(error.cause)) === 'ENOTFOUND';
}

const sameAgain = 'the answer would be the same again';

const passing: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);

const problems: Readonly<Record<string, string>> = {
	ENOTFOUND: 'there is no such host, or no network',
	EAI_AGAIN: 'the name server does not answer',
	ECONNREFUSED: 'it refuses the connection',
	ECONNRESET: 'the connection was cut',
	EPIPE: 'the connection was cut',
	UND_ERR_SOCKET: 'the connection was cut',
	ENETUNREACH: 'there is no way to it: this machine may be offline',
	EHOSTUNREACH: 'there is no way to it: this machine may be offline',
	ETIMEDOUT: 'it does not answer',
	UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
	UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
	UND_ERR_BODY_TIMEOUT: 'it stopped sending',
	UND_ERR_HEADERS_OVERFLOW: 'the head of its answer is too long',
	UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'its answer is not as long as it said',
	EPROTO: 'it does not speak TLS as it should',
	ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
	CERT_HAS_EXPIRED: certificateProblem('it has expired'),
	CERT_NOT_YET_VALID: certificateProblem('it is not valid yet; look at the clock of this machine'),
	ERR_TLS_CERT_ALTNAME_INVALID: certificateProblem('it was made for another host'),
};

function problemOf(cause: unknown): string {
	const words = cause instanceof Error ? cause.message : String(cause);
	const code = codeOf(cause) ?? '';
	const known = problems[code];
	if (known !== undefined) return known;
	if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) return certificateProblem(words);
	if (code.startsWith('HPE_') || (cause instanceof Error && cause.name === 'HTTPParserError'))
		return 'it does not speak HTTP';
	if (wantsPassword(cause))
		return 'the proxy wants a name and a password: http://name:password@host:port in HTTPS_PROXY';
	return words;
}

/** As undici words it. */
function wantsPassword(cause: unknown): boolean {
	return cause instanceof Error && /\b407\b/.test(cause.message);
}

function certificateProblem(why: string): string {
	return `its certificate is not trusted (${why}); if this network has certificates of its own, name their file in SSL_CERT_FILE`;
}

/** Some are wrapped, and several addresses of one host fail together. */
function causeOf(error: unknown): unknown {
	if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0];
	return error instanceof Error && error.cause instanceof Error && codeOf(error) === undefined ? error.cause : error;
}

/** Host and port, when the connection that failed was the one to a proxy. */
function failingProxy(cause: unknown, url: URL, {http, https}: ProxySettings): string | null {
	if (!(cause instanceof Error)) return null;
	const {hostname, port} = cause as Error & {readonly hostname?: unknown; readonly port?: unknown};
	const text = url.protocol === 'https:' ? https || http : http;
	if (text === '') return null;
	const proxy = new URL(text);
	const reached = hostname === proxy.hostname || String(port) === proxy.port || /proxy/i.test(cause.message);
	return reached ? proxy.host : null;
}

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
