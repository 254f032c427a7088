import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import type {ModelManifest} from '../contract/manifest.ts';
import {describeBuild, manifestOf} from './cache/describe-build.ts';
import type {LibraryModel} from './library-model.ts';

/** The models that ship with mofa: a folder each, with a manifest that overrides what the file says of itself. */
export async function starterModels(root: string): Promise<readonly LibraryModel[]> {
	const folders = await readdir(root).catch(() => []);
	const models = await Promise.all(folders.map(folder => starterModel(path.join(root, folder)).catch(() => null)));
	return models.filter(model => model !== null);
}

async function starterModel(folder: string): Promise<LibraryModel | null> {
	const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => null);
	if (text === null) return null;
	const own = JSON.parse(text) as ModelManifest;
	const weights = own.variants[0].files.find(file => file.role === 'weights');
	if (weights === undefined) return null;
	const file = {
		file: path.basename(weights.url),
		path: path.join(folder, path.basename(weights.url)),
		bytes: weights.bytes,
	};
	const group = {tag: 'default', format: 'gguf', quantization: null, files: [{role: 'weights', file}]};
	const read = manifestOf(own.name, group, await describeBuild(group, [], own.name));
	const options = {...read.variant.options, ...own.variants[0].options};
	const variant = {...read.variant, options};
	const {license, description} = own;
	const manifest = {
		...read.manifest,
		license,
		...(description === undefined ? {} : {description}),
		variants: [variant],
	} as const;
	return {
		installed: {id: own.name, manifest, variant, paths: read.paths},
		source: 'starter',
		bytes: weights.bytes,
		modifiedAt: null,
		origin: null,
		repository: null,
		commit: null,
		revision: null,
		files: [{role: 'weights', ...file, hash: weights.sha256 ?? null}],
	};
}
