import {connect} from 'node:net';
import {expect, test} from 'vitest';
import {stat} from 'node:fs/promises';
import {ending, fakeServices, gate, says, untilAborted, type Script} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

const chat = {model: 'tiny', messages: [{role: 'user', content: 'Hi'}]};

const post = (
	url: string,
	body: string | Uint8Array<ArrayBuffer>,
	headers: Record<string, string> = {},
): Promise<Response> => fetch(url, {method: 'POST', headers: {'content-type': 'application/json', ...headers}, body});

test.each([
	['/v1/chat/completions', {...chat, stream: true}],
	['/v1/tasks/chat', {model: 'tiny', request: {messages: chat.messages}}],
	['/v1/pipelines', {pipeline: ['llm'], input: 'Hi'}],
])('a client that leaves %s in the middle gives its lease back', async (path, body) => {
	const services = fakeServices({
		script: async function* (_ask, _request, {signal}) {
			yield {type: 'text-delta', text: 'Hel'};
			await untilAborted(signal);
		},
	});
	const {url} = await serveApp(services);
	const leaving = new AbortController();
	const response = await fetch(url + path, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify(body),
		signal: leaving.signal,
	});
	const reader = response.body?.getReader();
	let text = '';
	for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
		text += new TextDecoder().decode(step.value);
		if (text.includes('Hel')) break;
	}
	expect(text).toContain('Hel');
	expect(services.leases.held()).toBe(1);
	leaving.abort();
	await services.leases.idle();
});

test('a client that leaves before the first event gives its lease back, streaming or not', async () => {
	for (const stream of [true, false]) {
		const running = gate();
		const services = fakeServices({
			script: async function* (ask, _request, {signal}) {
				running.open();
				await untilAborted(signal);
				yield ending(ask);
			},
		});
		const {url} = await serveApp(services);
		const leaving = new AbortController();
		const response = fetch(`${url}/v1/chat/completions`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify({...chat, stream}),
			signal: leaving.signal,
		});
		await running.opened;
		leaving.abort();
		await expect(response).rejects.toThrow('aborted');
		await services.leases.idle();
	}
});

test('a client that leaves while the model loads ends the wait', async () => {
	const asked = gate();
	const ended = gate();
	const services = fakeServices({
		script: says('x'),
		async admit(ask) {
			asked.open();
			await untilAborted(ask.signal).catch(() => ended.open());
		},
	});
	const {url} = await serveApp(services);
	const leaving = new AbortController();
	const response = fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({...chat, stream: true}),
		signal: leaving.signal,
	});
	await asked.opened;
	leaving.abort();
	await expect(response).rejects.toThrow('aborted');
	await ended.opened;
	await services.leases.idle();
});

test('a slow client slows the model down instead of filling memory', async () => {
	let produced = 0;
	const piece = 'x'.repeat(64 * 1024);
	const services = fakeServices({
		script: async function* (ask) {
			for (; produced < 2000; produced += 1) yield {type: 'text-delta', text: piece};
			yield ending(ask);
		},
	});
	const {url} = await serveApp(services);
	const {port} = new URL(url);
	const body = JSON.stringify({...chat, stream: true});
	const socket = connect(Number(port), '127.0.0.1');
	socket.write(
		`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
	);
	await new Promise(resolve => socket.once('data', resolve));
	socket.pause();
	// It has stopped when nothing more is produced over many turns of the event loop.
	for (let before = -1, calm = 0; calm < 200;) {
		await new Promise(resolve => setImmediate(resolve));
		calm = before === produced ? calm + 1 : 0;
		before = produced;
	}
	expect(produced).toBeLessThan(500);
	socket.destroy();
	await services.leases.idle();
	expect(produced).toBeLessThan(500);
});

test('100 clients at once are all answered, and every lease comes back', async () => {
	const services = fakeServices({script: says('Hel', 'lo')});
	const {url} = await serveApp(services);
	const answers = await Promise.all(
		Array.from({length: 100}, async (_, index) => {
			const stream = index % 2 === 0;
			const response = await post(`${url}/v1/chat/completions`, JSON.stringify({...chat, stream}));
			const text = await response.text();
			return stream ? text.endsWith('data: [DONE]\n\n') : text.includes('"content":"Hello"');
		}),
	);
	expect(answers.filter(Boolean)).toHaveLength(100);
	await services.leases.idle();
});

test('a body that is too large is refused, announced or not', async () => {
	const {url} = await serveApp(fakeServices(), {bodyLimit: 1000});
	const large = JSON.stringify({...chat, user: 'x'.repeat(2000)});
	const announced = await post(`${url}/v1/chat/completions`, large);
	expect([announced.status, await announced.json()]).toMatchObject([413, {error: {param: 'body'}}]);
	const chunks = new ReadableStream({
		start(controller) {
			for (const byte of large.match(/.{1,100}/g) ?? []) controller.enqueue(new TextEncoder().encode(byte));
			controller.close();
		},
	});
	const unannounced = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: chunks,
		duplex: 'half',
	} as RequestInit);
	expect(unannounced.status).toBe(413);
});

test.each([
	['', 400],
	['{', 400],
	['[]', 400],
	['null', 400],
	['"x"', 400],
	[`${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
	[`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400],
])('the body %.20s is refused with our envelope', async (body, status) => {
	const {url} = await serveApp(fakeServices());
	const response = await post(`${url}/v1/chat/completions`, body);
	expect([response.status, await response.json()]).toMatchObject([status, {error: {code: 'invalid-request'}}]);
});

test('a body of another type is refused, what curl sends by itself is not', async () => {
	const {url} = await serveApp(fakeServices());
	const send = async (type: string): Promise<number> =>
		(await post(`${url}/v1/chat/completions`, JSON.stringify(chat), {'content-type': type})).status;
	expect(await send('text/plain')).toBe(415);
	expect(await send('multipart/form-data; boundary=x')).toBe(415);
	expect(await send('application/x-www-form-urlencoded')).toBe(200);
	expect(await send('application/json; charset=utf-8')).toBe(200);
});

test('paths and verbs that do not exist are refused with what would be right', async () => {
	const {url} = await serveApp(fakeServices());
	const wrongPath = await fetch(`${url}/chat/completions`);
	expect([wrongPath.status, await wrongPath.json()]).toMatchObject([
		404,
		{error: {data: {path: 'path', expected: expect.stringContaining('/v1/chat/completions')}}},
	]);
	const wrongVerb = await fetch(`${url}/v1/chat/completions`);
	expect([wrongVerb.status, wrongVerb.headers.get('allow')]).toEqual([405, 'POST']);
	expect((await fetch(`${url}/v1/models`, {method: 'DELETE'})).status).toBe(405);
	expect((await fetch(url, {method: 'HEAD'})).status).toBe(200);
	expect(await (await fetch(url)).text()).toBe('mofa is running\n');
});

test.each([
	'GET http://[::1 HTTP/1.1\r\n\r\n',
	'GET / HTTP/1.1\r\nhost: a b\r\n\r\n',
	'nonsense\r\n\r\n',
	'GET /%00%ff%zz HTTP/1.1\r\nhost: localhost\r\n\r\n',
])('the malformed head %j is answered with a 4xx', async head => {
	const {url} = await serveApp(fakeServices());
	const socket = connect(Number(new URL(url).port), '127.0.0.1');
	socket.write(head);
	const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))));
	socket.destroy();
	expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test('the local socket belongs to its user alone', async () => {
	const {socketPath} = await serveApp(fakeServices());
	expect(((await stat(socketPath)).mode & 0o777).toString(8)).toBe('600');
});

test('closing lets a running answer end, cuts idle connections, and takes no new ones', async () => {
	const finish = gate();
	const script: Script = async function* (ask) {
		yield {type: 'text-delta', text: 'Hel'};
		await finish.opened;
		yield {type: 'text-delta', text: 'lo'};
		yield ending(ask);
	};
	const services = fakeServices({script});
	const {url, listening} = await serveApp(services);
	// One connection that never asks, one that is kept alive by the client's pool, one event stream, one running answer.
	const silent = connect(Number(new URL(url).port), '127.0.0.1');
	await new Promise(resolve => silent.once('connect', resolve));
	await (await fetch(url)).text();
	const events = await fetch(`${url}/v1/events`);
	const response = await post(`${url}/v1/chat/completions`, JSON.stringify({...chat, stream: true}));
	services.emit({type: 'daemon-stopping'});
	const closed = listening.close();
	await expect(fetch(url)).rejects.toThrow('fetch failed');
	finish.open();
	expect(await response.text()).toMatch(/"content":"lo".*\[DONE\]\n\n$/s);
	expect(await events.text()).toContain('data: {"type":"daemon-stopping"}\n\n');
	await closed;
	expect(services.listeners()).toBe(0);
});
