import {readdir, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Pack} from './pack.ts';

/** Where a pack of one version stands once it is installed: `<packs>/<name>/<version>`. */
export function packFolder(root: string, pack: Pack): string {
	return path.join(root, pack.name, pack.version);
}

/** Versions of a pack on disk; a folder appears there whole or not at all. */
export async function installedVersions(root: string, name: string): Promise<readonly string[]> {
	return (await readdir(path.join(root, name)).catch(() => [])).toSorted();
}

/** Absolute path of the module to import, or null when this version is not installed. */
export async function installedEntry(root: string, pack: Pack): Promise<string | null> {
	const entry = path.join(packFolder(root, pack), pack.entry);
	return (await stat(entry).catch(() => null)) === null ? null : entry;
}

/** Deletes every version and says how many bytes that gave back; 0 when none was there. */
export async function removeInstalled(root: string, name: string): Promise<number> {
	const folder = path.join(root, name);
	const bytes = await folderBytes(folder);
	await rm(folder, {recursive: true, force: true});
	return bytes;
}

/** Bytes of all files below a folder; files that vanish meanwhile count nothing. */
export async function folderBytes(folder: string): Promise<number> {
	const entries = await readdir(folder, {withFileTypes: true}).catch(() => []);
	let bytes = 0;
	for (const entry of entries) {
		const child = path.join(folder, entry.name);
		if (entry.isDirectory()) bytes += await folderBytes(child);
		else bytes += (await stat(child).catch(() => null))?.size ?? 0;
	}
	return bytes;
}
