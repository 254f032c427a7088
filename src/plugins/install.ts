import {mkdir, mkdtemp, readdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {MofaError} from '../contract/error.ts';
import {NpmFailure, runNpm} from '../lib/npm.ts';
import {isPluginName} from './check-plugin.ts';
import {openPlugin} from './open-plugin.ts';
import {packageIn} from './places.ts';
import {PluginProblem} from './problem.ts';

export interface InstallPluginOptions {
	/** The path of a folder or of a tarball, or what npm calls a package: `name`, `@scope/name@1.2`. */
	readonly source: string;
	/** Folder of all plugins. */
	readonly root: string;
	readonly signal: AbortSignal;
}

export interface InstalledPlugin {
	readonly name: string;
	readonly version: string | null;
	/** Takes it away again and puts back what was there before. */
	undo(): Promise<void>;
	/** Takes older installations of it away. */
	settle(): Promise<void>;
}

/**
 * Installs a plugin beside the others, whole or not at all: npm copies it into a staging folder and runs no script, this process
 * opens it, then one rename puts it in place. Older installations stay until `settle`, since runners may use them.
 * Throws `invalid-request` where it is no plugin, `file-error` where it cannot be had or the disk fails.
 */
export async function installPlugin({source, root, signal}: InstallPluginOptions): Promise<InstalledPlugin> {
	await mkdir(root, {recursive: true});
	await removeStale(root);
	const staging = await mkdtemp(path.join(root, '.staging-'));
	try {
		await writeFile(path.join(staging, 'package.json'), '{"private": true}\n');
		await fetchPackage(source, staging, signal);
		const {plugin, package: found} = await opened(source, staging);
		const folder = path.join(root, plugin.name);
		await mkdir(folder, {recursive: true});
		// Names that sort as they were made: the newest is the one that counts.
		const place = path.join(folder, `${new Date().toISOString().replaceAll(/\D/g, '')}-${found.version ?? '0'}`);
		await rename(staging, place);
		return {
			name: plugin.name,
			version: found.version,
			undo: () => undo(folder, place),
			settle: () => settle(folder, path.basename(place)),
		};
	} finally {
		await rm(staging, {recursive: true, force: true});
	}
}

export async function isInstalled(root: string, name: string): Promise<boolean> {
	return isPluginName(name) && (await stat(path.join(root, name)).catch(() => null)) !== null;
}

export async function removePlugin(root: string, name: string): Promise<void> {
	if (await isInstalled(root, name)) await rm(path.join(root, name), {recursive: true, force: true});
}

/** A folder is copied, as its package lists its files, and not linked: what is installed stays as it is. */
async function fetchPackage(source: string, staging: string, signal: AbortSignal): Promise<void> {
	try {
		// mofa itself is a peer of every plugin, and is here.
		await runNpm(['install', '--install-links', '--legacy-peer-deps', '--save', '--', source], staging, signal);
	} catch (error) {
		if (error instanceof NpmFailure) throw new MofaError('file-error', {path: source, problem: error.message});
		throw error;
	}
}

async function opened(source: string, staging: string): ReturnType<typeof openPlugin> {
	const folder = await packageIn(staging);
	try {
		if (folder === null) throw new PluginProblem('npm put nothing there');
		return await openPlugin(folder);
	} catch (error) {
		throw new MofaError(
			'invalid-request',
			{path: source, expected: `a plugin of mofa, but ${PluginProblem.wordsOf(error)}`},
			{cause: error},
		);
	}
}

async function undo(folder: string, place: string): Promise<void> {
	await rm(place, {recursive: true, force: true});
	if ((await readdir(folder).catch(() => ['unknown'])).length === 0) await rm(folder, {recursive: true, force: true});
}

async function settle(folder: string, kept: string): Promise<void> {
	const older = (await readdir(folder)).filter(name => name !== kept);
	await Promise.all(older.map(name => rm(path.join(folder, name), {recursive: true, force: true})));
}

/** Staging folders of installations that were killed: nobody works on one for an hour. */
async function removeStale(root: string): Promise<void> {
	for (const name of (await readdir(root)).filter(entry => entry.startsWith('.staging-'))) {
		const folder = path.join(root, name);
		const facts = await stat(folder).catch(() => null);
		if (facts !== null && Date.now() - facts.mtimeMs > 3_600_000) await rm(folder, {recursive: true, force: true});
	}
}
