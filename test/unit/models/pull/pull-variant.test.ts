import {existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {refusals} from '../../../fixtures/hub/fault.ts';
import {seeded} from '../../../fixtures/hub/repository.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';
import {cacheOf, megabyte, openPull, sha256, type PullSetup} from './setup.ts';

test('a model arrives in the layout of the Hugging Face cache', async () => {
	const setup = await openPull();
	const {events, files} = await setup.pull();
	const {blobs, snapshot, refs} = cacheOf(setup);
	expect(events[0]).toMatchObject({
		type: 'pull-start',
		model: 'org/model',
		totalBytes: setup.totalBytes,
		presentBytes: 0,
	});
	expect(events.filter(({type}) => type === 'file-end').map(event => 'source' in event && event.source)).toEqual(
		Array.from({length: 3}, () => 'downloaded'),
	);
	expect(readFileSync(path.join(refs, 'main'), 'utf8')).toBe(setup.variant.commit);
	for (const {file, bytes, sha256: hash, blobId} of setup.variant.files) {
		const link = path.join(snapshot, ...file.split('/'));
		const up = file.includes('/') ? '../../../' : '../../';
		expect(readlinkSync(link)).toBe(`${up}blobs/${hash ?? blobId}`);
		const content = readFileSync(link);
		expect(content.length).toBe(bytes);
		if (hash !== null) expect(sha256(content)).toBe(hash);
	}
	expect(files.map(({path: at}) => at)).toEqual(
		setup.variant.files.map(({file}) => path.join(snapshot, ...file.split('/'))),
	);
	expect(readdirSync(blobs)).toHaveLength(3);
});

test('what is there is not fetched again', async () => {
	const setup = await openPull();
	await setup.pull();
	const before = setup.server.requests.length;
	const {events} = await setup.pull();
	expect(setup.server.requests).toHaveLength(before);
	expect(events[0]).toMatchObject({type: 'pull-start', presentBytes: setup.totalBytes});
	expect(events.filter(event => event.type === 'file-end' && event.source === 'present')).toHaveLength(3);
});

test('a file that is the same in another commit is only linked', async () => {
	const setup = await openPull();
	await setup.pull();
	setup.server.push({...setup.repository, files: {...setup.repository.files, 'README.md': Buffer.from('new')}});
	const variant = await setup.describe();
	expect(variant.commit).not.toBe(setup.variant.commit);
	const sent = setup.server.sentBytes();
	const {events} = await setup.pull({variant});
	expect(setup.server.sentBytes()).toBe(sent);
	expect(events[0]).toMatchObject({type: 'pull-start', presentBytes: setup.totalBytes});
	expect(existsSync(path.join(cacheOf(setup, variant.commit).snapshot, 'model-Q8_0.gguf'))).toBe(true);
	expect(readFileSync(path.join(cacheOf(setup).refs, 'main'), 'utf8')).toBe(variant.commit);
});

test('progress never goes backwards and ends at the whole file', async () => {
	const setup = await openPull({bytesPerSecond: 40 * megabyte});
	const {events} = await setup.pull();
	for (const {file, bytes} of setup.variant.files) {
		const told = events.filter(event => event.type === 'file-progress' && event.file === file);
		const numbers = told.map(event => (event.type === 'file-progress' ? event.bytes : 0));
		expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
		expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(bytes);
	}
});

describe('what goes wrong on the way', () => {
	test('connections that are cut are begun again where they ended', async () => {
		const setup = await openPull({
			fault: ({host, nth}) => (host === 'cdn' && nth <= 3 ? {do: 'cut', after: 1.5 * megabyte} : undefined),
		});
		const {events} = await setup.pull();
		expect(events.some(({type}) => type === 'file-retry')).toBe(true);
		expect(setup.server.sentBytes()).toBeLessThan(setup.totalBytes * 1.1);
		setup.expectRight();
	});

	test('a connection that falls silent is begun again, and none of its bytes are lost', async () => {
		const setup = await openPull({
			fault: ({host, nth}) => (host === 'cdn' && nth === 2 ? {do: 'stall', after: 2 * megabyte} : undefined),
		});
		const {events} = await setup.pull({stallMs: 300});
		expect(events).toContainEqual(expect.objectContaining({type: 'file-retry', problem: 'it stopped sending'}));
		expect(setup.server.sentBytes()).toBeLessThan(setup.totalBytes * 1.05);
		setup.expectRight();
	});

	test('a server that asks to wait is waited for', async () => {
		const setup = await openPull({
			fault: ({host, method, nth}) =>
				host === 'cdn' && method === 'GET' && nth === 1 ? refusals.rateLimited(1) : undefined,
		});
		const {events} = await setup.pull();
		expect(events).toContainEqual(expect.objectContaining({type: 'file-retry', waitMs: 1000}));
		setup.expectRight();
	});

	test('a server that stumbles is asked again', async () => {
		const setup = await openPull({
			fault: ({host, nth}) => (host === 'cdn' && nth <= 6 ? refusals.unavailable(500) : undefined),
		});
		const {events} = await setup.pull();
		expect(events.some(({type}) => type === 'file-retry')).toBe(true);
		setup.expectRight();
	});

	test('a server without ranges sends the whole file', async () => {
		const setup = await openPull({fault: ({host}) => (host === 'cdn' ? {do: 'ignore-range'} : undefined)});
		await setup.pull();
		setup.expectRight();
	});

	test('a server without ranges that falls silent is asked again, and what came is not lost', async () => {
		const offered: number[] = [];
		const setup = await openPull({
			fault: ({host, file, nth, range}) => {
				if (host !== 'cdn' || file !== 'model-Q8_0.gguf') return undefined;
				if (range !== `bytes=0-${25 * megabyte + 12_345 - 1}`) return {do: 'ignore-range'};
				offered.push(nth);
				return offered.length <= 2 ? {do: 'stall', after: offered.length * 9 * megabyte} : undefined;
			},
		});
		const {events} = await setup.pull({stallMs: 300});
		expect(offered).toHaveLength(3);
		expect(events).toContainEqual(expect.objectContaining({type: 'file-retry', problem: 'it stopped sending'}));
		setup.expectRight();
	});

	test('a server without ranges that brings nothing new is given up', {timeout: 120_000}, async () => {
		const setup = await openPull({
			fault: ({host, range}) =>
				host === 'cdn'
					? range?.startsWith('bytes=0-26')
						? {do: 'cut', after: 1000}
						: {do: 'ignore-range'}
					: undefined,
		});
		const stop = new AbortController();
		const waits: number[] = [];
		const pulling = setup.pull({
			signal: stop.signal,
			onEvent: event => {
				if (event.type !== 'file-retry') return;
				waits.push(event.waitMs);
				if (waits.length === 4) stop.abort();
			},
		});
		await expect(pulling).rejects.toMatchObject({code: 'cancelled'});
		expect(waits[3]).toBeGreaterThan((waits[1] ?? 0) * 1.5);
	});

	test('another ETag of the CDN is no other file when the Hub says so, and costs no bytes', async () => {
		let changed = 0;
		const setup = await openPull({
			bytesPerSecond: 20 * megabyte,
			fault: ({host, nth}) => {
				if (host !== 'cdn' || nth < 3 || nth > 4) return undefined;
				changed += 1;
				return {do: 'headers', headers: {etag: '"another-edge"'}};
			},
		});
		await setup.pull();
		expect(changed).toBeGreaterThan(0);
		expect(setup.server.sentBytes()).toBeLessThan(setup.totalBytes * 1.1);
		setup.expectRight();
	});

	test('addresses that expire are asked for anew', async () => {
		const setup = await openPull({bytesPerSecond: 20 * megabyte});
		let expired = false;
		await setup.pull({
			onEvent: event => {
				if (expired || event.type !== 'file-progress' || event.bytes < 4 * megabyte) return;
				expired = true;
				setup.server.expireLinks();
			},
		});
		expect(expired).toBe(true);
		setup.expectRight();
	});

	test('damage on the way is noticed, and a second copy is fetched', async () => {
		const setup = await openPull({
			fault: ({host, nth}) =>
				host === 'cdn' && nth <= 8 ? {do: 'damage', from: 5 * megabyte, to: 5 * megabyte + 3} : undefined,
		});
		const {events} = await setup.pull();
		expect(events).toContainEqual(
			expect.objectContaining({type: 'file-retry', problem: expect.stringContaining('second copy')}),
		);
		setup.expectRight();
	});

	test('what is wrong twice is discarded, and nothing of it is published', async () => {
		const setup = await openPull({
			fault: ({host}) => (host === 'cdn' ? {do: 'damage', from: 5 * megabyte, to: 5 * megabyte + 3} : undefined),
		});
		await expect(setup.pull()).rejects.toMatchObject({code: 'content-mismatch', data: {file: 'model-Q8_0.gguf'}});
		const {blobs, snapshot, refs} = cacheOf(setup);
		expect(readdirSync(blobs).filter(name => name.length >= 64)).toEqual([]);
		expect(existsSync(path.join(snapshot, 'model-Q8_0.gguf'))).toBe(false);
		expect(existsSync(path.join(refs, 'main'))).toBe(false);
	});

	test('a file that changed is told as such', async () => {
		const setup = await openPull({
			fault: ({host, method, file}) =>
				host === 'hub' && method === 'HEAD' && file === 'model-Q8_0.gguf'
					? {do: 'headers', headers: {'x-linked-etag': `"${'a'.repeat(64)}"`}}
					: undefined,
		});
		await expect(setup.pull()).rejects.toMatchObject({code: 'content-mismatch', data: {file: 'model-Q8_0.gguf'}});
		expect(existsSync(path.join(cacheOf(setup).refs, 'main'))).toBe(false);
	});

	test('a gated model fails at once', async () => {
		const setup = await openPull({
			fault: ({method, file}) =>
				method === 'HEAD' && file !== null ? refusals.gated('org/model', 'http://hub', 403) : undefined,
		});
		await expect(setup.pull()).rejects.toMatchObject({code: 'gated'});
	});
});

describe('what an earlier pull left', () => {
	test('a pull that was stopped goes on where it ended', async () => {
		const setup = await openPull({bytesPerSecond: 10 * megabyte});
		const stop = new AbortController();
		const stopped = setup.pull({
			signal: stop.signal,
			onEvent: event => {
				if (event.type === 'file-progress' && event.bytes > 6 * megabyte) stop.abort();
			},
		});
		await expect(stopped).rejects.toMatchObject({code: 'cancelled'});
		const {events} = await setup.pull();
		const [start] = events;
		expect(start?.type === 'pull-start' && start.presentBytes).toBeGreaterThan(6 * megabyte);
		expect(setup.server.sentBytes()).toBeLessThan(setup.totalBytes * 1.1);
		setup.expectRight();
	});

	test('bytes that the disk has lost are fetched again, and no others', async () => {
		const setup = await openPull({bytesPerSecond: 10 * megabyte});
		const stop = new AbortController();
		await setup
			.pull({
				signal: stop.signal,
				onEvent: event => {
					if (event.type === 'file-progress' && event.bytes > 10 * megabyte) stop.abort();
				},
			})
			.catch(() => undefined);
		const {blobs} = cacheOf(setup);
		const name = readdirSync(blobs).find(file => file.endsWith('.mofa-partial')) ?? '';
		const partial = readFileSync(path.join(blobs, name));
		partial.fill(0, 1000, 2000);
		writeFileSync(path.join(blobs, name), partial);
		await setup.pull();
		expect(setup.server.sentBytes()).toBeLessThan(setup.totalBytes + 6 * megabyte);
		setup.expectRight();
	});

	test('what is left of another file under this name is not used', async () => {
		const setup = await openPull();
		const {blobs} = cacheOf(setup);
		mkdirSync(blobs, {recursive: true});
		const partial = path.join(blobs, `${setup.variant.files[2]?.sha256}.mofa-partial`);
		writeFileSync(partial, 'nonsense');
		writeFileSync(`${partial}.parts`, '{"version": 1, "etag": 7}');
		await setup.pull();
		setup.expectRight();
		expect(readdirSync(blobs)).toHaveLength(3);
	});

	test('a journal that a killed process left beside a finished file goes', async () => {
		const setup = await openPull();
		await setup.pull();
		const {blobs} = cacheOf(setup);
		const journal = path.join(blobs, `${setup.variant.files[2]?.sha256}.mofa-partial.parts`);
		writeFileSync(journal, 'done');
		await setup.pull();
		expect(existsSync(journal)).toBe(false);
	});

	test('a repair that was not finished is left alone', async () => {
		const setup = await openPull();
		await setup.pull();
		const {blobs} = cacheOf(setup);
		const partial = path.join(blobs, `${setup.variant.files[2]?.sha256}.mofa-partial`);
		writeFileSync(partial, 'half');
		writeFileSync(`${partial}.parts`, 'half');
		await setup.pull();
		expect([existsSync(partial), existsSync(`${partial}.parts`)]).toEqual([true, true]);
	});

	test('downloads of other tools are left alone', async () => {
		const setup = await openPull();
		const {blobs} = cacheOf(setup);
		mkdirSync(blobs, {recursive: true});
		writeFileSync(path.join(blobs, `${setup.variant.files[2]?.sha256}.abcd.incomplete`), 'half');
		await setup.pull();
		expect(readFileSync(path.join(blobs, `${setup.variant.files[2]?.sha256}.abcd.incomplete`), 'utf8')).toBe('half');
	});
});

test('pulls of the same model at the same time fetch it once', async () => {
	const setup = await openPull({bytesPerSecond: 40 * megabyte});
	const pulls = await Promise.all([setup.pull(), setup.pull(), setup.pull()]);
	expect(setup.server.sentBytes()).toBe(setup.totalBytes);
	const sources = pulls.flatMap(({events}) =>
		events.flatMap(event => (event.type === 'file-end' ? [event.source] : [])),
	);
	expect(sources.filter(source => source === 'downloaded')).toHaveLength(3);
	expect(sources.filter(source => source === 'shared')).toHaveLength(6);
});

test('a pull that others share goes on when the first one leaves', async () => {
	const setup = await openPull({bytesPerSecond: 10 * megabyte});
	const stop = new AbortController();
	const first = setup.pull({
		signal: stop.signal,
		onEvent: event => {
			if (event.type === 'file-progress' && event.bytes > 2 * megabyte) stop.abort();
		},
	});
	const second = setup.pull();
	await expect(first).rejects.toMatchObject({code: 'cancelled'});
	await second;
	expect(setup.server.sentBytes()).toBe(setup.totalBytes);
	setup.expectRight();
});

test('an empty file is a file', async () => {
	const setup = await openPull({}, {'model.gguf': seeded(1, 5000), 'empty.txt': Buffer.alloc(0)});
	await setup.pull();
	expect(readFileSync(path.join(cacheOf(setup).snapshot, 'empty.txt'))).toHaveLength(0);
});

describe('a cache that someone prepared', () => {
	const folders: ReadonlyArray<[string, (setup: PullSetup) => string]> = [
		['the repository', setup => cacheOf(setup).root],
		['blobs', setup => cacheOf(setup).blobs],
		['snapshots', setup => path.dirname(cacheOf(setup).snapshot)],
		['the commit', setup => cacheOf(setup).snapshot],
		['a folder of the model', setup => path.join(cacheOf(setup).snapshot, 'onnx')],
		['refs', setup => cacheOf(setup).refs],
		['locks', setup => path.join(setup.cache, '.locks')],
		["the repository's locks", setup => path.join(setup.cache, '.locks', 'models--org--model')],
	];
	test.each(folders)('a link in the place of %s is not followed', async (_title, find) => {
		const setup = await openPull();
		const outside = temporaryFolder();
		const place = find(setup);
		mkdirSync(path.dirname(place), {recursive: true});
		symlinkSync(outside, place);
		await expect(setup.pull()).rejects.toMatchObject({code: 'file-error', data: {path: place}});
		expect(readdirSync(outside)).toEqual([]);
	});

	test('links in the places of files are replaced, and what they lead to is left alone', async () => {
		const setup = await openPull();
		const outside = path.join(temporaryFolder(), 'precious');
		writeFileSync(outside, 'mine');
		const {blobs, snapshot, refs} = cacheOf(setup);
		for (const folder of [blobs, snapshot, refs]) mkdirSync(folder, {recursive: true});
		const {sha256: etag} = setup.variant.files[2] ?? {};
		symlinkSync(outside, path.join(blobs, etag ?? ''));
		symlinkSync(outside, path.join(snapshot, 'model-Q8_0.gguf'));
		symlinkSync(outside, path.join(refs, 'main'));
		await setup.pull();
		expect(readFileSync(outside, 'utf8')).toBe('mine');
		setup.expectRight();
	});

	test('a link in the place of a download is refused', async () => {
		const setup = await openPull();
		const outside = path.join(temporaryFolder(), 'precious');
		writeFileSync(outside, 'mine');
		const {blobs} = cacheOf(setup);
		mkdirSync(blobs, {recursive: true});
		const partial = path.join(blobs, `${setup.variant.files[2]?.sha256}.mofa-partial`);
		symlinkSync(outside, partial);
		symlinkSync(outside, `${partial}.parts`);
		await setup.pull().catch((error: unknown) => expect(MofaError.is(error, 'file-error')).toBe(true));
		expect(readFileSync(outside, 'utf8')).toBe('mine');
	});
});
