import type {NetConnectOpts} from 'node:net';
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
	/** Resolves when the head of a successful answer is there. Throws the failure that the daemon sent, or `daemon-unreachable`. */
	send(call: Call): Promise<Answer>;
	/** What an error met while reading an answer means. */
	failure(error: unknown, signal?: AbortSignal): MofaError;
}

/** An error answer is small; more than this is not ours. */
const envelopeLimit = 1024 ** 2;

/** Every call has a connection of its own, so no stale one is ever met and none delays the end of the process. */
export function createTransport(target: ClientTarget, options: TransportOptions = {}): Transport {
	const base = baseOf(target);
	const failure = (error: unknown, signal?: AbortSignal): MofaError => failureOf(error, base.address, signal);
	return {
		address: base.address,
		failure,
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
			throw await refusalOf(answer, base.address);
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
	return {
		address: url.origin,
		connection: {host, port, ...(secure ? {servername: host} : {})},
		host: url.host,
		prefix: url.pathname.replace(/\/$/, ''),
		secure,
	};
}

function headersOf(host: string, body: Call['body'], apiKey: string | undefined): Record<string, string> {
	return {
		host,
		// Shows the daemon that no web page is asking.
		'x-mofa': '1',
		...(apiKey === undefined ? {} : {authorization: `Bearer ${apiKey.replaceAll(/[\r\n]/g, '')}`}),
		...(body === undefined ? {} : {'content-type': typeof body === 'string' ? 'application/json' : framedType}),
	};
}

function failureOf(error: unknown, address: string, signal: AbortSignal | undefined): MofaError {
	if (MofaError.is(error)) return error;
	if (signal?.aborted || (error instanceof Error && error.name === 'AbortError'))
		return new MofaError('cancelled', {}, {cause: error});
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const problem = problems[code] ?? (error instanceof Error ? error.message : String(error));
	return new MofaError('daemon-unreachable', {address, problem}, {cause: error});
}

const problems: Readonly<Record<string, string>> = {
	ENOENT: 'it is not running',
	ECONNREFUSED: 'it is not running',
	ECONNRESET: 'it ended before its answer was complete',
	EPIPE: 'it ended before it had read the request',
	ENOTFOUND: 'there is no such host',
	EACCES: 'it belongs to another user',
};

/** The failure as the daemon sent it; anything that is not its envelope was sent by something else. */
async function refusalOf({status, body}: Answer, address: string): Promise<MofaError> {
	let text = '';
	try {
		for await (const chunk of body) {
			text += chunk;
			if (text.length > envelopeLimit) break;
		}
		const {error} = JSON.parse(text) as {readonly error?: unknown};
		if (isWireFailure(error)) return fromWire(error);
	} catch {}
	return new MofaError('daemon-unreachable', {address, problem: `something else answers there, with status ${status}`});
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
