import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Plugin} from '../contract/plugin.ts';
import {importPlugin} from './import-plugin.ts';
import {readPackage, type PluginPackage} from './package-file.ts';

export interface OpenPlugin {
	readonly package: PluginPackage;
	readonly plugin: Plugin;
	/** Absolute path of its folder of models; null where it brings none. */
	readonly models: string | null;
}

/** Reads a package and runs its module. Throws `PluginProblem`. */
export async function openPlugin(folder: string): Promise<OpenPlugin> {
	const packageOf = await readPackage(folder);
	const plugin = await importPlugin(packageOf.entry);
	return {package: packageOf, plugin, models: modelsOf(plugin, folder)};
}

function modelsOf({models}: Plugin, folder: string): string | null {
	if (models === undefined) return null;
	const text = String(models);
	return text.startsWith('file:') ? fileURLToPath(text) : path.resolve(folder, text);
}
