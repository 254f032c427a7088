import {isIP, type NetConnectOpts} from 'node:net';
import {MofaError, type FailureCode, type WireFailure} from '../contract/error.ts';
import {framedType} from '../lib/frames/framed-body.ts';
import {exchange, type Answer} from './exchange.ts';

/** The daemon's local socket, or its HTTP address. */
export type ClientTarget = {readonly socketPath: string} | {readonly url: string};

export interface TransportOptions {
	/** Sent as a bearer token. */
	readonly apiKey?: string | undefined;
	/** Milliseconds until an address that does not answer at all counts as unreachable. */
	readonly connectTimeoutMs?: number | undefined;
	/** It is a daemon elsewhere, which nobody here can start: what keeps it from answering is `network`. */
	readonly remote?: boolean | undefined;
}

export interface Call {
	readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	readonly path: string;
	/** Text is sent as JSON, bytes as frames while the answer is read. */
	readonly body?: string | AsyncIterable<Uint8Array> | undefined;
	readonly signal?: AbortSignal | undefined;
}

export interface Transport {
	readonly address: string;
	/** Resolves when the head of a successful answer is there. Throws the failure that the daemon sent, or what `unreachable` gives. */
	send(call: Call): Promise<Answer>;
	/** What an error met while reading an answer means. */
	failure(error: unknown, signal?: AbortSignal): MofaError;
	/** `daemon-unreachable`; of a daemon elsewhere `network`. */
	unreachable(problem: string, cause?: unknown): MofaError;
}

/** An error answer is small; more than this is not ours. */
const envelopeLimit = 1024 ** 2;

/** Every call has a connection of its own, so no stale one is ever met and none delays the end of the process. */
export function createTransport(target: ClientTarget, options: TransportOptions = {}): Transport {
	const base = baseOf(target);
	const {address} = base;
	const remote = options.remote === true;
	const unreachable: Transport['unreachable'] = (problem, cause) =>
		remote
			? new MofaError('network', {address, problem, daemon: isOfCertificate(cause) ? 'untrusted' : 'silent'}, {cause})
			: new MofaError('daemon-unreachable', {address, problem}, {cause});
	const failure: Transport['failure'] = (error, signal) =>
		knownFailure(error, signal) ?? unreachable(problemOf(error, remote), error);
	return {
		address,
		failure,
		unreachable,
		async send({method, path, body, signal}) {
			if (signal?.aborted) throw new MofaError('cancelled', {});
			const answer = await exchange({
				connection: base.connection,
				secure: base.secure,
				method,
				path: base.prefix + path,
				headers: headersOf(base.host, body, options.apiKey),
				body,
				signal,
				connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
			}).catch((error: unknown) => {
				throw failure(error, signal);
			});
			if (answer.status >= 200 && answer.status < 300) return answer;
			throw (await refusalOf(answer)) ?? unreachable(`something else answers there, with status ${answer.status}`);
		},
	};
}

interface Base {
	readonly address: string;
	readonly connection: NetConnectOpts & {readonly servername?: string};
	readonly host: string;
	readonly prefix: string;
	readonly secure: boolean;
}

function baseOf(target: ClientTarget): Base {
	if ('socketPath' in target)
		return {
			address: target.socketPath,
			connection: {path: target.socketPath},
			host: 'localhost',
			prefix: '',
			secure: false,
		};
	const url = new URL(target.url);
	const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
	const secure = url.protocol === 'https:';
	const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
	const prefix = url.pathname.replace(/\/$/, '');
	return {
		address: url.origin + prefix,
		connection: {host, port, ...liveness, ...(secure && isIP(host) === 0 ? {servername: host} : {})},
		host: url.host,
		prefix,
		secure,
	};
}

/** A machine that goes off says nothing: it is asked now and then. And small pieces of a live question leave at once. */
const liveness = {keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true} as const;

function headersOf(host: string, body: Call['body'], apiKey: string | undefined): Record<string, string> {
	return {
		host,
		// Shows the daemon that no web page is asking.
		'x-mofa': '1',
		...(apiKey === undefined ? {} : {authorization: `Bearer ${apiKey.replaceAll(/[\r\n]/g, '')}`}),
		...(body === undefined ? {} : {'content-type': typeof body === 'string' ? 'application/json' : framedType}),
	};
}

function knownFailure(error: unknown, signal: AbortSignal | undefined): MofaError | undefined {
	if (MofaError.is(error)) return error;
	const aborted = signal?.aborted || (error instanceof Error && error.name === 'AbortError');
	return aborted ? new MofaError('cancelled', {}, {cause: error}) : undefined;
}

function isOfCertificate(error: unknown): boolean {
	return error instanceof Error && 'code' in error && /CERT|VERIFY/.test(String(error.code));
}

function problemOf(error: unknown, remote: boolean): string {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const known = (remote ? remoteProblems[code] : undefined) ?? problems[code];
	return known ?? (error instanceof Error ? error.message : String(error));
}

const problems: Readonly<Record<string, string>> = {
	ENOENT: 'it is not running',
	ECONNREFUSED: 'it is not running',
	ECONNRESET: 'it ended before its answer was complete',
	EPIPE: 'it ended before it had read the request',
	ENOTFOUND: 'there is no such host',
	EACCES: 'it belongs to another user',
};

const remoteProblems: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nothing listens there',
	ETIMEDOUT: 'it does not answer',
	EHOSTUNREACH: 'no way leads there',
	ENETUNREACH: 'no way leads there',
	EAI_AGAIN: 'its name cannot be looked up now',
};

/** The failure as the daemon sent it; undefined for anything that is not its envelope: something else sent it. */
async function refusalOf({body}: Answer): Promise<MofaError | undefined> {
	let text = '';
	try {
		for await (const chunk of body) {
			text += chunk;
			if (text.length > envelopeLimit) break;
		}
		const {error} = JSON.parse(text) as {readonly error?: unknown};
		if (isWireFailure(error)) return fromWire(error);
	} catch {}
	return undefined;
}

/** Re-creates the failure that crossed the wire. */
export function fromWire({code, data}: WireFailure): MofaError {
	return new MofaError(code, data);
}

export function isWireFailure(value: unknown): value is WireFailure {
	if (typeof value !== 'object' || value === null) return false;
	const {code, data} = value as {readonly code?: FailureCode; readonly data?: unknown};
	return typeof code === 'string' && typeof data === 'object' && data !== null;
}
