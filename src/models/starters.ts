import {existsSync} from 'node:fs';
import {readdir, readFile, stat} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import type {ModelFile, ModelManifest} from '../contract/manifest.ts';
import {describeBuild, manifestOf} from './cache/describe-build.ts';
import type {LibraryFile, LibraryModel} from './library-model.ts';

/** The models that ship with mofa: a folder each, with a manifest that overrides what the files say of themselves. */
export async function starterModels(root: string): Promise<readonly LibraryModel[]> {
	const folders = await readdir(root).catch(() => []);
	const models = await Promise.all(folders.map(folder => starterModel(path.join(root, folder)).catch(() => null)));
	return models.filter(model => model !== null);
}

async function starterModel(folder: string): Promise<LibraryModel | null> {
	const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => null);
	if (text === null) return null;
	return modelOfFolder(folder, JSON.parse(text) as ModelManifest);
}

/** A model by its manifest and the folder that its files lie in; null where it is not made yet. Throws where a file is not there. */
export async function modelOfFolder(folder: string, own: ModelManifest): Promise<LibraryModel | null> {
	const [{files, format}] = own.variants;
	// What the program computes by itself has no files; anything else without them is not made yet.
	if (files.length === 0 && format !== 'built-in') return null;
	const placed = await Promise.all(files.map(file => placedFile(file, folder)));
	const {manifest, paths} = await describe(own, placed);
	const [variant] = manifest.variants;
	return {
		installed: {id: own.name, manifest, variant, paths},
		source: 'starter',
		bytes: files.reduce((sum, {bytes}) => sum + bytes, 0),
		modifiedAt: null,
		origin: null,
		repository: null,
		commit: null,
		revision: null,
		files: placed,
	};
}

/** A packed file has another size than the manifest says, and another hash, which the build wrote down beside it. */
async function placedFile(file: ModelFile, folder: string): Promise<PlacedFile & Pick<LibraryFile, 'hash'>> {
	const place = placeOf(file, folder);
	const {role} = file;
	if (!place.path.endsWith('.br')) return {...place, role, bytes: file.bytes, hash: file.sha256 ?? null};
	return {...place, role, bytes: (await stat(place.path)).size, hash: await writtenHash(`${place.path}.sha256`)};
}

/** As `sha256sum` writes it. */
async function writtenHash(file: string): Promise<string | null> {
	const line = await readFile(file, 'utf8').catch(() => '');
	return /^[0-9a-f]{64}\b/.exec(line)?.[0] ?? null;
}

type Place = Pick<LibraryFile, 'file' | 'path'>;
type PlacedFile = Place & Pick<ModelFile, 'role' | 'bytes'>;

/** `./x.gguf` lies beside the manifest; `package:name/x` is of an npm package. */
function placeOf({url}: ModelFile, folder: string): Place {
	const inPackage = /^package:(.+)$/.exec(url)?.[1];
	if (inPackage !== undefined) return {file: path.basename(url), path: packageFile(folder, inPackage)};
	const file = url.replace(/^\.\//, '');
	return {file, path: path.join(folder, file)};
}

/** A release has a packed copy in `dist/packages`, a checkout the package itself. */
function packageFile(folder: string, file: string): string {
	const released = path.join(folder, '../../../dist/packages', `${file}.br`);
	const roots = createRequire(path.join(folder, 'manifest.json')).resolve.paths(file) ?? [];
	const places = [released, ...roots.map(root => path.join(root, file))];
	return places.find(place => existsSync(place)) ?? released;
}

type Description = Pick<LibraryModel['installed'], 'manifest' | 'paths'>;

/** A GGUF file says most of itself; for any other the manifest speaks. Throws where a file is not there. */
async function describe(own: ModelManifest, files: readonly PlacedFile[]): Promise<Description> {
	const [written] = own.variants;
	if (written.format !== 'gguf') {
		await Promise.all(files.map(({path: file}) => stat(file)));
		return {manifest: own, paths: Object.fromEntries(files.map(({role, path: file}) => [role, file]))};
	}
	const group = {
		tag: 'default',
		format: 'gguf',
		quantization: null,
		files: files.map(({role, ...file}) => ({role, file})),
	};
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
