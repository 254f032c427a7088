import {lstat, rm} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../../contract/error.ts';

/**
 * Deletes a file, a link or a folder below `root`, and nothing else: where a folder on the way is a link, someone may have
 * planted it to lead the deletion elsewhere. `root` itself may be one. A link is deleted, never what it leads to.
 * What is gone already is no error. Throws `file-error`.
 */
export async function removeInside(root: string, target: string): Promise<void> {
	await requireInside(root, path.dirname(target));
	try {
		await rm(target, {recursive: true, force: true});
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw new MofaError('file-error', {path: target, problem}, {cause: error});
	}
}

/** Throws `file-error` unless every folder from `root` down to `folder` is a real one. */
export async function requireInside(root: string, folder: string): Promise<void> {
	const relative = path.relative(root, folder);
	if (relative === '') return;
	if (relative.startsWith('..') || path.isAbsolute(relative))
		throw new MofaError('file-error', {path: folder, problem: `it is outside ${root}`});
	let at = root;
	for (const part of relative.split(path.sep)) {
		at = path.join(at, part);
		const facts = await lstat(at).catch(() => null);
		if (facts === null) return;
		if (!facts.isDirectory())
			throw new MofaError('file-error', {
				path: at,
				problem: 'it should be a folder of the cache, and is a link or a file: nothing was deleted there',
			});
	}
}
