import {connect, type NetConnectOpts, type Socket} from 'node:net';
import {StringDecoder} from 'node:string_decoder';
import {ByteReader, cutOff} from './byte-reader.ts';

export interface Question {
	readonly connection: NetConnectOpts;
	readonly secure: boolean;
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Bytes as they come are sent while the answer is read; what is not sent when the answer ends is not sent at all. */
	readonly body?: string | AsyncIterable<Uint8Array> | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly connectTimeoutMs: number;
}

export interface Answer {
	readonly status: number;
	/** UTF-8 text as it comes. Throws when the connection ends before the answer does. Reading it to its end, or leaving the loop, closes the connection. */
	readonly body: AsyncGenerator<string, void, undefined>;
	/** The same as bytes; one of the two is read. */
	readonly bytes: AsyncGenerator<Buffer, void, undefined>;
}

const lineLimit = 65_536;
const headerLimit = 200;

/**
 * One question and its answer in HTTP/1.1, on a connection of its own.
 * `node:http` would do the same, but loading it costs more than everything else a command with a warm daemon does.
 */
export async function exchange(question: Question): Promise<Answer> {
	const socket = await open(question);
	const abort = (): void => void socket.destroy(new DOMException('aborted', 'AbortError'));
	question.signal?.addEventListener('abort', abort, {once: true});
	const close = (): void => {
		question.signal?.removeEventListener('abort', abort);
		socket.destroy();
	};
	try {
		socket.write(encode(question));
		if (typeof question.body === 'object') void send(socket, question.body);
		const reader = new ByteReader(socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>);
		const head = await readHead(reader);
		const content = closing(bytes(reader, head), close);
		return {status: head.status, body: text(content), bytes: content};
	} catch (error) {
		close();
		throw error;
	}
}

async function open({connection, secure, connectTimeoutMs, signal}: Question): Promise<Socket> {
	const socket = secure ? (await import('node:tls')).connect(connection) : connect(connection);
	return new Promise((resolve, reject) => {
		const late = (): void => void socket.destroy(new Error('it does not answer'));
		const timer = setTimeout(late, connectTimeoutMs);
		const abort = (): void => void socket.destroy(new DOMException('aborted', 'AbortError'));
		signal?.addEventListener('abort', abort, {once: true});
		const settle = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener('abort', abort);
		};
		// It stays for the life of the socket: an error after the end has no one else to go to.
		socket.on('error', error => {
			settle();
			reject(error);
		});
		socket.once(secure ? 'secureConnect' : 'connect', () => {
			settle();
			resolve(socket);
		});
	});
}

function encode({method, path, headers, body}: Question): string {
	const lines = Object.entries({...headers, ...lengthOf(body), connection: 'close'}).map(
		([name, value]) => `${name}: ${value}`,
	);
	return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${typeof body === 'string' ? body : ''}`;
}

function lengthOf(body: Question['body']): Record<string, string> {
	if (body === undefined) return {};
	return typeof body === 'string'
		? {'content-length': String(Buffer.byteLength(body))}
		: {'transfer-encoding': 'chunked'};
}

/** Never rejects: a connection that breaks is met by whoever reads the answer. */
async function send(socket: Socket, body: AsyncIterable<Uint8Array>): Promise<void> {
	try {
		for await (const piece of body) {
			if (socket.destroyed) return;
			socket.cork();
			socket.write(`${piece.length.toString(16)}\r\n`);
			socket.write(piece);
			const goesOn = socket.write('\r\n');
			socket.uncork();
			if (!goesOn) await drained(socket);
		}
		socket.write('0\r\n\r\n');
	} catch (error) {
		socket.destroy(error instanceof Error ? error : new Error(String(error)));
	}
}

function drained(socket: Socket): Promise<void> {
	return new Promise(resolve => {
		const settle = (): void => {
			socket.off('drain', settle);
			socket.off('close', settle);
			resolve();
		};
		socket.on('drain', settle);
		socket.on('close', settle);
	});
}

interface Head {
	readonly status: number;
	readonly chunked: boolean;
	/** Undefined: until the connection ends. */
	readonly length: number | undefined;
}

async function readHead(reader: ByteReader): Promise<Head> {
	const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(await reader.line(lineLimit))?.[1]);
	if (Number.isNaN(status)) throw new Error('something else answers there');
	const headers = new Map<string, string>();
	for (let line = await reader.line(lineLimit); line !== ''; line = await reader.line(lineLimit)) {
		const colon = line.indexOf(':');
		headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
		if (headers.size > headerLimit) throw new Error('its answer has too many headers');
	}
	// 1xx comes before the answer proper.
	if (status < 200) return readHead(reader);
	const length = headers.get('content-length');
	return {
		status,
		chunked: /chunked/i.test(headers.get('transfer-encoding') ?? ''),
		length: status === 204 || status === 304 ? 0 : length === undefined ? undefined : Number(length),
	};
}

async function* bytes(reader: ByteReader, {chunked, length}: Head): AsyncGenerator<Buffer> {
	if (chunked) {
		for (let size = await chunkSize(reader); size > 0; size = await chunkSize(reader)) {
			yield* counted(reader, size);
			await reader.line(0);
		}
	} else if (length !== undefined) yield* counted(reader, length);
	else
		for (let chunk = await reader.some(Infinity); chunk !== undefined; chunk = await reader.some(Infinity)) yield chunk;
}

async function chunkSize(reader: ByteReader): Promise<number> {
	const size = Number.parseInt(await reader.line(lineLimit), 16);
	if (!Number.isSafeInteger(size) || size < 0) throw new Error('its answer is not HTTP');
	return size;
}

async function* counted(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
	for (let left = length; left > 0;) {
		const chunk = await reader.some(left);
		if (chunk === undefined) throw cutOff();
		left -= chunk.length;
		yield chunk;
	}
}

async function* closing(chunks: AsyncIterable<Buffer>, close: () => void): AsyncGenerator<Buffer, void, undefined> {
	try {
		yield* chunks;
	} finally {
		close();
	}
}

/** A character may lie across two chunks. */
async function* text(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
	const decoder = new StringDecoder('utf8');
	for await (const chunk of chunks) yield decoder.write(chunk);
	yield decoder.end();
}
