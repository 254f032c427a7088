import {createServer, type AddressInfo} from 'node:net';
import {expect, onTestFinished, test} from 'vitest';
import {exchange, type Answer} from '../../../src/client/exchange.ts';

/** What a server that writes exactly these pieces, one at a time, is understood to say. Given a signal, it then waits. */
async function ask(pieces: readonly string[], signal?: AbortSignal): Promise<Answer> {
	const server = createServer(socket => {
		socket.on('error', () => undefined);
		socket.once('data', async () => {
			for (const piece of pieces) await new Promise(resolve => socket.write(Buffer.from(piece, 'latin1'), resolve));
			if (signal === undefined) socket.end();
		});
	}).listen(0, '127.0.0.1');
	await new Promise(resolve => server.once('listening', resolve));
	onTestFinished(() => void server.close());
	const {port} = server.address() as AddressInfo;
	return exchange({
		connection: {host: '127.0.0.1', port},
		secure: false,
		method: 'GET',
		path: '/',
		headers: {host: 'x'},
		signal,
		connectTimeoutMs: 5000,
	});
}

async function textOf(answer: Promise<Answer>): Promise<string> {
	let text = '';
	for await (const piece of (await answer).body) text += piece;
	return text;
}

const e = Buffer.from('é').toString('latin1');

test.each([
	['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nh${e}\r\n4\r\nllo!\r\n0\r\n\r\n`, 'héllo!'],
	['a length', `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nh${e}`, 'hé'],
	['the end of the connection', `HTTP/1.0 200 OK\r\n\r\nh${e}`, 'hé'],
	[
		'an interim answer before it',
		'HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
		'ok',
	],
	['no body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
])('an answer with %s is understood, whole or byte by byte', async (_, wire, text) => {
	expect(await textOf(ask([wire]))).toBe(text);
	expect(await textOf(ask(wire.split('')))).toBe(text);
});

test.each([
	['in the head', 'HTTP/1.1 200 OK\r\nContent-'],
	['before a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
	['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc'],
	['short of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
])('an answer cut off %s is an error', async (_, wire) => {
	await expect(textOf(ask([wire]))).rejects.toMatchObject({code: 'ECONNRESET'});
});

test.each([
	['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
	['an endless line', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`],
	['endless headers', `HTTP/1.1 200 OK\r\n${Array.from({length: 500}, (_, index) => `x${index}: y\r\n`).join('')}`],
	['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
])('%s is refused', async (_, wire) => {
	await expect(textOf(ask([wire]))).rejects.toThrow(/answer/);
});

test('an abort ends it, in the middle too', async () => {
	const controller = new AbortController();
	const answer = await ask(['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'], controller.signal);
	expect((await answer.body.next()).value).toBe('abc');
	controller.abort();
	await expect(answer.body.next()).rejects.toThrow('aborted');
});
