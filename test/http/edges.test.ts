import {connect, type Socket} from 'node:net';
import {expect, test} from 'vitest';
import {fakeServices, says} from '../helpers/fake-services.ts';
import {serveApp} from '../helpers/serve-app.ts';

const chat = {model: 'tiny', messages: [{role: 'user', content: 'Hi'}]};

/** What is answered to bytes as they are, to the end of the connection or `enough`. */
async function raw(
	url: string,
	bytes: string | Buffer,
	enough: (text: string) => boolean = () => false,
): Promise<string> {
	const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
	let text = '';
	await new Promise<void>(resolve => {
		socket.on('data', data => {
			text += String(data);
			if (enough(text)) resolve();
		});
		socket.on('error', () => resolve());
		socket.on('close', () => resolve());
		socket.write(bytes);
	});
	socket.destroy();
	return text;
}

test('fields of a form are bounded together, and not only each', async () => {
	const {url} = await serveApp(fakeServices());
	const form = new FormData();
	for (let index = 0; index < 40; index += 1) form.append(`field${index}`, 'x'.repeat(500_000));
	const answer = await fetch(`${url}/v1/audio/transcriptions`, {method: 'POST', body: form});
	expect([answer.status, await answer.json()]).toMatchObject([
		400,
		{error: {message: expect.stringContaining('fields')}},
	]);
});

test.each(['/v1/chat/completions', '/v1/tasks/chat', '/v1/pipelines'])(
	"a chunked body that is cut is nobody's fault: %s",
	async path => {
		const internal: unknown[] = [];
		const services = fakeServices();
		const {url, listening} = await serveApp(services, {onInternal: error => internal.push(error)});
		const socket = connect(Number(new URL(url).port), '127.0.0.1');
		socket.write(
			`POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"mod\r\n`,
		);
		await expect.poll(() => listening.answering()).toBe(1);
		socket.destroy();
		await expect.poll(() => listening.answering()).toBe(0);
		expect(internal).toEqual([]);
	},
);

test('a chunked body that is no chunks is a 400', async () => {
	const {url} = await serveApp(fakeServices());
	const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n';
	expect(await raw(url, `${head}zz\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
});

test('a head that is too long is told from one that is malformed', async () => {
	const {url} = await serveApp(fakeServices());
	const head = `GET /v1/models/${'m'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
	expect(await raw(url, head)).toMatch(/^HTTP\/1\.1 431 /);
});

test("a form that is cut is nobody's fault", async () => {
	const internal: unknown[] = [];
	const {url, listening} = await serveApp(fakeServices(), {onInternal: error => internal.push(error)});
	const socket = connect(Number(new URL(url).port), '127.0.0.1');
	socket.write(
		'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 9999\r\n\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF',
	);
	await expect.poll(() => listening.answering()).toBe(1);
	socket.destroy();
	await expect.poll(() => listening.answering()).toBe(0);
	expect(internal).toEqual([]);
});

test('HEAD of what streams begins nothing', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const answer = await fetch(`${url}/v1/events`, {method: 'HEAD'});
	expect(answer.status).toBe(200);
	expect(services.listeners()).toBe(0);
	expect((await fetch(`${url}/v1/models`, {method: 'HEAD'})).status).toBe(200);
	expect((await fetch(`${url}/v1/chat/completions`, {method: 'HEAD'})).status).toBe(405);
});

test('OPTIONS without a page behind it says what there is', async () => {
	const {url} = await serveApp(fakeServices());
	const answer = await fetch(`${url}/v1/chat/completions`, {method: 'OPTIONS'});
	expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
});

test('a question without a content type is JSON', async () => {
	const {url} = await serveApp(fakeServices());
	const body = JSON.stringify(chat);
	const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`;
	expect(await raw(url, head + body, text => text.includes('choices'))).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
	['a data URI with parameters', 'data:image/png;charset=utf-8;base64,'],
	['a type with digits', 'data:image/x.p2;base64,'],
	['no type', 'data:;base64,'],
])('a picture may come as %s', async (_what, prefix) => {
	const {url} = await serveApp(fakeServices({script: says('a')}));
	const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC';
	const content = [{type: 'image_url', image_url: {url: prefix + png}}];
	const answer = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({model: 'tiny', messages: [{role: 'user', content}]}),
	});
	expect(answer.status).toBe(200);
});

test('a model is kept no longer than a calendar knows: that is for ever', async () => {
	const services = fakeServices();
	const {url} = await serveApp(services);
	const send = (path: string, body: object): Promise<Response> =>
		fetch(url + path, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify(body),
		});
	for (const keep_alive of [1e14, '99999999999d', 3_000_000])
		expect((await send('/v1/chat/completions', {...chat, keep_alive})).status).toBe(200);
	for (const keepAlive of [1e17, null, 1])
		await (await send('/v1/tasks/chat', {model: 'tiny', keepAlive, request: {messages: chat.messages}})).text();
	expect(services.leases.asks.map(ask => ask.keepAlive)).toEqual([
		Infinity,
		Infinity,
		3_000_000_000,
		Infinity,
		Infinity,
		1,
	]);
});

test('half a surrogate and a nought in a text come through, and stop nothing', async () => {
	const services = fakeServices({script: says('\uD83D', '\0', '\uDE00')});
	const {url} = await serveApp(services);
	const answer = await fetch(`${url}/v1/chat/completions`, {
		method: 'POST',
		headers: {'content-type': 'application/json'},
		body: JSON.stringify({...chat, stream: true, messages: [{role: 'user', content: '\uD800\0'}]}),
	});
	expect(await answer.text()).toMatch(/\[DONE\]\n\n$/);
});

test('pipelined questions on one connection are answered in their order', async () => {
	const {url} = await serveApp(fakeServices());
	const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
	const text = await raw(url, get('/health') + get('/v1/version') + get('/nothing'), all => all.includes('404'));
	expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '200', '404']);
});
