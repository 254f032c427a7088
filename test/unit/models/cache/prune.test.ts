import {existsSync, readdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {prune} from '../../../../src/models/cache/prune.ts';
import {usageReport} from '../../../../src/models/cache/usage-report.ts';
import {cacheFile} from '../../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

/** Two revisions that share a blob, a blob nobody links to, a download and a temporary of each kind. */
function fullCache(): string {
	const cache = temporaryFolder();
	const add = (commit: string, file: string, blob: string, ref: string | null): void =>
		cacheFile(cache, {repository: 'org/a', commit, file, blob, content: blob.padEnd(1000), ref});
	add('old', 'a.gguf', 'old-weights', null);
	add('old', 'card', 'shared', null);
	add('tagged', 'a.gguf', 'tagged-weights', 'v1');
	add('new', 'a.gguf', 'new-weights', 'main');
	add('new', 'card', 'shared', 'main');
	const blobs = path.join(cache, 'models--org--a', 'blobs');
	for (const name of [
		'orphan',
		'python.incomplete',
		'ours.mofa-partial',
		'ours.mofa-partial.log',
		`x.${crypto.randomUUID()}.tmp`,
	])
		writeFileSync(path.join(blobs, name), 'x'.repeat(100));
	return cache;
}

const blobsOf = (cache: string): readonly string[] =>
	readdirSync(path.join(cache, 'models--org--a', 'blobs')).toSorted();

test('nothing is pruned that changed a moment ago, unless a newer version came after it', async () => {
	const cache = fullCache();
	const snapshots = path.join(cache, 'models--org--a', 'snapshots');
	const [before, now] = [new Date(Date.now() - 60_000), new Date()];
	utimesSync(path.join(snapshots, 'old'), before, before);
	utimesSync(path.join(snapshots, 'new'), now, now);
	expect((await prune(cache, {dryRun: true})).removed).toEqual([
		{kind: 'revision', path: path.join(snapshots, 'old'), bytes: 1000},
	]);
	utimesSync(path.join(snapshots, 'old'), now, now);
	expect(await prune(cache, {dryRun: false})).toEqual({dryRun: false, removed: [], freedBytes: 0});
});

test('leftovers go, and what a branch or a tag names stays', async () => {
	const cache = fullCache();
	const before = blobsOf(cache);
	const plan = await prune(cache, {dryRun: true, olderThanMs: 0});
	expect(blobsOf(cache)).toEqual(before);
	expect(plan.removed.map(({kind, bytes}) => [kind, bytes])).toEqual([
		['revision', 1000],
		['blob', 100],
		['partial', 200],
		['partial', 100],
		['temporary', 100],
	]);
	expect(await prune(cache, {dryRun: false, olderThanMs: 0})).toEqual({...plan, dryRun: false});
	expect(blobsOf(cache)).toEqual(['new-weights', 'shared', 'tagged-weights']);
	expect(readdirSync(path.join(cache, 'models--org--a', 'snapshots')).toSorted()).toEqual(['new', 'tagged']);
	expect((await prune(cache, {dryRun: true, olderThanMs: 0})).removed).toEqual([]);
});

test('a download goes a week after its last byte, and not before', async () => {
	const cache = fullCache();
	const day = 24 * 3_600_000;
	const kinds = async (now: number): Promise<readonly string[]> =>
		(await prune(cache, {dryRun: true, now})).removed.map(({kind}) => kind);
	expect(await kinds(Date.now() + day)).toEqual(['revision', 'blob', 'temporary']);
	expect(await kinds(Date.now() + 8 * day)).toContain('partial');
});

test('where a folder is a link, nobody knows what is unused, and nothing is pruned', async () => {
	const cache = fullCache();
	const outside = temporaryFolder();
	writeFileSync(path.join(outside, 'precious'), 'x');
	symlinkSync(outside, path.join(cache, 'models--org--a', 'snapshots', 'planted'));
	symlinkSync(outside, path.join(cache, 'models--org--b'));
	expect((await prune(cache, {dryRun: false, olderThanMs: 0})).removed).toEqual([]);
	expect(existsSync(path.join(outside, 'precious'))).toBe(true);
});

test('usage counts each blob once, and what pruning would free', async () => {
	const cache = fullCache();
	const report = await usageReport(
		cache,
		new Map([
			['org/a:Q8_0', '2026-01-01T00:00:00.000Z'],
			['org/a@v1:Q8_0', '2026-02-01T00:00:00.000Z'],
		]),
		Date.now() + 30 * 24 * 3_600_000,
	);
	expect(report).toMatchObject({
		folder: cache,
		totalBytes: 4500,
		models: [{repository: 'org/a', bytes: 4500, revisions: 3, lastUsedAt: '2026-02-01T00:00:00.000Z'}],
		partialBytes: 300,
		reclaimableBytes: 1500,
	});
	expect(report.freeBytes).toBeGreaterThan(0);
});

test('a cache that is not there takes no space, and there is room for one', async () => {
	const report = await usageReport('/nowhere/at/all', new Map());
	expect(report).toMatchObject({totalBytes: 0, models: []});
	expect(report.freeBytes).toBeGreaterThan(0);
});
