import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import {describe, expect, onTestFinished, test} from 'vitest';
import {createHttpClient} from '../../../src/client/http-client.ts';
import {readLines} from '../../../src/client/read-lines.ts';
import {MofaError} from '../../../src/contract/error.ts';
import type {Task} from '../../../src/contract/task.ts';
import {
	ending,
	fakeServices,
	gate,
	pack,
	says,
	tiny,
	untilAborted,
	usage,
	type FakeServices,
	type Script,
} from '../../helpers/fake-services.ts';
import {serveApp} from '../../helpers/serve-app.ts';

const never = new AbortController().signal;
const request = {messages: [{role: 'user' as const, content: 'Hi'}]};

async function start(script: Script = says('Hel', 'lo')): Promise<{
	services: FakeServices;
	client: ReturnType<typeof createHttpClient>;
	url: string;
}> {
	const services = fakeServices({script});
	const {socketPath, url} = await serveApp(services);
	return {services, url, client: createHttpClient({socketPath})};
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const item of items) list.push(item);
	return list;
}

describe('over the local socket', () => {
	test('every question has its answer', async () => {
		const {client, services} = await start();
		expect(await client.version()).toMatchObject({name: 'mofa', protocol: 1});
		expect(await client.models()).toEqual([tiny]);
		expect(await client.model('/some/dir with space/ä%2F.gguf')).toMatchObject({
			name: '/some/dir with space/ä%2F.gguf',
			license: 'MIT',
		});
		expect(await client.defaultModel()).toEqual({model: tiny.name, because: 'it is the only one', toy: false});
		expect(await client.removeModel(tiny.name, {force: true})).toEqual({freedBytes: 7});
		expect(await client.residents()).toMatchObject([{name: tiny.name, pinned: true}]);
		expect(await client.device()).toMatchObject({arch: 'x64'});
		expect(await client.packs()).toEqual([pack]);
		expect(await client.removePack('llama-cpu')).toEqual({freedBytes: 3});
		await client.unload(tiny.name);
		await client.shutdown();
		expect(services.calls).toEqual([
			'model /some/dir with space/ä%2F.gguf',
			`remove ${tiny.name} true`,
			'remove pack llama-cpu',
			`unload ${tiny.name}`,
			'shutdown',
		]);
	});

	test('a run tells of loading, warnings and the task in order', async () => {
		const {client, services} = await start(async function* (ask, _request, {warn}) {
			warn?.({setting: 'min_p', message: 'not known'});
			yield {type: 'text-delta', text: 'Hé'};
			yield ending(ask);
		});
		const run = client.run({
			model: 'tiny',
			task: 'chat',
			request,
			keepAlive: Infinity,
			settings: {a: 1},
			signal: never,
		});
		expect(await all(run)).toEqual([
			{type: 'load-end', model: 'tiny', waitedMs: 3},
			{type: 'warning', warning: {setting: 'min_p', message: 'not known'}},
			{type: 'text-delta', text: 'Hé'},
			{type: 'chat-end', reason: 'stop', usage},
		]);
		expect(services.leases.asks[0]).toMatchObject({keepAlive: Infinity, settings: {a: 1}, task: 'chat'});
		expect(services.leases.requests).toEqual([request]);
	});

	test('a load tells how far it is', async () => {
		const heard = gate();
		const services = fakeServices({
			script: says('x'),
			async admit(ask) {
				ask.progress?.(0.5);
				await heard.opened;
			},
		});
		const {socketPath} = await serveApp(services);
		const events = [];
		for await (const event of createHttpClient({socketPath}).load({model: tiny.name, signal: never})) {
			events.push(event);
			heard.open();
		}
		expect(events).toEqual([
			{type: 'load-progress', model: tiny.name, fraction: 0.5},
			{type: 'load-end', model: tiny.name, waitedMs: 3},
		]);
		await services.leases.idle();
	});

	test('an installation streams, and its failure is the failure', async () => {
		const {client} = await start();
		expect(await all(client.installPack('llama-cpu', never))).toEqual([
			{type: 'pack-progress', phase: 'download', bytes: 1, totalBytes: 2},
			{type: 'pack-end', pack: {...pack, state: 'installed'}},
		]);
		await expect(all(client.installPack('other', never))).rejects.toMatchObject({
			code: 'invalid-request',
			data: {path: 'name', expected: 'a pack'},
		});
	});

	test('events arrive until the daemon stops', async () => {
		const {client, services} = await start();
		const events = all(client.events(never));
		while (services.listeners() === 0) await new Promise(resolve => setImmediate(resolve));
		services.emit({type: 'queue-changed', waiting: 2});
		services.emit({type: 'daemon-stopping'});
		expect(await events).toEqual([{type: 'queue-changed', waiting: 2}, {type: 'daemon-stopping'}]);
	});

	test('failures are the same errors, before and after the first event', async () => {
		const {client, services} = await start(async function* () {
			yield {type: 'text-delta', text: 'Hel'};
			throw new MofaError('runner-failed', {model: 'tiny', reason: 'killed', detail: 'signal 9'});
		});
		const missing = all(client.run({model: 'missing', task: 'chat', request, signal: never}));
		await expect(missing).rejects.toEqual(new MofaError('model-not-found', {model: 'missing', similar: ['tiny']}));
		const failed = all(client.run({model: 'tiny', task: 'chat', request, signal: never}));
		await expect(failed).rejects.toEqual(
			new MofaError('runner-failed', {model: 'tiny', reason: 'killed', detail: 'signal 9'}),
		);
		const invalid = all(client.run({model: 'tiny', task: 'chat', request: {messages: []}, signal: never}));
		await expect(invalid).rejects.toMatchObject({code: 'invalid-request', data: {path: 'messages'}});
		await expect(client.model('nothing')).rejects.toMatchObject({code: 'model-not-found'});
		await services.leases.idle();
	});

	test('an abort and a broken-off loop both give the lease back', async () => {
		const {client, services} = await start(async function* (_ask, _request, {signal}) {
			yield {type: 'text-delta', text: 'Hel'};
			await untilAborted(signal);
		});
		const controller = new AbortController();
		const aborted = (async () => {
			const run = client.run({model: 'tiny', task: 'chat', request, signal: controller.signal});
			for await (const event of run) if (event.type === 'text-delta') controller.abort();
		})();
		await expect(aborted).rejects.toMatchObject({code: 'cancelled'});
		await services.leases.idle();
		for await (const event of client.run({model: 'tiny', task: 'chat', request, signal: never}))
			if (event.type === 'text-delta') break;
		await services.leases.idle();
		await expect(
			all(client.run({model: 'tiny', task: 'chat', request, signal: AbortSignal.abort()})),
		).rejects.toMatchObject({code: 'cancelled'});
	});
});

test('typed arrays cross both ways without becoming lists of numbers', async () => {
	const seen: unknown[] = [];
	const listen: Task<unknown, {readonly type: string}, unknown> = {
		name: 'listen',
		accepts: ['audio'],
		emits: ['audio'],
		parse(input) {
			seen.push(input);
			return input;
		},
		async collect(events) {
			return {all: await all(events)};
		},
		visible: () => true,
	};
	const samples = Float32Array.of(0.5, -1, 1e-7);
	const services = fakeServices({
		script: () =>
			(async function* () {
				yield {type: 'sound', samples, bytes: Buffer.from([1, 2, 3])};
			})() as unknown as AsyncIterable<never>,
	});
	const {socketPath, url} = await serveApp({...services, tasks: {listen}});
	const run = createHttpClient({socketPath}).run as unknown as (ask: unknown) => AsyncIterable<unknown>;
	const events = await all(run({model: 'tiny', task: 'listen', request: {audio: {samples}}, signal: never}));
	expect(seen).toEqual([{audio: {samples}}]);
	expect(events[1]).toEqual({type: 'sound', samples, bytes: Uint8Array.of(1, 2, 3)});
	const headers = {'content-type': 'application/json'};
	const whole = await fetch(`${url}/v1/tasks/listen`, {
		method: 'POST',
		headers,
		body: JSON.stringify({
			model: 'tiny',
			stream: false,
			request: {bytes: {$binary: 'AQID', type: 'Uint8Array'}, bad: 1},
		}),
	});
	expect(await whole.json()).toMatchObject({
		result: {all: [{bytes: {$binary: 'AQID', type: 'Uint8Array'}}]},
		warnings: [],
	});
	const bad = await fetch(`${url}/v1/tasks/listen`, {
		method: 'POST',
		headers,
		body: JSON.stringify({model: 'tiny', request: {deep: [{$binary: 'AQID', type: 'Float32Array'}]}}),
	});
	expect([bad.status, await bad.json()]).toMatchObject([400, {error: {param: 'request.deep.0'}}]);
});

test('a task that is unknown is told which ones there are', async () => {
	const {url} = await start();
	const response = await fetch(`${url}/v1/tasks/dance`, {method: 'POST', body: '{}'});
	expect([response.status, await response.json()]).toMatchObject([
		404,
		{error: {code: 'task-unsupported', data: {task: 'dance', supported: expect.arrayContaining(['chat'])}}},
	]);
});

describe('when there is no daemon, or not one of ours', () => {
	const serve = async (listener: RequestListener): Promise<string> => {
		const server = createServer(listener).listen(0, '127.0.0.1');
		await new Promise(resolve => server.once('listening', resolve));
		onTestFinished(() => {
			server.closeAllConnections();
			server.close();
		});
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	};

	test('a socket or a port where nobody listens is daemon-unreachable', async () => {
		const socketPath = '/nonexistent/daemon.sock';
		await expect(createHttpClient({socketPath}).version()).rejects.toEqual(
			new MofaError('daemon-unreachable', {address: socketPath, problem: 'it is not running'}),
		);
		await expect(createHttpClient({url: 'http://127.0.0.1:1'}).version()).rejects.toMatchObject({
			code: 'daemon-unreachable',
			data: {address: 'http://127.0.0.1:1', problem: 'it is not running'},
		});
	});

	test('an answer cut off in the middle is an error at once', async () => {
		const url = await serve((_request, response) => {
			response.write('{"type":"load-end","model":"tiny","waitedMs":1}\n{"type":"text-del', () =>
				response.socket?.destroy(),
			);
		});
		const events: unknown[] = [];
		const run = async (): Promise<void> => {
			const client = createHttpClient({url});
			for await (const event of client.run({model: 'tiny', task: 'chat', request, signal: never})) events.push(event);
		};
		await expect(run()).rejects.toMatchObject({
			code: 'daemon-unreachable',
			data: {problem: 'it ended before its answer was complete'},
		});
		expect(events).toHaveLength(1);
	});

	test('something else that answers there is told apart', async () => {
		const url = await serve((request, response) => {
			response.statusCode = request.url === '/v1/version' ? 200 : 502;
			response.end(request.url === '/v1/version' ? '{"hello":1}' : '<html>');
		});
		const client = createHttpClient({url});
		await expect(client.version()).rejects.toMatchObject({data: {problem: 'something else answers there'}});
		await expect(client.models()).rejects.toMatchObject({
			data: {problem: 'something else answers there, with status 502'},
		});
	});

	test('an address with a key and a path is spoken to with both', async () => {
		const seen: unknown[] = [];
		const url = await serve((request, response) => {
			seen.push([request.url, request.headers.authorization]);
			response.end('{"packs":[]}');
		});
		await createHttpClient({url: `${url}/behind/`}, {apiKey: 'secret'}).packs();
		expect(seen).toEqual([['/behind/v1/backends', 'Bearer secret']]);
	});
});

test('lines are put together across chunks, and one without an end is refused', async () => {
	const chunks = async function* (...parts: string[]): AsyncGenerator<string> {
		yield* parts;
	};
	expect(await all(readLines(chunks('a', 'b\nc\n\nd', 'e\n'), 10))).toEqual(['ab', 'c', '', 'de']);
	await expect(all(readLines(chunks('abc', 'def'), 4))).rejects.toThrow('longer than 4');
	await expect(all(readLines(chunks('a\nb'), 4))).rejects.toThrow('not complete');
});
