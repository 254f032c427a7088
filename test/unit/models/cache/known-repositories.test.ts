import {mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {KnownRepositories} from '../../../../src/models/cache/known-repositories.ts';
import type {CachedRepository} from '../../../../src/models/cache/scan-repository.ts';
import {cacheFile} from '../../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../../helpers/temporary-folder.ts';

const repository = 'org/model';
const folder = 'models--org--model';

/** A repository of one file, read long after anything was written there. */
function place() {
	const cache = temporaryFolder();
	const add = (file: string, blob: string, commit = 'abc'): void =>
		cacheFile(cache, {repository, commit, file, blob, content: blob});
	add('model.gguf', 'one');
	const later = (): number => Date.now() + 3_600_000;
	const known = new KnownRepositories(cache, later);
	return {cache, add, known, root: path.join(cache, folder), read: () => known.read(folder)};
}

const filesOf = ({revisions}: CachedRepository): readonly string[] =>
	revisions.flatMap(({files}) => files.map(({file}) => file));

test('a repository that has not changed is not read again', async () => {
	const {read} = place();
	const first = await read();
	expect(filesOf(first)).toEqual(['model.gguf']);
	expect(await read()).toBe(first);
});

test('one that has just changed is read each time: a change in the same moment looks like none', async () => {
	const {cache} = place();
	const known = new KnownRepositories(cache);
	expect(await known.read(folder)).not.toBe(await known.read(folder));
});

test('files that come, go and are replaced are seen', async () => {
	const {read, add, root} = place();
	await read();
	add('config.json', 'two');
	expect(filesOf(await read())).toEqual(['config.json', 'model.gguf']);
	unlinkSync(path.join(root, 'snapshots/abc/config.json'));
	expect(filesOf(await read())).toEqual(['model.gguf']);
	rmSync(path.join(root, 'blobs/one'));
	expect(filesOf(await read())).toEqual([]);
	rmSync(root, {recursive: true});
	expect((await read()).revisions).toEqual([]);
	add('other.gguf', 'three');
	expect(filesOf(await read())).toEqual(['other.gguf']);
});

test('a file that is written over where it stands is seen, and so is one in a folder', async () => {
	const {read, add, root} = place();
	add('onnx/model.onnx', 'two');
	const before = await read();
	for (const blob of ['one', 'two']) {
		writeFileSync(path.join(root, 'blobs', blob), 'longer than it was');
		const [file] = (await read()).revisions.flatMap(({files}) => files.filter(({bytes}) => bytes === 18));
		expect(file, blob).toBeDefined();
	}
	expect(await read()).not.toBe(before);
});

test('another commit, and a branch that moves to it, are seen', async () => {
	const {read, add, root} = place();
	const current = async (): Promise<string | undefined> =>
		(await read()).revisions.find(revision => revision.current)?.commit;
	expect(await current()).toBe('abc');
	add('model.gguf', 'two', 'def');
	expect(await current()).toBe('def');
	writeFileSync(path.join(root, 'refs/main'), 'abc');
	expect(await current()).toBe('abc');
});

test('a link that leads nowhere is looked at again: what it leads to may come back far away', async () => {
	const {read, cache, root} = place();
	const elsewhere = path.join(cache, 'elsewhere');
	mkdirSync(elsewhere);
	symlinkSync(path.join(elsewhere, 'vocab.json'), path.join(root, 'snapshots/abc/vocab.json'));
	expect(filesOf(await read())).toEqual(['model.gguf']);
	writeFileSync(path.join(elsewhere, 'vocab.json'), '{}');
	expect(filesOf(await read())).toEqual(['model.gguf', 'vocab.json']);
});

test('a repository of very many files is read each time, for looking at each takes as long', async () => {
	const {add, read} = place();
	for (let at = 0; at < 400; at += 1) add(`part-${at}.bin`, `${at}`);
	const first = await read();
	expect(filesOf(first)).toHaveLength(401);
	expect(await read()).not.toBe(first);
});
