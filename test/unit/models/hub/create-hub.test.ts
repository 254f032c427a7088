import {describe, expect, onTestFinished, test} from 'vitest';
import {createHub} from '../../../../src/models/hub/create-hub.ts';
import type {Hub} from '../../../../src/models/hub/hub.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {seeded, type HubRepository} from '../../../fixtures/hub/repository.ts';
import {startHub, type HubServer, type HubServerOptions} from '../../../fixtures/hub/start-hub.ts';

const signal = new AbortController().signal;
const weights = seeded(1, 3_000_000);
const small: HubRepository = {
	name: 'Org/Small-GGUF',
	files: {'README.md': Buffer.from('# small'), 'small-Q8_0.gguf': weights},
	license: 'mit',
	pipelineTag: 'text-generation',
	tags: ['gguf'],
};

async function open(
	options: Partial<HubServerOptions> = {},
	env: Record<string, string> = {},
): Promise<{hub: Hub; server: HubServer; commit: string}> {
	const server = await startHub({repositories: [small], ...options});
	const hub = createHub({
		settings: hubSettings({HF_ENDPOINT: server.endpoint, HF_HOME: '/nowhere', ...env}, '/nowhere'),
	});
	onTestFinished(async () => {
		await hub.close();
		await server.close();
	});
	return {hub, server, commit: server.commitOf(small.name)};
}

describe('a repository', () => {
	test('is known by its commit, licence and task', async () => {
		const {hub, commit} = await open();
		expect(await hub.revision('org/small-gguf', null, signal)).toMatchObject({
			repository: 'Org/Small-GGUF',
			commit,
			gated: false,
			license: 'mit',
			pipelineTag: 'text-generation',
		});
	});

	test('lists its files with sizes and hashes, over several pages', async () => {
		const files = Object.fromEntries(
			Array.from({length: 25}, (_, index) => [`f${index}.txt`, Buffer.from(`${index}`)]),
		);
		const {hub, server} = await open({repositories: [{...small, files: {...small.files, ...files}}], treePageSize: 10});
		const tree = await hub.tree(small.name, server.commitOf(small.name), signal);
		expect(tree).toHaveLength(27);
		expect(tree.find(({file}) => file === 'small-Q8_0.gguf')).toMatchObject({
			bytes: weights.length,
			sha256: server.fileOf(small.name, 'small-Q8_0.gguf').sha256,
		});
		expect(tree.find(({file}) => file === 'README.md')?.sha256).toBeNull();
	});

	test('is found under the name it had before', async () => {
		const {hub} = await open({repositories: [{...small, formerly: 'old/name'}]});
		expect(await hub.revision('old/name', null, signal)).toMatchObject({
			commit: expect.stringMatching(/^[\da-f]{40}$/),
		});
	});
});

describe('a file', () => {
	test('in LFS is located on the CDN, and its bytes come without the token', async () => {
		const {hub, server, commit} = await open({}, {HF_TOKEN: 'hf_secret'});
		const location = await hub.locate(small.name, commit, 'small-Q8_0.gguf', signal);
		expect(location).toMatchObject({bytes: weights.length, sha256: location.etag});
		expect(location.url.startsWith(server.cdn)).toBe(true);
		const piece = await hub.read(location, 1_000_000, 2_500_000, signal);
		expect(piece.equals(weights.subarray(1_000_000, 2_500_000))).toBe(true);
		const byHost = (host: string): unknown[] =>
			server.requests.filter(request => request.host === host).map(({authorization}) => authorization);
		expect(byHost('hub')).toEqual(['Bearer hf_secret']);
		expect(byHost('cdn')).toEqual([null]);
	});

	test('that is small comes from the Hub itself', async () => {
		const {hub, server, commit} = await open();
		const location = await hub.locate(small.name, commit, 'README.md', signal);
		expect(location).toMatchObject({sha256: null, etag: server.fileOf(small.name, 'README.md').blobId});
		expect((await hub.read(location, 0, 100, signal)).toString()).toBe('# small');
	});

	test('waits for its reader: a piece is given only when the one before was taken', async () => {
		const {hub, commit} = await open();
		const location = await hub.locate(small.name, commit, 'small-Q8_0.gguf', signal);
		let inside = 0;
		let most = 0;
		let bytes = 0;
		await hub.stream(location, 0, location.bytes, {
			signal,
			async onData(piece) {
				inside += 1;
				most = Math.max(most, inside);
				bytes += piece.length;
				await new Promise(resolve => setImmediate(resolve));
				inside -= 1;
			},
		});
		expect({most, bytes}).toEqual({most: 1, bytes: weights.length});
	});

	test.each([
		['a range that is ignored', {do: 'ignore-range'}, 'content-mismatch'],
		['another range', {do: 'headers', headers: {'content-range': 'bytes 0-9/3000000'}}, 'content-mismatch'],
		['another size', {do: 'headers', headers: {'content-range': 'bytes 100-199/9'}}, 'content-mismatch'],
		['another length', {do: 'headers', headers: {'content-length': '9'}}, 'content-mismatch'],
		['compressed bytes', {do: 'headers', headers: {'content-encoding': 'gzip'}}, 'content-mismatch'],
		['an answer that ends too early', {do: 'truncate', to: 50}, 'network'],
		[
			'a web page',
			{do: 'status', status: 200, headers: {'content-type': 'text/html'}, body: '<p>'},
			'content-mismatch',
		],
		['a connection that is cut', {do: 'cut', after: 50}, 'network'],
		['a CDN that refuses every link', {do: 'status', status: 403}, 'network'],
		['too many requests', {do: 'status', status: 429, headers: {'retry-after': '7'}}, 'rate-limited'],
		['an error of the server', {do: 'status', status: 502}, 'network'],
		['a file that became shorter', {do: 'status', status: 416}, 'content-mismatch'],
	] as const)('is refused for %s', async (_what, fault, code) => {
		const {hub, commit} = await open({fault: ({host}) => (host === 'cdn' ? fault : undefined)});
		const location = await hub.locate(small.name, commit, 'small-Q8_0.gguf', signal);
		await expect(hub.read(location, 100, 200, signal)).rejects.toMatchObject({code});
	});

	test('stops coming when the reader leaves', async () => {
		const {hub, commit} = await open({bytesPerSecond: 100_000});
		const location = await hub.locate(small.name, commit, 'small-Q8_0.gguf', signal);
		const abort = new AbortController();
		const reading = hub.stream(location, 0, location.bytes, {signal: abort.signal, onData: () => abort.abort()});
		await expect(reading).rejects.toMatchObject({code: 'cancelled'});
	});
});

describe('what the Hub refuses is told apart', () => {
	test('a repository that is not there, with and without a token', async () => {
		const {hub} = await open();
		await expect(hub.revision('org/nothing', null, signal)).rejects.toMatchObject({code: 'model-not-found'});
		const known = await open({}, {HF_TOKEN: 'hf_x'});
		await expect(known.hub.revision('org/nothing', null, signal)).rejects.toMatchObject({code: 'model-not-found'});
	});

	test('a revision and a file that are not there', async () => {
		const {hub, commit} = await open();
		await expect(hub.revision(small.name, 'v9', signal)).rejects.toMatchObject({data: {model: 'Org/Small-GGUF@v9'}});
		await expect(hub.locate(small.name, commit, 'no.gguf', signal)).rejects.toMatchObject({
			data: {model: 'Org/Small-GGUF/no.gguf'},
		});
	});

	test('a licence to accept, with the page to do it on', async () => {
		const repositories = [{...small, gated: 'manual' as const}];
		const {hub, server, commit} = await open({repositories});
		await expect(hub.locate(small.name, commit, 'small-Q8_0.gguf', signal)).rejects.toMatchObject({
			code: 'gated',
			data: {page: `${server.endpoint}/Org/Small-GGUF`, signedIn: false},
		});
	});

	test('a token that is not valid', async () => {
		const {hub} = await open({tokens: ['hf_good']}, {HF_TOKEN: 'hf_bad'});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'unauthorized'});
	});

	test.each([
		['a web page', {'content-type': 'text/html'}, '<html>sign in</html>', /sign in/],
		['no JSON', {'content-type': 'application/json'}, '{"sha": ', /no JSON/],
		['other JSON', {'content-type': 'application/json'}, '{"sha": 5}', /not what the Hub sends/],
		['a list', {'content-type': 'application/json'}, '[]', /not what the Hub sends/],
	])('%s in place of an answer', async (_what, headers, body, problem) => {
		const {hub} = await open({fault: () => ({do: 'status', status: 200, headers, body})});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {problem: expect.stringMatching(problem)},
		});
	});

	test('redirects without an end', async () => {
		const {hub} = await open({fault: ({path}) => ({do: 'status', status: 307, headers: {location: path}})});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'network'});
	});

	test('a host that refuses the connection', async () => {
		const hub = createHub({settings: hubSettings({HF_ENDPOINT: 'http://127.0.0.1:1'}, '/nowhere')});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'network'});
		await hub.close();
	});

	test('a user who stays off the network', async () => {
		const {hub, server} = await open({}, {HF_HUB_OFFLINE: '1'});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'offline',
			data: {setting: 'HF_HUB_OFFLINE'},
		});
		expect(server.requests).toEqual([]);
	});
});

test.each([
	'../../etc/passwd',
	'/etc/passwd',
	'a/../b',
	'CON',
	'nul.gguf',
	'a\u0000b',
	'x'.repeat(2000),
	'a\\b',
	'c:x',
	'dot.',
])('a file named %j makes the whole listing refused', async file => {
	const {hub, commit} = await open({
		repositories: [{...small, files: {[file]: Buffer.from('x')}, commit: 'a'.repeat(40)}],
	});
	expect(commit).toBe('a'.repeat(40));
	await expect(hub.tree(small.name, commit, signal)).rejects.toMatchObject({code: 'model-invalid'});
});

test('a search finds repositories by words and filters', async () => {
	const {hub} = await open({repositories: [small, {...small, name: 'org/other', tags: []}]});
	const hits = await hub.search({query: 'org', filters: ['gguf'], limit: 5}, signal);
	expect(hits.map(({repository}) => repository)).toEqual(['Org/Small-GGUF']);
});
