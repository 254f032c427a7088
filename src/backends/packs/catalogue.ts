import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';
import {similar} from '../../lib/similar.ts';
import type {Closure, Pack} from './pack.ts';

/** Every pack of the registry, by name. The folder ships with mofa, so it is trusted. */
export async function readCatalogue(folder: string): Promise<readonly Pack[]> {
	const files = (await readdir(folder)).filter(file => file.endsWith('.json')).toSorted();
	return Promise.all(files.map(async file => JSON.parse(await readFile(path.join(folder, file), 'utf8')) as Pack));
}

export async function readClosure(folder: string, pack: Pack): Promise<Closure> {
	return JSON.parse(await readFile(path.join(folder, pack.closure), 'utf8')) as Closure;
}

/** Throws `invalid-request` with similar names. */
export function findPack(packs: readonly Pack[], name: string): Pack {
	const pack = packs.find(candidate => candidate.name === name);
	if (pack !== undefined) return pack;
	const names = packs.map(candidate => candidate.name);
	const near = similar(name, names);
	throw new MofaError('invalid-request', {
		path: 'backend',
		expected: `one of ${(near.length > 0 ? near : names).join(', ')}`,
	});
}
