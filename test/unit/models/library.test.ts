import {mkdirSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Library} from '../../../src/models/library.ts';
import {quantizationName} from '../../../src/models/quantization-name.ts';
import {parseReference} from '../../../src/models/reference.ts';
import {removeModel} from '../../../src/models/remove.ts';
import {joinShards} from '../../../src/models/shards.ts';
import {tinyLlama, writeGguf} from '../../helpers/gguf.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const model = writeGguf(tinyLlama);

/** A file in the layout of the Hugging Face cache: a blob, and a relative link to it in a snapshot. */
function cache(
	root: string,
	repository: string,
	revision: string,
	file: string,
	blob: string,
	content: Buffer | string = model,
): void {
	const folder = path.join(root, `models--${repository.replace('/', '--')}`);
	const snapshot = path.join(folder, 'snapshots', revision, path.dirname(file));
	for (const made of [path.join(folder, 'blobs'), path.join(folder, 'refs'), snapshot])
		mkdirSync(made, {recursive: true});
	writeFileSync(path.join(folder, 'blobs', blob), content);
	symlinkSync(path.relative(snapshot, path.join(folder, 'blobs', blob)), path.join(snapshot, path.basename(file)));
	writeFileSync(path.join(folder, 'refs', 'main'), revision);
}

function library(): {library: Library; hubCache: string} {
	const hubCache = temporaryFolder();
	return {hubCache, library: new Library({starters: path.join(hubCache, 'none'), hubCache})};
}

test('models of the hub cache are named by repository and quantisation', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'Tiny-Q8_0.gguf', 'one');
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'Q4_K_M/Tiny.gguf', 'two');
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'mmproj-F16.gguf', 'three');
	const names = (await models.list()).map(({installed}) => installed.manifest.name);
	expect(names.toSorted()).toEqual(['org/Tiny-GGUF:Q4_K_M', 'org/Tiny-GGUF:Q8_0']);
});

test('a damaged file of the cache is left out of the list, and says why when it is named', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/bad', 'abc', 'bad-Q8_0.gguf', 'one', '<html>');
	expect(await models.list()).toEqual([]);
	await expect(models.find('org/bad')).rejects.toMatchObject({code: 'model-invalid'});
});

test('a name is found whatever its case, with or without the quantisation', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	for (const name of ['org/tiny', 'ORG/Tiny:q8_0', 'hf.co/org/tiny'])
		expect((await models.find(name)).installed.id).toBe('org/Tiny:Q8_0');
});

test('a name that is not there comes with the nearest ones', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	await expect(models.find('org/Tiney:Q8_0')).rejects.toMatchObject({
		code: 'model-not-found',
		data: {similar: ['org/Tiny:Q8_0']},
	});
});

test('a file by its path is one model whatever link leads to it', async () => {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'a.gguf'), model);
	symlinkSync('a.gguf', path.join(folder, 'b.gguf'));
	const {library: models} = library();
	const [a, b] = await Promise.all(['a.gguf', 'b.gguf'].map(name => models.find(path.join(folder, name))));
	expect(a?.installed.id).toBe(b?.installed.id);
	await expect(models.find(path.join(folder, 'c.gguf'))).rejects.toMatchObject({
		code: 'model-not-found',
		data: {similar: [path.join(folder, 'a.gguf'), path.join(folder, 'b.gguf')]},
	});
	await expect(models.find(folder)).rejects.toMatchObject({code: 'model-invalid'});
});

test('a model in several files counts as one, and one with a part missing not at all', () => {
	const part = (file: string): Parameters<typeof joinShards>[0][number] => ({
		repository: 'o/r',
		file,
		path: file,
		bytes: 5,
		modifiedAt: new Date(0),
	});
	const sets = joinShards([
		part('m-00002-of-00002.gguf'),
		part('m-00001-of-00002.gguf'),
		part('n-00001-of-00003.gguf'),
		part('k.gguf'),
	]);
	expect(sets.map(({first, bytes}) => [first.file, bytes])).toEqual([
		['m-00001-of-00002.gguf', 10],
		['k.gguf', 5],
	]);
});

test('removing a model frees its blob, and a blob that another revision shares stays', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/one', 'abc', 'one-Q8_0.gguf', 'blob');
	expect(await removeModel(await models.find('org/one'), hubCache)).toEqual({freedBytes: model.length});
	expect(readdirSync(hubCache)).toEqual([]);

	cache(hubCache, 'org/two', 'old', 'two-Q8_0.gguf', 'blob');
	cache(hubCache, 'org/two', 'new', 'two-Q8_0.gguf', 'blob');
	expect(await removeModel(await models.find('org/two'), hubCache)).toEqual({freedBytes: 0});
	expect(readdirSync(path.join(hubCache, 'models--org--two', 'blobs'))).toEqual(['blob']);
});

test('a file outside the cache is not removed', async () => {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'a.gguf'), model);
	const {library: models, hubCache} = library();
	await expect(removeModel(await models.find(path.join(folder, 'a.gguf')), hubCache)).rejects.toMatchObject({
		code: 'invalid-request',
	});
	expect(readdirSync(folder)).toEqual(['a.gguf']);
});

test.each([
	['./a.gguf', {kind: 'file', path: '/home/a.gguf'}],
	['a.gguf', {kind: 'file', path: '/home/a.gguf'}],
	['/x/y', {kind: 'file', path: '/x/y'}],
	['guide', {kind: 'name', name: 'guide', variant: null}],
	['org/repo:Q4_K_M', {kind: 'name', name: 'org/repo', variant: 'Q4_K_M'}],
	['https://huggingface.co/org/repo', {kind: 'name', name: 'org/repo', variant: null}],
])('%s is understood', (text, reference) => {
	expect(parseReference(text, '/home')).toEqual(reference);
});

test.each([
	['Qwen3-0.6B-Q4_K_M.gguf', 'Q4_K_M'],
	['model-IQ3_XXS.gguf', 'IQ3_XXS'],
	['BF16/model-00001-of-00002.gguf', 'BF16'],
	['gpt-oss-20b-mxfp4.gguf', 'MXFP4'],
	['UD-Q2_K_XL/model.gguf', 'UD-Q2_K_XL'],
	['tinyllama.gguf', null],
])('the quantisation of %s is %s', (file, name) => {
	expect(quantizationName(file)).toBe(name);
});
