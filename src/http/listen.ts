import {chmod, mkdir} from 'node:fs/promises';
import {createServer, type RequestListener, type Server} from 'node:http';
import type {AddressInfo, ListenOptions, Socket} from 'node:net';
import path from 'node:path';
import {getRequestListener} from '@hono/node-server';
import type {Hono} from 'hono';
import {MofaError} from '../contract/error.ts';
import {envelopeOf, invalid} from './envelope.ts';
import type {AppEnv} from './options.ts';

export interface ListenTarget {
	/** A Unix socket made with mode 0600, or a named pipe. What is left there must have been cleared by its owner. */
	readonly socketPath?: string | undefined;
	readonly host?: {readonly hostname: string; readonly port: number} | undefined;
}

export interface Listening {
	/** `http://127.0.0.1:8420`, or the path of the socket. */
	readonly addresses: readonly string[];
	/** How many requests have not got their whole answer yet. */
	answering(): number;
	/** Takes no more connections and resolves when running answers have ended; `signal` cuts them off. */
	close(signal?: AbortSignal): Promise<void>;
}

/** Serves one app on every address asked for. Throws `network` when one cannot be had. */
export async function listen(app: Hono<AppEnv>, target: ListenTarget): Promise<Listening> {
	const listener = getRequestListener(app.fetch, {
		hostname: 'localhost',
		errorHandler: error => malformed(error),
	}) as RequestListener;
	const opened: Opened[] = [];
	try {
		if (target.socketPath !== undefined) opened.push(await openSocket(listener, target.socketPath));
		if (target.host !== undefined) opened.push(await openHost(listener, target.host));
	} catch (error) {
		await Promise.all(opened.map(({close}) => close()));
		throw error;
	}
	return {
		addresses: opened.map(({address}) => address),
		answering: () => opened.reduce((sum, {answering}) => sum + answering(), 0),
		async close(signal) {
			await Promise.all(opened.map(({close}) => close(signal)));
		},
	};
}

interface Opened {
	readonly address: string;
	readonly answering: () => number;
	readonly close: (signal?: AbortSignal) => Promise<void>;
}

async function openSocket(listener: RequestListener, socketPath: string): Promise<Opened> {
	const {server, ...opened} = closable(listener);
	if (process.platform === 'win32') {
		await bind(server, {path: socketPath}, socketPath);
		return {address: socketPath, ...opened};
	}
	await mkdir(path.dirname(socketPath), {recursive: true, mode: 0o700});
	// The socket is made inside this call, so it never exists with a wider mode.
	const umask = process.umask(0o177);
	const bound = bind(server, {path: socketPath}, socketPath);
	process.umask(umask);
	await bound;
	await chmod(socketPath, 0o600);
	return {address: socketPath, ...opened};
}

async function openHost(listener: RequestListener, host: {hostname: string; port: number}): Promise<Opened> {
	const {server, ...opened} = closable(listener);
	const {hostname, port} = host;
	await bind(server, {host: hostname, port}, `${hostname}:${port}`);
	const bound = server.address() as AddressInfo;
	const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
	return {address: `http://${name}:${bound.port}`, ...opened};
}

function bind(server: Server, options: ListenOptions, address: string): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', error => {
			const data = {address, problem: error.message, daemon: 'cannot-listen'} as const;
			reject(new MofaError('network', data, {cause: error}));
		});
		server.listen(options, resolve);
	});
}

/** Of what is no question that the app could answer. */
const refusals: Readonly<Record<string, string>> = {
	HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
	ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** A server that ends each connection as soon as it has no answer to send, where node's own would wait for some. */
function closable(listener: RequestListener): {server: Server} & Omit<Opened, 'address'> {
	const answering = new Map<Socket, number>();
	let closing = false;
	// Sound may be asked about for as long as somebody speaks; the heads of requests keep their time limit.
	const server = createServer({requestTimeout: 0}, (request, response) => {
		const {socket} = request;
		answering.set(socket, (answering.get(socket) ?? 0) + 1);
		if (closing) response.setHeader('connection', 'close');
		response.once('close', () => {
			const left = (answering.get(socket) ?? 1) - 1;
			if (answering.has(socket)) answering.set(socket, left);
			if (closing && left === 0) socket.end();
		});
		listener(request, response);
	});
	server.on('connection', socket => {
		answering.set(socket, 0);
		socket.once('close', () => answering.delete(socket));
	});
	server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
		const status = refusals[error.code ?? ''] ?? '400 Bad Request';
		if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
		else socket.destroy();
	});
	const close = (signal?: AbortSignal): Promise<void> =>
		new Promise(resolve => {
			closing = true;
			server.close(() => resolve());
			for (const [socket, count] of answering) if (count === 0) socket.destroy();
			const cut = (): void => server.closeAllConnections();
			if (signal?.aborted) cut();
			else signal?.addEventListener('abort', cut, {once: true});
		});
	const answeringNow = (): number => [...answering.values()].reduce((sum, count) => sum + count, 0);
	return {server, close, answering: answeringNow};
}

/** What the server itself refuses before the app sees it: a malformed host or path. */
function malformed(error: unknown): Response {
	const problem = error instanceof Error ? error.message : 'malformed';
	return Response.json(envelopeOf(invalid('request', `a well-formed HTTP request (${problem})`)), {status: 400});
}
