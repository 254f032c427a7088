import {mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Aliases} from '../../../src/models/aliases.ts';
import {Library, type LibraryOptions} from '../../../src/models/library.ts';
import {journalBuffer} from '../../../src/models/pull/journal.ts';
import {partBytes, partsOf} from '../../../src/models/pull/parts.ts';
import {quantizationName} from '../../../src/models/quantization-name.ts';
import {UsageRecord} from '../../../src/models/usage-record.ts';
import {tinyLlama, writeGguf} from '../../helpers/gguf.ts';
import {cacheFile} from '../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const model = writeGguf(tinyLlama);

function cache(
	root: string,
	repository: string,
	commit: string,
	file: string,
	blob: string,
	content: Buffer | string = model,
	ref: string | null = 'main',
): void {
	cacheFile(root, {repository, commit, file, blob, content, ref});
}

function library(options: Partial<LibraryOptions> = {}): {library: Library; hubCache: string} {
	const hubCache = temporaryFolder();
	return {hubCache, library: new Library({starters: path.join(hubCache, 'none'), hubCache, ...options})};
}

const namesOf = async (models: Library): Promise<readonly string[]> =>
	(await models.list()).map(({name}) => name).toSorted();

test('models of the hub cache are named by repository and quantisation', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'Tiny-Q8_0.gguf', 'one');
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'Q4_K_M/Tiny.gguf', 'two');
	cache(hubCache, 'org/Tiny-GGUF', 'abc', 'mmproj-F16.gguf', 'three');
	expect(await namesOf(models)).toEqual(['org/Tiny-GGUF:Q4_K_M', 'org/Tiny-GGUF:Q8_0']);
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
	for (const name of ['org/tiny', 'ORG/Tiny:q8_0', 'hf.co/org/tiny', 'org/Tiny:Tiny-Q8_0'])
		expect((await models.find(name)).installed.id).toBe('org/Tiny:Q8_0');
});

test('a model of the cache is as its files are now, however often it was found before', async () => {
	const {library: models, hubCache} = library();
	const config = (content: object): void =>
		cache(hubCache, 'org/bert', 'abc', 'config.json', 'config', JSON.stringify(content));
	cache(hubCache, 'org/bert', 'abc', 'onnx/model.onnx', 'graph', 'graph');
	cache(hubCache, 'org/bert', 'abc', 'modules.json', 'modules', '[]');
	config({model_type: 'bert', max_position_embeddings: 512});
	const repository = path.join(hubCache, 'models--org--bert');
	for (const inside of ['', ...readdirSync(repository, {recursive: true, encoding: 'utf8'})])
		utimesSync(path.join(repository, inside), 1_000_000, 1_000_000);
	const found = async (): Promise<unknown> => (await models.find('org/bert')).installed.manifest.contextLength;
	expect(await found()).toBe(512);
	expect(await models.find('org/bert')).toBe(await models.find('ORG/Bert'));
	writeFileSync(path.join(repository, 'blobs/config'), '{"model_type": "bert", "max_position_embeddings": 256}');
	expect(await found()).toBe(256);
	rmSync(path.join(repository, 'snapshots/abc/onnx'), {recursive: true});
	await expect(found()).rejects.toMatchObject({code: 'model-unsupported'});
	rmSync(repository, {recursive: true});
	await expect(found()).rejects.toMatchObject({code: 'model-not-found'});
});

test('an alias that another process sets and a model that it fetches are found by the next ask', async () => {
	const file = path.join(temporaryFolder(), 'aliases.json');
	const {library: models, hubCache} = library({aliases: new Aliases(file)});
	const found = async (): Promise<string | undefined> => (await models.lookUp('writer'))?.installed.id;
	const alias = (model: string): Promise<unknown> =>
		new Aliases(file).set({model, alias: 'writer', force: true, taken: async () => false});
	expect(await found()).toBeUndefined();
	await alias('org/Tiny:Q8_0');
	expect(await found()).toBeUndefined();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	expect(await found()).toBe('org/Tiny:Q8_0');
	await alias('org/Other');
	cache(hubCache, 'org/Other', 'abc', 'Other-F16.gguf', 'two');
	expect(await found()).toBe('org/Other:F16');
	await new Aliases(file).remove('writer');
	expect(await found()).toBeUndefined();
});

test('a name that is not there comes with the nearest ones', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	await expect(models.find('org/Tiney:Q8_0')).rejects.toMatchObject({
		code: 'model-not-found',
		data: {similar: ['org/Tiny:Q8_0']},
	});
});

test('who only looks whether a name is there does not have it compared with all there are', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	expect(await models.lookUp('gpt-4o')).toBeNull();
	expect(await models.lookUp('org/Tiney')).toBeNull();
	expect(models.reads).toBe(0);
	expect((await models.lookUp('org/Tiny'))?.installed.id).toBe('org/Tiny:Q8_0');
	await expect(models.lookUp(path.join(hubCache, 'none.gguf'))).rejects.toMatchObject({code: 'model-not-found'});
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
});

test('a folder with one model is that model; with several or none it is not supported, and says what to name', async () => {
	const folder = temporaryFolder();
	const {library: models} = library();
	await expect(models.find(folder)).rejects.toMatchObject({code: 'model-unsupported'});
	writeFileSync(path.join(folder, 'a-Q8_0.gguf'), model);
	expect((await models.find(folder)).installed.id).toBe(
		(await models.find(path.join(folder, 'a-Q8_0.gguf'))).installed.id,
	);
	writeFileSync(path.join(folder, 'b-Q4_0.gguf'), model);
	await expect(models.find(folder)).rejects.toMatchObject({
		code: 'model-unsupported',
		data: {hint: expect.stringContaining('b-Q4_0.gguf')},
	});
});

test('a pickle is refused as what it is', async () => {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'pytorch_model.bin'), 'PK\u0003\u0004');
	const {library: models, hubCache} = library();
	await expect(models.find(path.join(folder, 'pytorch_model.bin'))).rejects.toMatchObject({code: 'model-unsupported'});
	cache(hubCache, 'org/old', 'abc', 'pytorch_model.bin', 'one', 'PK\u0003\u0004');
	expect(await models.list()).toEqual([]);
	await expect(models.find('org/old')).rejects.toMatchObject({
		code: 'model-unsupported',
		data: {problem: expect.stringContaining('pickle')},
	});
});

test('a model in several files counts as one, and one with a part missing not at all', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/two', 'abc', 'm-Q8_0-00001-of-00002.gguf', 'one');
	expect(await models.list()).toEqual([]);
	cache(hubCache, 'org/two', 'abc', 'm-Q8_0-00002-of-00002.gguf', 'two', 'rest');
	expect(await models.list()).toMatchObject([{name: 'org/two:Q8_0', bytes: model.length + 4}]);
	expect((await models.find('org/two')).files.map(({hash}) => hash)).toEqual(['one', 'two']);
});

test('models in other formats are listed with what their configuration says', async () => {
	const {library: models, hubCache} = library();
	const config = JSON.stringify({
		model_type: 'qwen3',
		architectures: ['Qwen3ForCausalLM'],
		max_position_embeddings: 4096,
	});
	cache(hubCache, 'org/torch', 'abc', 'model-00001-of-00002.safetensors', 'a', 'weights');
	cache(hubCache, 'org/torch', 'abc', 'config.json', 'c', config);
	expect(await models.list()).toEqual([]);
	cache(hubCache, 'org/torch', 'abc', 'model-00002-of-00002.safetensors', 'b', 'weights');
	cache(hubCache, 'org/ears', 'abc', 'onnx/encoder_model_q8.onnx', 'a', 'graph');
	cache(hubCache, 'org/ears', 'abc', 'config.json', 'c', '{"model_type": "whisper"}');
	cache(hubCache, 'org/draws', 'abc', 'unet/diffusion_pytorch_model.safetensors', 'a', 'weights');
	cache(hubCache, 'org/draws', 'abc', 'model_index.json', 'b', '{"_class_name": "StableDiffusionPipeline"}');
	const entries = (await models.list()).toSorted((a, b) => a.name.localeCompare(b.name));
	expect(entries.map(({name, format, family, tasks}) => [name, format, family, tasks.join()])).toEqual([
		['org/draws:safetensors', 'safetensors', 'stable-diffusion', 'image'],
		['org/ears:q8', 'onnx', 'whisper', 'transcription'],
		['org/torch:safetensors', 'safetensors', 'qwen3', 'chat,completion'],
	]);
	expect((await models.find('org/torch')).installed.manifest).toMatchObject({contextLength: 4096, family: 'qwen3'});
});

test('a branch beside the current revision is listed by its name; a superseded commit only answers to its own', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', '1111111111', 'Tiny-Q8_0.gguf', 'one', model, null);
	cache(hubCache, 'org/Tiny', '2222222222', 'Tiny-Q8_0.gguf', 'two', model, 'v1');
	cache(hubCache, 'org/Tiny', '3333333333', 'Tiny-Q8_0.gguf', 'three');
	expect(await namesOf(models)).toEqual(['org/Tiny:Q8_0', 'org/Tiny@v1:Q8_0']);
	expect((await models.find('org/tiny@v1')).commit).toBe('2222222222');
	expect((await models.find('org/tiny@1111111:Q8_0')).commit).toBe('1111111111');
	expect(await models.find('org/tiny')).toMatchObject({commit: '3333333333', revision: 'main'});
});

test('a short name leads to the file that the registry names', async () => {
	const {library: models, hubCache} = library({
		registered: async name =>
			name === 'tiny:small'
				? [
						{repository: 'org/absent', revision: null, file: 'a.gguf'},
						{repository: 'org/Tiny', revision: null, file: 'Tiny-Q4_0.gguf'},
					]
				: [],
	});
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q4_0.gguf', 'two');
	expect((await models.find('tiny:small')).installed.id).toBe('org/Tiny:Q4_0');
	await expect(models.find('tiny')).rejects.toMatchObject({code: 'model-not-found'});
});

test('the list tells aliases, the last use and downloads that were not finished', async () => {
	const state = temporaryFolder();
	const aliases = new Aliases(path.join(state, 'aliases.json'));
	const usage = new UsageRecord(path.join(state, 'usage.json'));
	const {library: models, hubCache} = library({
		aliases,
		usage,
	});
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	await aliases.set({model: 'org/Tiny:Q8_0', alias: 'Writer', force: false, taken: async () => false});
	await usage.touch('org/Tiny:Q8_0', new Date(0));
	const etag = 'a'.repeat(64);
	const facts = {
		version: 1,
		repository: 'org/Big',
		file: 'Big-Q8_0.gguf',
		etag,
		totalBytes: 9_000_000,
		partBytes,
	} as const;
	const parts = partsOf(facts.totalBytes, partBytes);
	if (parts[0] !== undefined) parts[0].written = 5;
	const blobs = path.join(hubCache, 'models--org--Big', 'blobs');
	mkdirSync(blobs, {recursive: true});
	writeFileSync(path.join(blobs, `${etag}.mofa-partial`), '');
	writeFileSync(path.join(blobs, `${etag}.mofa-partial.parts`), journalBuffer(facts, parts));
	mkdirSync(path.join(hubCache, 'models--org--Python', 'blobs'), {recursive: true});
	writeFileSync(path.join(hubCache, 'models--org--Python', 'blobs', `${etag}.incomplete`), 'begun');
	const entries = (await models.list()).toSorted(
		(a, b) => a.presentBytes - b.presentBytes || a.name.localeCompare(b.name),
	);
	expect(entries).toMatchObject([
		{name: 'org/Big:Q8_0', state: 'partial', presentBytes: 5, bytes: 9_000_000},
		{name: 'org/Python', state: 'partial', presentBytes: 5, bytes: 5},
		{name: 'org/Tiny:Q8_0', state: 'present', aliases: ['Writer'], lastUsedAt: '1970-01-01T00:00:00.000Z'},
	]);
	expect(await models.findUnfinished('ORG/big')).toMatchObject({name: 'org/Big:Q8_0', repository: 'org/Big'});
	expect((await models.find('writer')).installed.id).toBe('org/Tiny:Q8_0');
});

test('a repository of very many files is listed', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	const snapshot = path.join(hubCache, 'models--org--Tiny', 'snapshots', 'abc', 'notes');
	mkdirSync(snapshot);
	for (let at = 0; at < 2000; at += 1) writeFileSync(path.join(snapshot, `${at}.txt`), '');
	expect(await namesOf(models)).toEqual(['org/Tiny:Q8_0']);
});

test('a cache that is not there is empty, and one that goes away too', async () => {
	const {library: models, hubCache} = library();
	cache(hubCache, 'org/Tiny', 'abc', 'Tiny-Q8_0.gguf', 'one');
	expect(await namesOf(models)).toHaveLength(1);
	rmSync(hubCache, {recursive: true});
	expect(await models.list()).toEqual([]);
	expect(() => readdirSync(hubCache)).toThrow('ENOENT');
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
