import {createHash} from 'node:crypto';
import {setImmediate as turn} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import type {FileLocation, Hub} from '../../../../src/models/hub/hub.ts';
import {makeCertificate, type Certificate} from '../../../fixtures/hub/certificate.ts';
import {refusals, type Fault} from '../../../fixtures/hub/fault.ts';
import {seeded} from '../../../fixtures/hub/repository.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {open, signal, small, weights} from './open-hub.ts';

const sum = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Takes a file in pieces, and holds the connection back after each one for which `hold` says so. */
async function take(
	hub: Hub,
	location: FileLocation,
	hold: (count: number) => boolean,
	range: readonly [number, number] = [0, location.bytes],
): Promise<{readonly sha256: string; readonly most: number; readonly pieces: number}> {
	const hash = createHash('sha256');
	let [inside, most, pieces] = [0, 0, 0];
	await hub.stream(location, ...range, {
		signal,
		onData(piece) {
			pieces += 1;
			if (!hold(pieces)) return void hash.update(piece);
			most = Math.max(most, (inside += 1));
			return turn()
				.then(turn)
				.then(() => {
					// What is lent stays as it is until it is given back.
					hash.update(piece);
					inside -= 1;
				});
		},
	});
	return {sha256: hash.digest('hex'), most, pieces};
}

describe.each([
	['over HTTP', false],
	['over TLS', true],
])('bytes %s', (_how, secure) => {
	const large = {...small, files: {'large.gguf': {seed: 7, bytes: 24_000_000}}};

	test.each([
		['taken at once', () => false],
		['taken one after the other', () => true],
		['held back now and then', (count: number) => count % 7 === 3],
		['held back by chance', (count: number) => (count * 2_654_435_761) % 11 < 4],
	])('are those of the file when they are %s', async (_what, hold) => {
		const certificate = secure ? makeCertificate(temporaryFolder()) : undefined;
		if (certificate === null) return;
		const {hub, server} = await open(
			{repositories: [large], ...(certificate === undefined ? {} : {tls: certificate})},
			secure ? {SSL_CERT_FILE: (certificate as Certificate).file} : {},
		);
		const location = await hub.locate(large.name, server.commitOf(large.name), 'large.gguf', signal);
		const {sha256, most} = await take(hub, location, hold);
		expect(sha256).toBe(location.sha256);
		expect(most).toBeLessThanOrEqual(1);
		// The same connection serves what is asked next.
		const rest = await take(hub, location, hold, [23_000_001, 24_000_000]);
		expect(rest.sha256).toBe(sum(seeded(7, 24_000_000).subarray(23_000_001)));
		expect(new Set(server.requests.filter(({host}) => host === 'cdn').map(({connection}) => connection)).size).toBe(1);
	});

	test('come whole from a server that closes the connection behind them', async () => {
		const certificate = secure ? makeCertificate(temporaryFolder()) : undefined;
		if (certificate === null) return;
		const {hub, server} = await open(
			{
				repositories: [large],
				...(certificate === undefined ? {} : {tls: certificate}),
				fault: ({host}) => (host === 'cdn' ? {do: 'headers', headers: {connection: 'close'}} : undefined),
			},
			secure ? {SSL_CERT_FILE: (certificate as Certificate).file} : {},
		);
		const location = await hub.locate(large.name, server.commitOf(large.name), 'large.gguf', signal);
		expect((await take(hub, location, count => count % 5 === 0)).sha256).toBe(location.sha256);
	});
});

describe('a range', () => {
	test('that several streams read at once comes over as many connections', async () => {
		const {hub, server, locate} = await open();
		const location = await locate();
		const parts = [0, 1, 2, 3].map(index => [index * 750_000, (index + 1) * 750_000] as const);
		const found = await Promise.all(parts.map(([from, to]) => hub.read(location, from, to, signal)));
		expect(Buffer.concat(found).equals(weights)).toBe(true);
		expect(new Set(server.requests.filter(({host}) => host === 'cdn').map(({connection}) => connection)).size).toBe(4);
	});

	test('that is empty, or begins where the file ends, asks for nothing', async () => {
		const {hub, server, locate} = await open();
		const location = await locate();
		const before = server.requests.length;
		expect(await hub.read(location, 5, 5, signal)).toHaveLength(0);
		expect(await hub.read(location, location.bytes, location.bytes + 10, signal)).toHaveLength(0);
		expect(server.requests).toHaveLength(before);
	});

	test('of the whole file is taken from a server that knows no ranges', async () => {
		const {hub, locate} = await open({fault: ({host}) => (host === 'cdn' ? {do: 'ignore-range'} : undefined)});
		const location = await locate();
		expect((await hub.read(location, 0, location.bytes, signal)).equals(weights)).toBe(true);
	});

	test('is taken whole even when it comes without a length', async () => {
		const whole: Fault = {do: 'truncate', to: Infinity};
		const {hub, locate} = await open({fault: ({host}) => (host === 'cdn' ? whole : undefined)});
		expect((await hub.read(await locate(), 100, 2_000_000, signal)).equals(weights.subarray(100, 2_000_000))).toBe(
			true,
		);
	});

	test('follows a redirect of the CDN, and takes no token along', async () => {
		const {hub, server, locate} = await open(
			{
				fault: ({host, path}) =>
					host === 'cdn' && !path.includes('again')
						? {do: 'status', status: 302, headers: {location: `${path}&again`}}
						: undefined,
			},
			{HF_TOKEN: 'hf_secret'},
		);
		expect(await hub.read(await locate(), 0, 10, signal)).toEqual(weights.subarray(0, 10));
		expect(server.requests.filter(({host}) => host === 'cdn').map(({authorization}) => authorization)).toEqual([
			null,
			null,
		]);
	});

	test('passes on the very failure of its reader, and ends the request', async () => {
		const {hub, locate} = await open();
		const location = await locate();
		const full = Object.assign(new Error('no room'), {code: 'ENOSPC'});
		const thrown = hub.stream(location, 0, location.bytes, {
			signal,
			onData() {
				throw full;
			},
		});
		await expect(thrown).rejects.toBe(full);
		const rejected = hub.stream(location, 0, location.bytes, {signal, onData: () => Promise.reject(full)});
		await expect(rejected).rejects.toBe(full);
	});

	test('that is aborted while its reader holds it back ends at once', async () => {
		const {hub, locate} = await open();
		const location = await locate();
		const abort = new AbortController();
		const reading = hub.stream(location, 0, location.bytes, {
			signal: abort.signal,
			onData() {
				setImmediate(() => abort.abort());
				return new Promise(() => undefined);
			},
		});
		await expect(reading).rejects.toMatchObject({code: 'cancelled'});
		await expect(hub.read(location, 0, 10, abort.signal)).rejects.toMatchObject({code: 'cancelled'});
	});
});

describe('an address of the CDN that has expired', () => {
	test('is asked for anew, once for all ranges', async () => {
		const {hub, server, locate} = await open();
		const location = await locate();
		expect(await hub.read(location, 0, 10, signal)).toEqual(weights.subarray(0, 10));
		server.expireLinks();
		const found = await Promise.all([0, 1, 2].map(index => hub.read(location, index * 10, index * 10 + 10, signal)));
		expect(Buffer.concat(found)).toEqual(weights.subarray(0, 30));
		expect(server.requests.filter(({method}) => method === 'HEAD')).toHaveLength(2);
		server.expireLinks();
		expect(await hub.read(location, 0, 10, signal)).toEqual(weights.subarray(0, 10));
	});

	test('is asked for again after the Hub had no time for it', async () => {
		const {hub, server, locate} = await open({
			fault: ({method, nth}) => (method === 'HEAD' && nth === 2 ? refusals.rateLimited(3) : undefined),
		});
		const location = await locate();
		server.expireLinks();
		await expect(hub.read(location, 0, 10, signal)).rejects.toMatchObject({
			code: 'rate-limited',
			data: {retryAfterSeconds: 3},
		});
		expect(await hub.read(location, 0, 10, signal)).toEqual(weights.subarray(0, 10));
	});

	test('of a file that has changed since is a mismatch', async () => {
		const {hub, server, commit, locate} = await open();
		const location = await locate();
		server.expireLinks();
		server.push({...small, commit, files: {...small.files, 'small-Q8_0.gguf': seeded(2, 3_000_000)}});
		await expect(hub.read(location, 0, 10, signal)).rejects.toMatchObject({code: 'content-mismatch'});
	});

	test('fails as the Hub does when it does not give another', async () => {
		const {hub, server, locate} = await open({
			accepted: [small.name],
			fault: ({method, nth, file}) =>
				method === 'HEAD' && nth > 1 && file !== null ? refusals.gated(small.name, 'http://hub', 401) : undefined,
		});
		const location = await locate();
		server.expireLinks();
		await expect(hub.read(location, 0, 10, signal)).rejects.toMatchObject({code: 'gated'});
	});
});

test('a CDN whose ETag changes midway is not trusted, whatever its ETag is', async () => {
	let etag = '"0123-1"';
	const {hub, locate} = await open({
		fault: ({host}) => (host === 'cdn' ? {do: 'headers', headers: {etag}} : undefined),
	});
	const location = await locate();
	await hub.read(location, 0, 10, signal);
	await hub.read(location, 10, 20, signal);
	etag = '"0123-2"';
	await expect(hub.read(location, 20, 30, signal)).rejects.toMatchObject({code: 'content-mismatch'});
});

test('a file of the Hub itself whose ETag is not the one announced is refused', async () => {
	let wrong = false;
	const {hub, commit} = await open({
		fault: ({method}) =>
			wrong && method === 'GET' ? {do: 'headers', headers: {etag: `"${'a'.repeat(40)}"`}} : undefined,
	});
	const location = await hub.locate(small.name, commit, 'README.md', signal);
	expect(String(await hub.read(location, 0, 10, signal))).toBe('# small');
	wrong = true;
	await expect(hub.read(location, 0, 10, signal)).rejects.toMatchObject({code: 'content-mismatch'});
});

test('a Hub that is closed while a file streams ends it', async () => {
	const {hub, locate} = await open({bytesPerSecond: 100_000});
	const location = await locate();
	const closing: {done?: Promise<void>} = {};
	const reading = hub.stream(location, 0, location.bytes, {signal, onData: () => void (closing.done ??= hub.close())});
	await expect(reading).rejects.toMatchObject({code: 'cancelled'});
	await closing.done;
	await expect(hub.read(location, 0, 10, signal)).rejects.toMatchObject({code: 'cancelled'});
});

test('a stall ends with a failure instead of waiting for ever', async () => {
	const {hub, locate} = await open(
		{fault: ({host}) => (host === 'cdn' ? {do: 'stall', after: 100} : undefined)},
		{HF_HUB_DOWNLOAD_TIMEOUT: '0.5'},
	);
	await expect(hub.read(await locate(), 0, 1000, signal)).rejects.toMatchObject({
		code: 'network',
		data: {problem: 'it stopped sending'},
	});
});
