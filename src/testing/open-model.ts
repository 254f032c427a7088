import path from 'node:path';
import type {InstalledModel} from '../contract/manifest.ts';
import {Library} from '../models/library.ts';
import {modelIn} from '../models/plugin-models.ts';

/**
 * A model on the disk as an adapter is given it: a folder with a `manifest.json` as plugins have them, or files as mofa reads them
 * by their path. Throws what `mofa show` would say of it.
 */
export async function openModel(folder: string): Promise<InstalledModel> {
	const absolute = path.resolve(folder);
	const model = await modelIn(absolute, 'test').catch(() => null);
	return (model ?? (await new Library({starters: '', hubCache: ''}).find(absolute))).installed;
}
