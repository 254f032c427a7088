import {request as httpRequest, type IncomingMessage, type RequestOptions} from 'node:http';
import {MofaError, type FailureCode, type WireFailure} from '../contract/error.ts';

/** The daemon's local socket, or its HTTP address. */
export type ClientTarget = {readonly socketPath: string} | {readonly url: string};

export interface TransportOptions {
	/** Sent as a bearer token. */
	readonly apiKey?: string | undefined;
	/** Milliseconds until an address that does not answer at all counts as unreachable. */
	readonly connectTimeoutMs?: number | undefined;
}

export interface Call {
	readonly method: 'GET' | 'POST' | 'DELETE';
	readonly path: string;
	/** Sent as JSON. */
	readonly body?: string | undefined;
	readonly signal?: AbortSignal | undefined;
}

export interface Transport {
	readonly address: string;
	/** Resolves with the head of a successful answer. Throws the failure that the daemon sent, or `daemon-unreachable`. */
	send(call: Call): Promise<IncomingMessage>;
	/** What an error met while reading an answer means. */
	failure(error: unknown, signal?: AbortSignal): MofaError;
}

/** An error answer is small; more than this is not ours. */
const envelopeLimit = 1024 ** 2;

/**
 * `node:http` and nothing else: this is the whole start-up cost of a command whose daemon is warm.
 * Every call has a connection of its own, so no stale one is ever met and none delays the end of the process.
 */
export function createTransport(target: ClientTarget, options: TransportOptions = {}): Transport {
	const base = baseOf(target);
	const failure = (error: unknown, signal?: AbortSignal): MofaError => failureOf(error, base.address, signal);
	return {
		address: base.address,
		failure,
		async send(call) {
			if (call.signal?.aborted) throw new MofaError('cancelled', {});
			const response = await open(base, call, options).catch((error: unknown) => {
				throw failure(error, call.signal);
			});
			const status = response.statusCode ?? 0;
			if (status >= 200 && status < 300) return response;
			throw await refusalOf(response, base.address, status);
		},
	};
}

interface Base {
	readonly address: string;
	readonly options: RequestOptions;
	readonly prefix: string;
	readonly secure: boolean;
}

function baseOf(target: ClientTarget): Base {
	if ('socketPath' in target)
		return {address: target.socketPath, options: {socketPath: target.socketPath}, prefix: '', secure: false};
	const url = new URL(target.url);
	const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
	return {
		address: url.origin,
		options: {host, ...(url.port === '' ? {} : {port: url.port})},
		prefix: url.pathname.replace(/\/$/, ''),
		secure: url.protocol === 'https:',
	};
}

async function open(base: Base, call: Call, options: TransportOptions): Promise<IncomingMessage> {
	// Rarely needed, and TLS is slow to load.
	const request = base.secure ? (await import('node:https')).request : httpRequest;
	const {promise, resolve, reject} = settleable<IncomingMessage>();
	const sent = request({
		...base.options,
		agent: false,
		method: call.method,
		path: base.prefix + call.path,
		headers: headersOf(call, options),
		...(call.signal === undefined ? {} : {signal: call.signal}),
	});
	const connectTimer = setTimeout(
		() => sent.destroy(new Error('it does not answer')),
		options.connectTimeoutMs ?? 10_000,
	);
	sent.once('socket', socket => {
		if (socket.connecting) socket.once('connect', () => clearTimeout(connectTimer));
		else clearTimeout(connectTimer);
	});
	sent.once('close', () => clearTimeout(connectTimer));
	sent.once('response', resolve);
	// A second error may follow the answer; it then comes out of the answer's own stream.
	sent.on('error', reject);
	sent.end(call.body);
	return promise;
}

function settleable<T>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void} {
	let resolve: (value: T) => void = () => undefined;
	let reject: (error: unknown) => void = () => undefined;
	const promise = new Promise<T>((yes, no) => {
		resolve = yes;
		reject = no;
	});
	return {promise, resolve, reject};
}

function headersOf(call: Call, options: TransportOptions): Record<string, string | number> {
	return {
		// Shows the daemon that no web page is asking.
		'x-mofa': '1',
		...(options.apiKey === undefined ? {} : {authorization: `Bearer ${options.apiKey}`}),
		...(call.body === undefined
			? {}
			: {'content-type': 'application/json', 'content-length': Buffer.byteLength(call.body)}),
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
async function refusalOf(response: IncomingMessage, address: string, status: number): Promise<MofaError> {
	let text = '';
	try {
		response.setEncoding('utf8');
		for await (const chunk of response as AsyncIterable<string>) {
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
