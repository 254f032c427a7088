import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';

/** Where a plugin may be. */
export interface PluginPlace {
	readonly source: 'installed' | 'setting';
	/** What it is called as long as it cannot be opened; and, installed, what it is removed by. */
	readonly name: string;
	/** The folder of its package. */
	readonly folder: string;
}

export interface PluginPlaces {
	/** Where plugins are installed: `<root>/<name>/<installation>/node_modules/<package>`. */
	readonly root: string;
	/** Folders that the user works on. */
	readonly listed: readonly string[];
}

/** What the user works on comes first, so that it stands in for the same plugin as installed. */
export async function findPlugins({root, listed}: PluginPlaces): Promise<readonly PluginPlace[]> {
	const names = (await readdir(root).catch(() => [])).filter(name => !name.startsWith('.')).toSorted();
	const installed = await Promise.all(
		names.map(async (name): Promise<readonly PluginPlace[]> => {
			const folder = await installedFolder(path.join(root, name));
			return folder === null ? [] : [{source: 'installed', name, folder}];
		}),
	);
	const worked = listed.map((folder): PluginPlace => ({source: 'setting', name: path.basename(folder), folder}));
	return [...worked, ...installed.flat()];
}

/** The package in the newest installation; null where none is whole. */
async function installedFolder(folder: string): Promise<string | null> {
	const installations = (await readdir(folder).catch(() => [])).toSorted();
	for (const name of installations.toReversed()) {
		const found = await packageIn(path.join(folder, name));
		if (found !== null) return found;
	}
	return null;
}

/** What npm was asked to install into a folder; null where that cannot be told. */
export async function packageIn(installation: string): Promise<string | null> {
	try {
		const {dependencies} = JSON.parse(await readFile(path.join(installation, 'package.json'), 'utf8')) as {
			readonly dependencies?: Readonly<Record<string, string>>;
		};
		const [name] = Object.keys(dependencies ?? {});
		return name === undefined ? null : path.join(installation, 'node_modules', name);
	} catch {
		return null;
	}
}
