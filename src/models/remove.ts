import {readdir, readlink, realpath, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import type {LibraryModel} from './library.ts';

/**
 * Deletes a model of the Hugging Face cache: its links, and those blobs that nothing else links to.
 * What ships with mofa and files outside the cache are not mofa's to delete.
 */
export async function removeModel(model: LibraryModel, hubCache: string): Promise<{readonly freedBytes: number}> {
	const weights = model.installed.paths['weights'] ?? '';
	if (model.source !== 'hub-cache') {
		const expected =
			model.source === 'starter'
				? 'a model that was downloaded; this one ships with mofa'
				: 'a model of the cache; delete the file itself';
		throw new MofaError('invalid-request', {path: 'model', expected});
	}
	const repository = path.join(hubCache, path.relative(hubCache, weights).split(path.sep)[0] ?? '');
	let freedBytes = 0;
	for (const link of await shardsOf(weights)) {
		const blob = await realpath(link);
		const bytes = (await stat(blob)).size;
		await rm(link);
		if (blob === link || !(await linked(path.join(repository, 'snapshots'), blob))) {
			await rm(blob, {force: true});
			freedBytes += bytes;
		}
	}
	await removeEmpty(repository);
	return {freedBytes};
}

async function shardsOf(first: string): Promise<readonly string[]> {
	const stem = first.replace(/-00001-of-(\d{5})\.gguf$/i, '');
	if (stem === first) return [first];
	const folder = path.dirname(first);
	return (await readdir(folder)).map(name => path.join(folder, name)).filter(file => file.startsWith(`${stem}-`));
}

/** Whether any link below the folder leads to the blob: another revision may share it. */
async function linked(folder: string, blob: string): Promise<boolean> {
	const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => []);
	for (const entry of entries.filter(entry => entry.isSymbolicLink())) {
		const target = path.resolve(entry.parentPath, await readlink(path.join(entry.parentPath, entry.name)));
		if (target === blob) return true;
	}
	return false;
}

/** A repository none of whose snapshots holds a file any more is deleted whole. */
async function removeEmpty(repository: string): Promise<void> {
	const entries = await readdir(path.join(repository, 'snapshots'), {recursive: true, withFileTypes: true}).catch(
		() => [],
	);
	if (entries.every(entry => entry.isDirectory())) await rm(repository, {recursive: true, force: true});
}
