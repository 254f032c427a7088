import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {modelsToVerify, type VerifiablePlaces} from '../../../src/daemon/models-to-verify.ts';
import {registeredFiles} from '../../../src/daemon/registered-files.ts';
import {writeToolRecord} from '../../../src/models/adopt/adopted.ts';
import {Aliases} from '../../../src/models/aliases.ts';
import {Library} from '../../../src/models/library.ts';
import {Registry} from '../../../src/models/registry/registry.ts';
import {repositoryRoot} from '../../helpers/bundle.ts';
import {cacheFile} from '../../helpers/hub-cache.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const repository = 'Qwen/Qwen3-0.6B-GGUF';
const blobs = {q8: 'a'.repeat(64), q4: 'b'.repeat(64), old: 'c'.repeat(64)};

/** Two builds, an older version of one of them and a tag that means it; none of the files is one that could be opened. */
function places(): VerifiablePlaces & {readonly blobsFolder: string} {
	const root = temporaryFolder();
	const [cache, adopted] = [path.join(root, 'hub'), path.join(root, 'adopted')];
	const content = 'this is no model';
	const about = {repository, content};
	cacheFile(cache, {...about, commit: '1'.repeat(40), file: 'Qwen3-0.6B-Q8_0.gguf', blob: blobs.old, ref: 'v1'});
	cacheFile(cache, {...about, commit: '2'.repeat(40), file: 'Qwen3-0.6B-Q8_0.gguf', blob: blobs.q8});
	cacheFile(cache, {...about, commit: '2'.repeat(40), file: 'Qwen3-0.6B-Q4_K_M.gguf', blob: blobs.q4});
	mkdirSync(adopted);
	const registry = new Registry([path.join(repositoryRoot, 'registry/models')]);
	const aliases = new Aliases(path.join(root, 'aliases.json'));
	const library = new Library({
		starters: path.join(root, 'none'),
		hubCache: cache,
		adopted,
		aliases,
		registered: name => registeredFiles(registry, name),
	});
	const blobsFolder = path.join(cache, 'models--Qwen--Qwen3-0.6B-GGUF', 'blobs');
	return {cache, adopted, library, registry, aliases, blobsFolder};
}

async function found(
	names: readonly string[] | null,
	where: VerifiablePlaces,
): Promise<Readonly<Record<string, unknown>>> {
	const models = await modelsToVerify(names, where);
	return Object.fromEntries(models.map(({name, files}) => [name, files.map(({hash}) => hash)]));
}

const q8 = {[`${repository}:Q8_0`]: [blobs.q8]};
const q4 = {[`${repository}:Q4_K_M`]: [blobs.q4]};
const old = {[`${repository}@v1:Q8_0`]: [blobs.old]};

test('all are the builds that are listed, although none of them can be opened', async () => {
	const where = places();
	expect(await where.library.list()).toEqual([]);
	expect(await found(null, where)).toEqual({...q8, ...q4, ...old});
});

test('a name is understood as everywhere: whole, without the build, by its revision, its short name, an alias', async () => {
	const where = places();
	await where.aliases.set({model: `${repository}:Q4_K_M`, alias: 'mine', force: false, taken: async () => false});
	expect(await found([`${repository}:q8_0`], where)).toEqual(q8);
	expect(await found([repository.toLowerCase()], where)).toEqual({...q8, ...q4});
	expect(await found([`${repository}@v1`], where)).toEqual(old);
	expect(await found(['qwen3:0.6b'], where)).toEqual(q8);
	expect(await found(['mine', `${repository}@v1:Q8_0`], where)).toEqual({...q4, ...old});
});

test('a build whose blob is gone is found, with the hash of what it should be', async () => {
	const where = places();
	rmSync(path.join(where.blobsFolder, blobs.q8));
	expect(await found(null, where)).toEqual({...q8, ...q4, ...old});
	expect(await found(['qwen3:0.6b'], where)).toEqual(q8);
});

test('what was adopted from another tool is found by its name, there or not', async () => {
	const where = places();
	const file = {role: 'weights', link: 'ollama/a.gguf', target: '/gone/sha256-a', bytes: 9, sha256: 'd'.repeat(64)};
	await writeToolRecord(where.adopted, 'ollama', [
		{
			name: 'ollama/llama3.2:3b',
			tool: 'ollama',
			format: 'gguf',
			quantization: null,
			family: 'llama',
			tasks: ['chat'],
			parameters: null,
			contextLength: null,
			modifiedAt: '2026-01-01T00:00:00.000Z',
			files: [file],
		},
	]);
	expect(await found(['ollama/LLAMA3.2:3b'], where)).toEqual({'ollama/llama3.2:3b': [file.sha256]});
	expect(Object.keys(await found(null, where))).toContain('ollama/llama3.2:3b');
});

test('what is not here is told as everywhere', async () => {
	const where = places();
	await expect(modelsToVerify(['org/nothing'], where)).rejects.toMatchObject({code: 'model-not-found'});
	await expect(modelsToVerify([`${repository}:Q2_K`], where)).rejects.toMatchObject({code: 'model-not-found'});
	writeFileSync(path.join(where.adopted, 'x.gguf'), 'no model');
	await expect(modelsToVerify([path.join(where.adopted, 'x.gguf')], where)).rejects.toMatchObject({
		code: 'model-invalid',
	});
});
