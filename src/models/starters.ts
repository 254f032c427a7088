import {existsSync} from 'node:fs';
import {readdir, readFile, stat} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import type {ModelFile, ModelManifest} from '../contract/manifest.ts';
import {describeBuild, manifestOf} from './cache/describe-build.ts';
import type {LibraryFile, LibraryModel} from './library-model.ts';

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
	const file = {...placeOf(weights, folder), bytes: weights.bytes};
	const {manifest, paths} = await describe(own, file);
	const [variant] = manifest.variants;
	return {
		installed: {id: own.name, manifest, variant, paths},
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

type Place = Pick<LibraryFile, 'file' | 'path'>;

/** `./x.gguf` lies beside the manifest; `package:name/x` is of an npm package. */
function placeOf({url}: ModelFile, folder: string): Place {
	const file = path.basename(url);
	const inPackage = /^package:(.+)$/.exec(url)?.[1];
	return {file, path: inPackage === undefined ? path.join(folder, file) : packageFile(folder, inPackage)};
}

/** A release has a copy in `dist/packages`, a checkout the package itself. */
function packageFile(folder: string, file: string): string {
	const released = path.join(folder, '../../../dist/packages', file);
	const roots = createRequire(path.join(folder, 'manifest.json')).resolve.paths(file) ?? [];
	const places = [released, ...roots.map(root => path.join(root, file))];
	return places.find(place => existsSync(place)) ?? released;
}

type Description = Pick<LibraryModel['installed'], 'manifest' | 'paths'>;

/** A GGUF file says most of itself; for any other the manifest speaks. Throws where the file is not there. */
async function describe(own: ModelManifest, file: Place & {readonly bytes: number}): Promise<Description> {
	const [written] = own.variants;
	if (written.format !== 'gguf') {
		await stat(file.path);
		return {manifest: own, paths: {weights: file.path}};
	}
	const group = {tag: 'default', format: 'gguf', quantization: null, files: [{role: 'weights', file}]};
	const read = manifestOf(own.name, group, await describeBuild(group, [], own.name));
	const variant = {...read.variant, options: {...read.variant.options, ...written.options}};
	const {license, description} = own;
	return {
		manifest: {
			...read.manifest,
			license,
			...(description === undefined ? {} : {description}),
			variants: [variant],
		},
		paths: read.paths,
	};
}
