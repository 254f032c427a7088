import {describe, expect, test} from 'vitest';
import {createHub} from '../../../../src/models/hub/create-hub.ts';
import {hubSettings} from '../../../../src/models/hub/hub-settings.ts';
import {makeCertificate} from '../../../fixtures/hub/certificate.ts';
import {refusals} from '../../../fixtures/hub/fault.ts';
import type {HubRepository} from '../../../fixtures/hub/repository.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {open, signal, small, weights} from './open-hub.ts';

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

	test('a redirect from HTTPS to plain HTTP', async () => {
		const tls = makeCertificate(temporaryFolder());
		if (tls === null) return;
		const {hub} = await open(
			{tls, fault: () => ({do: 'status', status: 307, headers: {location: 'http://127.0.0.1:1/'}})},
			{SSL_CERT_FILE: tls.file},
		);
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({
			code: 'network',
			data: {problem: 'it sends on to an address that is not safe'},
		});
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

describe('a listing', () => {
	const many = (count: number): HubRepository => ({
		...small,
		files: Object.fromEntries(
			Array.from({length: count}, (_, index) => [`shards/part-${index}.txt`, Buffer.from(`${index}`)]),
		),
	});

	test('of fifty thousand files comes page by page', async () => {
		const {hub, server, commit} = await open({repositories: [many(50_000)]});
		const files = await hub.tree(small.name, commit, signal);
		expect(files).toHaveLength(50_000);
		expect(new Set(files.map(({file}) => file)).size).toBe(50_000);
		// A folder stands among the files.
		expect(server.requests).toHaveLength(51);
	}, 60_000);

	test('without an end is refused', async () => {
		let page = 0;
		const {hub, commit} = await open({
			fault: ({path}) => {
				page += 1;
				const files = Array.from({length: 4000}, (_, index) => ({
					type: 'file',
					path: `p${page}/f${index}`,
					oid: 'a'.repeat(40),
					size: 1,
				}));
				const link = `<${path.split('&cursor')[0]}&cursor=${page}>; rel="next"`;
				return {do: 'status', status: 200, headers: {link}, body: JSON.stringify(files)};
			},
		});
		await expect(hub.tree(small.name, commit, signal)).rejects.toMatchObject({
			code: 'model-invalid',
			data: {problem: 'it has more than 100000 files'},
		});
	});

	test.each([
		[
			'names a file twice',
			'[{"type":"file","path":"a","oid":"OID","size":1},{"type":"file","path":"a","oid":"OID","size":2}]',
		],
		['has a negative size', '[{"type":"file","path":"a","oid":"OID","size":-1}]'],
		['has a size beyond numbers', '[{"type":"file","path":"a","oid":"OID","size":1e300}]'],
		['has a hash that is a path', '[{"type":"file","path":"a","oid":"../../x","size":1}]'],
		[
			'has another hash than SHA-256',
			'[{"type":"file","path":"a","oid":"OID","size":1,"lfs":{"oid":"../x","size":1}}]',
		],
		['holds no objects', '[1, null]'],
		['is an object', '{"__proto__": {"length": 1}}'],
	])('that %s is refused', async (_what, body) => {
		const {hub, commit} = await open({fault: () => refusals.json(body.replaceAll('OID', 'a'.repeat(40)))});
		await expect(hub.tree(small.name, commit, signal)).rejects.toMatchObject({code: 'network'});
	});

	test('that sends to another host for its next page is refused', async () => {
		const {hub, server, commit} = await open(
			{fault: () => ({do: 'status', status: 200, headers: {link: '<http://127.0.0.1:1/x>; rel="next"'}, body: '[]'})},
			{HF_TOKEN: 'hf_secret'},
		);
		await expect(hub.tree(small.name, commit, signal)).rejects.toMatchObject({code: 'network'});
		expect(server.requests).toHaveLength(1);
	});

	test('of a mirror that names the Hub for its next page stays at the mirror', async () => {
		const {hub, server, commit} = await open({
			fault: ({path}) =>
				path.includes('cursor')
					? refusals.json('[]')
					: {
							do: 'status',
							status: 200,
							headers: {link: '<https://huggingface.co/api/models/x/tree/y?cursor=2>; rel="next"'},
							body: '[]',
						},
		});
		expect(await hub.tree(small.name, commit, signal)).toEqual([]);
		expect(server.requests.at(-1)?.path).toBe('/api/models/x/tree/y?cursor=2');
	});
});

describe('hostile JSON', () => {
	test.each([
		['brackets without an end', '['.repeat(5_000_000)],
		['an answer that is longer than any', `["${'x'.repeat(17 * 2 ** 20)}"]`],
		['fields of other kinds', '{"sha": {"toString": 1}, "tags": "x"}'],
		['a commit that is a path', '{"sha": "../../../etc/passwd"}'],
	])('such as %s is refused', async (_what, body) => {
		const {hub} = await open({fault: () => refusals.json(body)});
		await expect(hub.revision(small.name, null, signal)).rejects.toMatchObject({code: 'network'});
	});

	test('in the fields that only describe is left out', async () => {
		const sha = 'a'.repeat(40);
		const described = {sha, id: 'x'.repeat(1e6), tags: [1, 'ok', {}], cardData: 'no', gated: 1, pipeline_tag: []};
		const {hub} = await open({fault: () => refusals.json(JSON.stringify(described))});
		expect(await hub.revision(small.name, null, signal)).toEqual({
			repository: small.name,
			commit: sha,
			gated: false,
			license: null,
			pipelineTag: null,
			library: null,
			tags: ['ok'],
			updatedAt: null,
		});
	});
});

describe('where a file is', () => {
	test.each([
		['no commit', {'x-repo-commit': ''}],
		['a commit that is a path', {'x-repo-commit': '../x'}],
		['no hash', {'x-linked-etag': ''}],
		['a hash that is a path', {'x-linked-etag': '"../../x"'}],
		['no size', {'x-linked-size': ''}],
		['a size that is none', {'x-linked-size': '1e999'}],
		['a redirect to a file of this machine', {location: 'file:///etc/passwd'}],
		['a redirect to nothing', {location: 'http://'}],
	])('is refused with %s', async (_what, headers) => {
		const {locate} = await open({fault: ({host}) => (host === 'hub' ? {do: 'headers', headers} : undefined)});
		await expect(locate()).rejects.toMatchObject({code: 'network'});
	});

	test('is refused when it is of another commit', async () => {
		const {locate} = await open({
			fault: ({host}) => (host === 'hub' ? {do: 'headers', headers: {'x-repo-commit': 'b'.repeat(40)}} : undefined),
		});
		await expect(locate()).rejects.toMatchObject({code: 'content-mismatch'});
	});

	test.each([
		['the address that holds a copy', false],
		['the Hub at once', true],
	])('is, for a small one, %s', async (_what, direct) => {
		const {hub, commit} = await open({direct});
		const location = await hub.locate(small.name, commit, 'README.md', signal);
		expect(new URL(location.url).pathname.startsWith('/api/resolve-cache/')).toBe(!direct);
		expect(String(await hub.read(location, 2, 5, signal))).toBe('sma');
	});

	test('is found for names with spaces and letters of every language', async () => {
		const file = 'a folder/模型 #1 100%?.gguf';
		const {hub, server} = await open({repositories: [{...small, files: {[file]: weights}}]});
		const location = await hub.locate(small.name, server.commitOf(small.name), file, signal);
		expect(await hub.read(location, 0, 10, signal)).toEqual(weights.subarray(0, 10));
	});
});

test('a search tells who asks for a yes, and when it changed', async () => {
	const gated = {...small, name: 'org/gated-GGUF', gated: 'auto' as const, downloads: 5};
	const {hub} = await open({repositories: [small, gated]});
	expect(await hub.search({query: 'gguf', filters: ['gguf', 'text-generation'], limit: 1}, signal)).toEqual([
		{
			repository: 'org/gated-GGUF',
			pipelineTag: 'text-generation',
			library: null,
			tags: ['gguf', 'license:mit', 'region:us'],
			downloads: 5,
			likes: 3,
			gated: true,
			updatedAt: '2026-01-02T03:04:05.000Z',
		},
	]);
});
