import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Library} from '../../../src/models/library.ts';
import {removeModel, removeUnfinished} from '../../../src/models/remove.ts';
import {tinyLlama, writeGguf} from '../../helpers/gguf.ts';
import {cacheFile} from '../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const model = writeGguf(tinyLlama);

function place(): {hubCache: string; models: Library; add: (file: string, blob: string, more?: object) => void} {
	const hubCache = path.join(temporaryFolder(), 'hub');
	mkdirSync(hubCache);
	return {
		hubCache,
		models: new Library({starters: path.join(hubCache, 'none'), hubCache}),
		add: (file, blob, more = {}) =>
			cacheFile(hubCache, {repository: 'org/a', commit: 'abc', file, blob, content: model, ...more}),
	};
}

const blobsOf = (hubCache: string): readonly string[] =>
	readdirSync(path.join(hubCache, 'models--org--a', 'blobs')).toSorted();

test('removing the only model of a repository removes all of it, unfinished downloads and locks too', async () => {
	const {hubCache, models, add} = place();
	add('a-Q8_0.gguf', 'one');
	add('README.md', 'two', {content: 'card'});
	writeFileSync(path.join(hubCache, 'models--org--a', 'blobs', 'three.incomplete'), 'begun');
	mkdirSync(path.join(hubCache, '.locks', 'models--org--a'), {recursive: true});
	expect(await removeModel(await models.find('org/a'), {hubCache})).toEqual({freedBytes: model.length + 9});
	expect(readdirSync(hubCache)).toEqual(['.locks']);
	expect(readdirSync(path.join(hubCache, '.locks'))).toEqual([]);
});

test('another model of the repository keeps its files', async () => {
	const {hubCache, models, add} = place();
	add('a-Q8_0.gguf', 'one');
	add('a-Q4_0.gguf', 'two');
	add('README.md', 'three', {content: 'card'});
	expect(await removeModel(await models.find('org/a:Q8_0'), {hubCache})).toEqual({freedBytes: model.length});
	expect(blobsOf(hubCache)).toEqual(['three', 'two']);
	expect((await models.list()).map(({name}) => name)).toEqual(['org/a:Q4_0']);
});

test('a blob that another revision links to stays', async () => {
	const {hubCache, models, add} = place();
	add('a-Q8_0.gguf', 'blob', {commit: 'old'});
	add('a-Q8_0.gguf', 'blob', {commit: 'new'});
	expect(await removeModel(await models.find('org/a'), {hubCache})).toEqual({freedBytes: 0});
	expect(blobsOf(hubCache)).toEqual(['blob']);
});

test('all parts of a model in several files go', async () => {
	const {hubCache, models, add} = place();
	add('a-Q8_0-00001-of-00002.gguf', 'one');
	add('a-Q8_0-00002-of-00002.gguf', 'two', {content: 'rest'});
	add('a-Q4_0.gguf', 'three');
	expect(await removeModel(await models.find('org/a:Q8_0'), {hubCache})).toEqual({freedBytes: model.length + 4});
	expect(blobsOf(hubCache)).toEqual(['three']);
});

test('weights that mofa does not open are not taken along', async () => {
	const {hubCache, models, add} = place();
	add('a-Q8_0.gguf', 'one');
	add('pytorch_model.bin', 'two', {content: 'pickle'});
	await removeModel(await models.find('org/a'), {hubCache});
	expect(blobsOf(hubCache)).toEqual(['two']);
});

test('a file outside the cache is not removed', async () => {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'a.gguf'), model);
	const {hubCache, models} = place();
	await expect(removeModel(await models.find(path.join(folder, 'a.gguf')), {hubCache})).rejects.toMatchObject({
		code: 'invalid-request',
	});
	expect(readdirSync(folder)).toEqual(['a.gguf']);
});

test.each(['', 'blobs', 'snapshots', 'snapshots/abc'])(
	'a link in place of the folder models--org--a/%s leads no deletion out of the cache',
	async inside => {
		const {hubCache, models, add} = place();
		add('a-Q8_0.gguf', 'one');
		const outside = temporaryFolder();
		const planted = path.join(hubCache, 'models--org--a', inside);
		renameSync(planted, path.join(outside, 'precious'));
		symlinkSync(path.join(outside, 'precious'), planted);
		const before = readdirSync(outside, {recursive: true}).toSorted();
		const found = await models.find('org/a').catch(() => null);
		if (found !== null) await expect(removeModel(found, {hubCache})).rejects.toMatchObject({code: 'file-error'});
		await removeUnfinished(hubCache, 'org/a').catch(() => undefined);
		expect(readdirSync(outside, {recursive: true}).toSorted()).toEqual(before);
	},
);

test('a file that links out of the cache loses its link, and nothing else', async () => {
	const {hubCache, models, add} = place();
	const outside = path.join(temporaryFolder(), 'mine-Q8_0.gguf');
	writeFileSync(outside, model);
	add('a-Q4_0.gguf', 'one');
	const link = path.join(hubCache, 'models--org--a', 'snapshots', 'abc', 'mine-Q8_0.gguf');
	symlinkSync(outside, link);
	expect(await removeModel(await models.find('org/a:Q8_0'), {hubCache})).toEqual({freedBytes: 0});
	expect(existsSync(link)).toBe(false);
	expect(readFileSync(outside)).toEqual(model);
});

test('a download that was not finished is removed by its repository, and what is whole stays', async () => {
	const {hubCache, add} = place();
	add('a-Q8_0.gguf', 'one');
	const blobs = path.join(hubCache, 'models--org--a', 'blobs');
	for (const ending of ['', '.json', '.log']) writeFileSync(path.join(blobs, `two.mofa-partial${ending}`), 'x');
	expect(await removeUnfinished(hubCache, 'org/a')).toEqual({freedBytes: 3});
	expect(blobsOf(hubCache)).toEqual(['one']);
});
