import {
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	unlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {buildName, CacheIndex} from '../../../../src/models/cache/cache-index.ts';
import {tinyLlama, writeGguf} from '../../../helpers/gguf.ts';
import {age, cacheFile} from '../../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const model = writeGguf(tinyLlama);

function place(): {cache: string; file: string; open: () => CacheIndex} {
	const root = temporaryFolder();
	const cache = path.join(root, 'hub');
	const file = path.join(root, 'state', 'models-index.json');
	mkdirSync(cache);
	return {cache, file, open: () => new CacheIndex({cache, file})};
}

function add(cache: string, repository: string, commit = 'abc', file = 'm-Q8_0.gguf', blob = 'one'): void {
	cacheFile(cache, {repository, commit, file, blob, content: model});
	age(cache, repository, [commit]);
}

async function names(index: CacheIndex): Promise<readonly string[]> {
	const all = await index.all();
	return all.flatMap(({folder, builds}) => builds.map(build => buildName(folder, build))).toSorted();
}

test('a list after the first reads no header, in the same process and in the next', async () => {
	const {cache, open} = place();
	const count = 300;
	for (let at = 0; at < count; at += 1) add(cache, `org/model-${at}`);
	const first = open();
	expect(await first.all()).toHaveLength(count);
	expect(first.reads).toBe(count);
	await first.all();
	expect(first.reads).toBe(count);
	const second = open();
	expect(await names(second)).toEqual(await names(first));
	expect(second.reads).toBe(0);
	add(cache, 'org/one-more');
	expect(await second.all()).toHaveLength(count + 1);
	expect(second.reads).toBe(1);
});

test('what is added and removed by hand shows at the next list', async () => {
	const {cache, open} = place();
	add(cache, 'org/a');
	const index = open();
	expect(await names(index)).toEqual(['org/a:Q8_0']);

	// Another file of the same revision, as huggingface_hub adds it.
	cacheFile(cache, {repository: 'org/a', commit: 'abc', file: 'm-Q4_0.gguf', blob: 'two', content: model});
	expect(await names(index)).toEqual(['org/a:Q4_0', 'org/a:Q8_0']);
	age(cache, 'org/a', ['abc']);
	await index.all();

	const snapshot = path.join(cache, 'models--org--a', 'snapshots', 'abc');
	unlinkSync(path.join(snapshot, 'm-Q8_0.gguf'));
	expect(await names(index)).toEqual(['org/a:Q4_0']);
	age(cache, 'org/a', ['abc']);
	await index.all();

	// The link stays, and leads nowhere.
	unlinkSync(path.join(cache, 'models--org--a', 'blobs', 'two'));
	expect(await names(index)).toEqual([]);

	add(cache, 'org/b');
	expect(await names(index)).toEqual(['org/b:Q8_0']);
	rmSync(path.join(cache, 'models--org--b'), {recursive: true});
	expect(await names(index)).toEqual([]);
});

test('a newer revision takes the place of the one before', async () => {
	const {cache, open} = place();
	add(cache, 'org/a', 'old');
	const index = open();
	await index.all();
	cacheFile(cache, {repository: 'org/a', commit: 'new', file: 'm-Q4_0.gguf', blob: 'two', content: model});
	expect(await names(index)).toEqual(['org/a:Q4_0']);
	age(cache, 'org/a', ['old', 'new']);
	await index.all();
	// Both are there, so nothing but the ref changes.
	writeFileSync(path.join(cache, 'models--org--a', 'refs', 'main'), 'old');
	expect(await names(index)).toEqual(['org/a:Q8_0']);
});

test('a second revision made of blobs that are there is noticed within eight lists', async () => {
	const {cache, open} = place();
	add(cache, 'org/a', 'old');
	const index = open();
	await index.all();
	const folder = path.join(cache, 'models--org--a');
	mkdirSync(path.join(folder, 'snapshots', 'new'));
	symlinkSync('../../blobs/one', path.join(folder, 'snapshots', 'new', 'renamed-Q5_0.gguf'));
	writeFileSync(path.join(folder, 'refs', 'main'), 'new');
	for (let list = 0; list < 8; list += 1) await index.all();
	expect(await names(index)).toEqual(['org/a:Q5_0']);
});

test('files in folders of a snapshot are watched, too', async () => {
	const {cache, open} = place();
	add(cache, 'org/a', 'abc', 'Q8_0/m.gguf');
	const folder = path.join(cache, 'models--org--a', 'snapshots', 'abc', 'Q8_0');
	const then = new Date(Date.now() - 3_600_000);
	utimesSync(folder, then, then);
	const index = open();
	expect(await names(index)).toEqual(['org/a:Q8_0']);
	unlinkSync(path.join(folder, 'm.gguf'));
	expect(await names(index)).toEqual([]);
});

test('a damaged file is read once, and again when it has changed', async () => {
	const {cache, open} = place();
	cacheFile(cache, {repository: 'org/a', commit: 'abc', file: 'm-Q8_0.gguf', blob: 'one', content: '<html>'});
	const index = open();
	expect((await index.all())[0]?.builds[0]?.problem).toMatch('web page');
	await index.all();
	expect(index.reads).toBe(1);
	writeFileSync(path.join(cache, 'models--org--a', 'blobs', 'one'), model);
	expect((await index.all())[0]?.builds[0]?.problem).toBeNull();
	expect(index.reads).toBe(2);
});

test.each([
	['cut short', (text: string) => text.slice(0, text.length / 2)],
	['empty', () => ''],
	['of another version', (text: string) => text.replace('"version":3', '"version":999')],
	['of another cache', (text: string) => text.replace(/"cache":"[^"]*"/, '"cache":"/elsewhere"')],
	['not what it should hold', (text: string) => text.replace(/"tasks":\[[^\]]*\]/, '"tasks":7')],
	['a list', () => '[]'],
	['null', () => 'null'],
])('an index that is %s is made anew', async (_, damage) => {
	const {cache, file, open} = place();
	add(cache, 'org/a');
	await open().all();
	writeFileSync(file, damage(readFileSync(file, 'utf8')));
	const index = open();
	expect(await names(index)).toEqual(['org/a:Q8_0']);
	expect(index.reads).toBe(1);
	const next = open();
	await next.all();
	expect(next.reads).toBe(0);
});

test('two processes that write the index at once leave one that is whole, and no temporary file', async () => {
	const {cache, file, open} = place();
	for (let at = 0; at < 20; at += 1) add(cache, `org/model-${at}`);
	await Promise.all(Array.from({length: 8}, () => open().all()));
	expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
	const index = open();
	expect(await index.all()).toHaveLength(20);
	expect(index.reads).toBe(0);
});

test('an index that cannot be written costs nothing but time', async () => {
	const {cache, file, open} = place();
	add(cache, 'org/a');
	writeFileSync(path.dirname(file), 'a file where the folder should be');
	expect(await names(open())).toEqual(['org/a:Q8_0']);
});
