import {mkdir, mkdtemp, readdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {MofaError} from '../../contract/error.ts';
import type {InstallProgress} from '../../contract/progress.ts';
import {NpmFailure, runNpm} from '../../lib/npm.ts';
import {buildPack} from './build.ts';
import {checkTools} from './build-tools.ts';
import {checkPack} from './check.ts';
import {folderBytes, packFolder} from './installed.ts';
import type {Closure, Pack, PackPlatform} from './pack.ts';

export interface InstallOptions {
	readonly pack: Pack;
	readonly platform: PackPlatform;
	readonly closure: Closure;
	/** Folder of all packs. */
	readonly root: string;
	/** Compilers at the same time, where the pack is built here. */
	readonly jobs: number;
	readonly signal: AbortSignal;
}

/**
 * Installs a pack beside the others, whole or not at all: npm unpacks it into a staging folder from a lock file with
 * every integrity in it and runs no script, what has to be built here is, a child process loads it, then one rename puts it
 * in place.
 * npm does the fetching because it knows the user's registry, proxy and certificates.
 * Throws `backend-unavailable` when npm, the network, the build or the runtime fails; `file-error` when the disk does.
 */
export async function* installPack({
	pack,
	platform,
	closure,
	root,
	jobs,
	signal,
}: InstallOptions): AsyncGenerator<InstallProgress> {
	if (pack.build !== undefined) await checkTools(pack, signal);
	await mkdir(root, {recursive: true});
	await removeStale(root);
	const staging = await mkdtemp(path.join(root, `.staging-${pack.name}-`));
	try {
		await writeFile(path.join(staging, 'package.json'), JSON.stringify(packageFile(pack, platform)));
		await writeFile(path.join(staging, 'package-lock.json'), JSON.stringify(lockFile(pack, platform, closure)));
		yield* fetchPackages(pack, staging, platform.installedBytes, signal);
		await leaveOut(staging, platform);
		if (pack.build !== undefined) yield* buildPack({pack, build: pack.build, staging, jobs, signal});
		yield {
			type: 'pack-progress',
			phase: 'check',
			bytes: platform.installedBytes ?? 0,
			totalBytes: platform.installedBytes,
		};
		const problem = await checkPack(pack, staging, signal);
		signal.throwIfAborted();
		if (problem !== null)
			throw unavailable(
				pack,
				'crashed',
				`it was ${pack.build === undefined ? 'downloaded' : 'built'}, but does not run on this machine: ${problem}`,
			);
		await putInPlace(staging, packFolder(root, pack));
	} finally {
		await rm(staging, {recursive: true, force: true});
	}
}

/** Runs npm and looks at what it has unpacked so far twice a second: npm itself tells no progress to a pipe. */
async function* fetchPackages(
	pack: Pack,
	staging: string,
	totalBytes: number | null,
	signal: AbortSignal,
): AsyncGenerator<InstallProgress> {
	const finished = new AbortController();
	const outcome = runCleanInstall(pack, staging, signal).finally(() => finished.abort());
	outcome.catch(() => undefined);
	let most = 0;
	while (!finished.signal.aborted) {
		most = Math.max(most, Math.min(totalBytes ?? Infinity, await folderBytes(path.join(staging, 'node_modules'))));
		yield {type: 'pack-progress', phase: 'download', bytes: most, totalBytes};
		await delay(500, undefined, {signal: finished.signal}).catch(() => undefined);
	}
	await outcome;
}

async function leaveOut(staging: string, {leaveOut: folders = []}: PackPlatform): Promise<void> {
	await Promise.all(folders.map(folder => rm(path.join(staging, folder), {recursive: true, force: true})));
}

async function runCleanInstall(pack: Pack, folder: string, signal: AbortSignal): Promise<void> {
	try {
		await runNpm(['ci'], folder, signal);
	} catch (error) {
		throw error instanceof NpmFailure ? unavailable(pack, 'not-installed', error.message) : error;
	}
}

function packageFile(pack: Pack, {packages}: PackPlatform): object {
	return {
		name: `mofa-${pack.name}`,
		version: pack.version,
		private: true,
		dependencies: {[runtimeName(pack)]: pack.version, ...pack.dependencies, ...versions(packages)},
	};
}

function lockFile(pack: Pack, platform: PackPlatform, closure: Closure): object {
	const root = packageFile(pack, platform);
	const own = platform.packages.map(({name, version, integrity}) => [
		`node_modules/${name}`,
		integrity === null ? {version} : {version, integrity},
	]);
	return {
		...root,
		lockfileVersion: 3,
		requires: true,
		packages: {'': root, ...closure.packages, ...Object.fromEntries(own)},
	};
}

const versions = (packages: PackPlatform['packages']): Record<string, string> =>
	Object.fromEntries(packages.map(({name, version}) => [name, version]));

/** `node_modules/<name>/…` → the name, scope and all. */
function runtimeName({entry, build, backend}: Pack): string {
	return /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(build?.source ?? entry)?.[1] ?? backend;
}

/** Another process may have been quicker; then its copy is as good. Older versions go once the new one stands. */
async function putInPlace(staging: string, folder: string): Promise<void> {
	await mkdir(path.dirname(folder), {recursive: true});
	await rm(path.join(staging, 'check.mjs'), {force: true});
	try {
		await rename(staging, folder);
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')))
			throw error;
	}
	const parent = path.dirname(folder);
	const older = (await readdir(parent)).filter(name => name !== path.basename(folder));
	await Promise.all(older.map(name => rm(path.join(parent, name), {recursive: true, force: true})));
}

/** Staging folders of installs that were killed: nobody works on one for an hour. */
async function removeStale(root: string): Promise<void> {
	for (const name of (await readdir(root)).filter(entry => entry.startsWith('.staging-'))) {
		const folder = path.join(root, name);
		const facts = await stat(folder).catch(() => null);
		if (facts !== null && Date.now() - facts.mtimeMs > 3_600_000) await rm(folder, {recursive: true, force: true});
	}
}

function unavailable(pack: Pack, reason: 'not-installed' | 'crashed', hint: string): MofaError {
	return new MofaError('backend-unavailable', {backend: pack.backend, reason, hint});
}
