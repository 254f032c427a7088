import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {ModelManifest, Variant} from '../contract/manifest.ts';
import type {LibraryModel} from './library-model.ts';
import {parseManifest} from './parse-manifest.ts';
import {modelOfFolder} from './starters.ts';

export interface PluginModels {
	readonly plugin: string;
	/** Holds a folder for each model, with its `manifest.json`. */
	readonly folder: string;
}

/** Bytes. */
const largest = 2 ** 20;

/** The models that come with plugins. One that cannot be read is left out. */
export async function pluginModels(folders: readonly PluginModels[]): Promise<readonly LibraryModel[]> {
	const found = await Promise.all(folders.map(modelsIn));
	return found.flat();
}

async function modelsIn({plugin, folder}: PluginModels): Promise<readonly LibraryModel[]> {
	const names = await readdir(folder).catch(() => []);
	const models = await Promise.all(names.map(name => modelIn(path.join(folder, name), plugin).catch(() => null)));
	return models.filter(model => model !== null);
}

/** The model of one folder; null where that has no manifest. Throws where it cannot be read. */
export async function modelIn(folder: string, plugin: string): Promise<LibraryModel | null> {
	const file = path.join(folder, 'manifest.json');
	const facts = await stat(file).catch(() => null);
	if (facts === null || facts.size > largest) return null;
	const manifest = parseManifest(JSON.parse(await readFile(file, 'utf8')));
	const model = await modelOfFolder(folder, await measured(manifest, folder));
	return model === null ? null : {...model, source: 'plugin', origin: plugin};
}

/** How long its files are is seen, not believed. Throws where one is not there. */
async function measured(manifest: ModelManifest, folder: string): Promise<ModelManifest> {
	const [first, ...others] = await Promise.all(
		manifest.variants.map(async (variant): Promise<Variant> => ({
			...variant,
			files: await Promise.all(
				variant.files.map(async file => ({...file, bytes: (await stat(path.join(folder, file.url))).size})),
			),
		})),
	);
	return first === undefined ? manifest : {...manifest, variants: [first, ...others]};
}
