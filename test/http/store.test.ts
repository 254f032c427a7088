import {expect, test} from 'vitest';
import {createHttpClient} from '../../src/client/http-client.ts';
import {MofaError} from '../../src/contract/error.ts';
import type {PullEvent} from '../../src/contract/store.ts';
import {fakeServices, gate, says, tiny, untilAborted} from '../helpers/fake-services.ts';
import {
	fakeAdopt,
	fakeFit,
	fakeHit,
	fakeOutdated,
	fakePrune,
	fakeStore,
	fakeUsage,
	pulledModel,
	pullStart,
	type FakeStore,
} from '../helpers/fake-store.ts';
import {serveApp} from '../helpers/serve-app.ts';

const never = new AbortController().signal;

async function start(store: FakeStore = fakeStore()): Promise<{
	store: FakeStore;
	url: string;
	client: ReturnType<typeof createHttpClient>;
	calls: readonly string[];
}> {
	const services = fakeServices({script: says('x')}, store);
	const {url, socketPath} = await serveApp(services);
	return {store, url, client: createHttpClient({socketPath}), calls: services.calls};
}

const post = (url: string, body: unknown, headers: Record<string, string> = {'x-mofa': '1'}): Promise<Response> =>
	fetch(url, {
		method: 'POST',
		headers: {'content-type': 'application/json', ...headers},
		body: JSON.stringify(body),
	});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const item of items) list.push(item);
	return list;
}

test('every question to the store crosses the wire with its answer', async () => {
	const {client, store} = await start();
	expect(await client.fit({model: 'org/a b:Q4', task: 'chat', contextLength: 4096, signal: never})).toEqual(
		fakeFit({model: 'org/a b:Q4'}),
	);
	expect(await client.search({query: 'qwen & co?', task: null, limit: 3}, never)).toEqual([fakeHit()]);
	expect(await client.search({query: 'x', task: 'chat', limit: 20}, never)).toEqual([fakeHit()]);
	expect(await client.outdated(null, never)).toEqual([fakeOutdated()]);
	expect(await client.outdated(['a/b', 'c:d'], never)).toEqual([fakeOutdated()]);
	expect(await client.usage()).toEqual(fakeUsage());
	expect(await client.prune({dryRun: true})).toEqual(fakePrune({dryRun: true}));
	expect(await client.alias({model: 'a/b', alias: 'c', force: true})).toEqual({alias: 'c', model: 'a/b'});
	expect(await client.adopt({tool: 'ollama', folder: null})).toEqual([fakeAdopt()]);
	expect(await client.registered()).toContainEqual({
		name: 'qwen3:8b',
		tasks: ['chat'],
		bytes: 4_900_000_000,
		runs: true,
	});
	expect(await all(client.verify({models: null, repair: true, signal: never}))).toMatchObject([
		{type: 'verify-progress'},
		{type: 'verify-file', state: 'good'},
		{type: 'verify-end', files: 1},
	]);
	expect(await all(client.pull({model: 'qwen3', evenIfUnfit: true, signal: never}))).toMatchObject([
		pullStart(),
		{type: 'file-progress'},
		{type: 'file-end'},
		{type: 'pull-end', model: pulledModel},
	]);
	expect(store.calls).toEqual([
		'fit org/a b:Q4 chat 4096',
		'search qwen & co? null 3',
		'search x chat 20',
		'outdated all',
		'outdated a/b c:d',
		'prune dry',
		'alias a/b c force',
		'adopt ollama null',
		'verify all repair',
		'pull qwen3 even if unfit',
	]);
});

test('what a body leaves out has a harmless default', async () => {
	const {url, store} = await start();
	for (const [path, body] of [
		['pull', {model: 'qwen3'}],
		['fit', {model: 'qwen3'}],
		['prune', {}],
		['verify', {}],
		['alias', {model: 'a', alias: 'b'}],
		['adopt', {}],
	] as const)
		expect((await post(`${url}/v1/models/${path}`, body)).status).toBe(200);
	expect((await fetch(`${url}/v1/models/search?query=x`)).status).toBe(200);
	expect(store.calls).toEqual([
		'pull qwen3',
		'fit qwen3 null null',
		'prune',
		'verify all',
		'alias a b',
		'adopt null null',
		'search x null 20',
	]);
});

test.each(['pull', 'prune', 'verify', 'alias', 'adopt'])('%s asks for the header no web page can send', async path => {
	const {url, store} = await start();
	const response = await post(`${url}/v1/models/${path}`, {model: 'a', alias: 'b'}, {});
	expect([response.status, await response.json()]).toMatchObject([403, {error: {code: 'unauthorized'}}]);
	expect(store.calls).toEqual([]);
});

test.each([
	['pull', {}, 'model'],
	['pull', {model: ''}, 'model'],
	['pull', {model: 'x'.repeat(2000)}, 'model'],
	['pull', {model: 'a', yes: true}, 'yes'],
	['fit', {model: 'a', contextLength: 1.5}, 'contextLength'],
	['fit', {model: 'a', contextLength: 0}, 'contextLength'],
	['prune', {dryRun: 'no'}, 'dryRun'],
	['verify', {models: 'all'}, 'models'],
	['alias', {model: 'a'}, 'alias'],
	['adopt', {folder: 1}, 'folder'],
])('%s refuses %j and names the field %s', async (path, body, field) => {
	const {url, store} = await start();
	const response = await post(`${url}/v1/models/${path}`, body);
	expect([response.status, await response.json()]).toMatchObject([
		400,
		{error: {code: 'invalid-request', param: field}},
	]);
	expect(store.calls).toEqual([]);
});

test.each(['limit=0', 'limit=1000', 'limit=x', 'nonsense=1'])('search refuses %s', async query => {
	const {url} = await start();
	expect((await fetch(`${url}/v1/models/search?query=a&${query}`)).status).toBe(400);
});

test('a name with slashes is still a model, also when it begins like a question', async () => {
	const {url, calls} = await start();
	expect((await fetch(`${url}/v1/models/${tiny.name}`)).status).toBe(200);
	expect((await fetch(`${url}/v1/models/${encodeURIComponent(tiny.name)}`)).status).toBe(200);
	for (const name of ['search/usage', 'pull', 'outdated/x:Q4'])
		expect((await fetch(`${url}/v1/models/${encodeURIComponent(name)}`)).status).toBe(404);
	expect((await fetch(`${url}/v1/models/pull`, {method: 'DELETE'})).status).toBe(409);
	expect(calls).toEqual([
		`model ${tiny.name}`,
		`model ${tiny.name}`,
		'model search/usage',
		'model pull',
		'model outdated/x:Q4',
		'remove pull false',
	]);
});

test('a verb that is wrong is told which would be right', async () => {
	const {url} = await start();
	const response = await fetch(`${url}/v1/models/usage`, {method: 'POST'});
	expect(response.status).toBe(405);
});

test('a pull that fails before its first event has its status, a later failure is the last line', async () => {
	const gated = new MofaError('gated', {repository: 'org/a', page: 'https://huggingface.co/org/a', signedIn: false});
	const early = await start(
		fakeStore({
			async *pull({model}) {
				if (model === 'org/a') throw gated;
				yield pullStart();
			},
		}),
	);
	const response = await post(`${early.url}/v1/models/pull`, {model: 'org/a'});
	expect([response.status, await response.json()]).toMatchObject([403, {error: {code: 'gated', data: gated.data}}]);
	const late = await start(
		fakeStore({
			async *pull() {
				yield pullStart();
				throw new MofaError('disk-full', {path: '/cache', needs: 2, free: 1});
			},
		}),
	);
	const events: PullEvent[] = [];
	const pull = async (): Promise<void> => {
		for await (const event of late.client.pull({model: 'org/a', evenIfUnfit: false, signal: never})) events.push(event);
	};
	await expect(pull()).rejects.toMatchObject({code: 'disk-full', data: {needs: 2, free: 1}});
	expect(events).toEqual([pullStart()]);
});

test('a client that leaves ends its pull', async () => {
	const ended = gate();
	const {client} = await start(
		fakeStore({
			async *pull({signal}) {
				yield pullStart();
				await untilAborted(signal).catch((error: unknown) => {
					ended.open();
					throw error;
				});
			},
		}),
	);
	const leaving = new AbortController();
	const pull = (async () => {
		for await (const event of client.pull({model: 'qwen3', evenIfUnfit: false, signal: leaving.signal}))
			if (event.type === 'pull-start') leaving.abort();
	})();
	await expect(pull).rejects.toMatchObject({code: 'cancelled'});
	await ended.opened;
});

test('a client that leaves before the first event ends its pull as well', async () => {
	const [begun, ended] = [gate(), gate()];
	const {url} = await start(
		fakeStore({
			async *pull({signal}) {
				begun.open();
				await untilAborted(signal).catch(() => ended.open());
				yield pullStart();
			},
		}),
	);
	const leaving = new AbortController();
	const response = fetch(`${url}/v1/models/pull`, {
		method: 'POST',
		headers: {'content-type': 'application/json', 'x-mofa': '1'},
		body: '{"model":"qwen3"}',
		signal: leaving.signal,
	});
	await begun.opened;
	leaving.abort();
	await expect(response).rejects.toThrow('aborted');
	await ended.opened;
});
