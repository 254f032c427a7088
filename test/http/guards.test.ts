import {request} from 'node:http';
import {expect, test} from 'vitest';
import {isKnownHost} from '../../src/http/guard/host-guard.ts';
import {fakeServices} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly text: string;
}

/** `fetch` would not let us set Host, nor talk to a socket. */
function send(
	target: {url: string} | {socketPath: string},
	path: string,
	headers: Record<string, string>,
	method = 'GET',
): Promise<Answer> {
	const url = 'url' in target ? new URL(target.url) : undefined;
	const where =
		url === undefined
			? {socketPath: (target as {socketPath: string}).socketPath}
			: {host: url.hostname, port: url.port};
	return new Promise((resolve, reject) => {
		const sent = request({...where, path, method, headers, agent: false}, response => {
			let text = '';
			response.setEncoding('utf8');
			response.on('data', (chunk: string) => (text += chunk));
			response.on('end', () => resolve({status: response.statusCode ?? 0, headers: response.headers, text}));
		});
		sent.on('error', reject);
		sent.end();
	});
}

test('a name that a web site could point at this machine is refused, on TCP only', async () => {
	const {url, socketPath} = await serveApp(fakeServices());
	const evil = await send({url}, '/v1/models', {host: 'evil.example:8420'});
	expect([evil.status, JSON.parse(evil.text)]).toMatchObject([403, {error: {code: 'unauthorized'}}]);
	expect(await send({url}, '/v1/models', {host: 'localhost:8420'})).toMatchObject({status: 200});
	expect(await send({socketPath}, '/v1/models', {host: 'evil.example'})).toMatchObject({status: 200});
});

test.each([
	['localhost', true],
	['LOCALHOST:1', true],
	['127.0.0.1:8420', true],
	['[::1]:8420', true],
	['192.168.1.4', true],
	['172.20.0.1', true],
	['', true],
	['box.local', true],
	['app.localhost:80', true],
	['host.docker.internal', true],
	['8.8.8.8', false],
	['172.32.0.1', false],
	['evil.example', false],
	['localhost.evil.example', false],
	['127.0.0.1.evil.example', false],
	['evillocal', false],
])('host %s is known: %s', (host, known) => {
	expect(isKnownHost(host)).toBe(known);
});

test('the host guard lets a configured name through', () => {
	expect(isKnownHost('mofa.example', ['mofa.example'])).toBe(true);
	expect(isKnownHost('mofa.example', ['*'])).toBe(true);
});

test('a page from this machine may call, with every header the official client sends', async () => {
	const {url} = await serveApp(fakeServices());
	const preflight = await send(
		{url},
		'/v1/chat/completions',
		{
			origin: 'http://localhost:3000',
			'access-control-request-method': 'POST',
			'access-control-request-headers': 'authorization, content-type, x-stainless-lang, x-stainless-timeout, x-mofa',
		},
		'OPTIONS',
	);
	expect(preflight).toMatchObject({
		status: 204,
		headers: {
			'access-control-allow-origin': 'http://localhost:3000',
			'access-control-allow-headers': 'authorization, content-type, x-stainless-lang, x-stainless-timeout',
		},
	});
	const answer = await send({url}, '/v1/models/none', {origin: 'http://localhost:3000'});
	expect(answer).toMatchObject({status: 404, headers: {'access-control-allow-origin': 'http://localhost:3000'}});
});

test.each(['https://evil.example', 'null', 'http://localhost.evil.example'])(
	'a page from %s is refused before anything runs',
	async origin => {
		const services = fakeServices();
		const {url} = await serveApp(services);
		const answer = await send({url}, '/v1/models/x?force=true', {origin}, 'DELETE');
		expect(answer.status).toBe(403);
		expect(answer.headers['access-control-allow-origin']).toBeUndefined();
		expect(services.calls).toEqual([]);
	},
);

test('with a key set, TCP needs it and the local socket does not', async () => {
	const {url, socketPath} = await serveApp(fakeServices(), {apiKey: 'secret'});
	const denied = await send({url}, '/v1/models', {});
	expect([denied.status, JSON.parse(denied.text)]).toMatchObject([
		401,
		{error: {type: 'authentication_error', code: 'unauthorized'}},
	]);
	expect(await send({url}, '/v1/models', {authorization: 'Bearer wrong'})).toMatchObject({status: 401});
	expect(await send({url}, '/v1/models', {authorization: 'Bearer secret'})).toMatchObject({status: 200});
	expect(await send({url}, '/health', {})).toMatchObject({status: 200});
	expect(await send({socketPath}, '/v1/models', {})).toMatchObject({status: 200});
});

test('what changes the machine needs a header that no page can send', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	expect(await send({url}, '/v1/shutdown', {}, 'POST')).toMatchObject({status: 403});
	expect(await send({url}, '/v1/backends/llama-cpu', {}, 'DELETE')).toMatchObject({status: 403});
	expect(services.calls).toEqual([]);
	expect(await send({url}, '/v1/shutdown', {'x-mofa': '1'}, 'POST')).toMatchObject({status: 202});
	expect(services.calls).toEqual(['shutdown']);
});
